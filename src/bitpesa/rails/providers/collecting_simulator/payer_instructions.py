"""What payers of the simulated collecting provider are told: `payer_instructions.toml`, filled in from a request."""

import hashlib
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from bitpesa.kernel.values.money import minor_to_number
from bitpesa.rails.providers.collecting import CollectionOrder

_ADDRESS_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ADDRESS_LENGTH = 33
NUMBER_LENGTH = 10

TOLD: Mapping[str, Mapping[str, Mapping[str, Any]]] = tomllib.loads(
    resources.files(__package__).joinpath("payer_instructions.toml").read_text(encoding="utf-8")
)
"""By payin type and flow."""


def tell(order: CollectionOrder, page: str) -> dict[str, Any]:
    """What the payer is told: new for every payin method, and the same whenever it is asked for."""
    digest = hashlib.sha256(order.app_id.bytes + order.payin_method_id.bytes).digest()
    values = {
        "reference": order.payin_reference,
        "amount": str(minor_to_number(order.amount.minor, order.amount.currency)),
        "number": str(int.from_bytes(digest[:8], "big"))[-NUMBER_LENGTH:],
        "address": "n" + "".join(_ADDRESS_ALPHABET[b % len(_ADDRESS_ALPHABET)] for b in digest[: ADDRESS_LENGTH - 1]),
        "page": page,
    }
    told = TOLD.get(order.payin_type, {}).get(order.ux_flow, {"style": "info"})
    return {key: value.format(**values) if isinstance(value, str) else value for key, value in told.items()}
