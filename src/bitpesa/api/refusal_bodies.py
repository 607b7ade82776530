"""What is echoed of a refused request: as much of it as the strictest SDK can read.

SDKs read the object of a refusal as they read the object of success. What they cannot read would hide the very `errors`
that say what is wrong with it (contract of the SDKs, 3.2); so it is left out, and the errors go on naming it.
"""

from collections.abc import Mapping
from typing import Any

from bitpesa.api_support.sdk_compat.catalogue import MODELS
from bitpesa.api_support.sdk_compat.rules import readable

MODEL_AT = {
    "account_validations": "AccountValidationResult",
    "accounts": "Debit",
    "documents": "Document",
    "payin_methods": "PayinMethod",
    "payout_methods": "PayoutMethod",
    "recipients": "Recipient",
    "senders": "Sender",
    "transactions": "Transaction",
    "webhooks": "WebhookDefinition",
}
"""The model that SDKs read refusals as, by the first part of the path. Elsewhere the operations are ours alone."""


def echoed(path: str, refused: Mapping[str, Any] | list[Any]) -> dict[str, Any] | list[Any]:
    """A refused object, or several, as they are answered at a path such as `/senders/{id}`."""
    if isinstance(refused, list):
        return [echoed(path, each) for each in refused]
    name = MODEL_AT.get(path.lstrip("/").partition("/")[0])
    return dict(refused) if name is None else readable(MODELS[name], refused)
