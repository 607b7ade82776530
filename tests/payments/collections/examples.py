"""A payin method to try rules on: 50000 francs from a phone."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.payments.collections.model import PayinMethod, PayinMethodState
from bitpesa.rails.providers.collecting import Receipt

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DUE = 50000

EXAMPLE = PayinMethod(
    app_id=UUID(int=1),
    id=UUID(int=2),
    transaction_id=UUID(int=3),
    type="XOF::Mobile",
    ux_flow="ussd_popup",
    state=PayinMethodState.INITIAL,
    in_details={"phone_number": "+2250102030405", "mobile_provider": "mtn"},
    out_details={"style": "info"},
    created_at=NOW,
    updated_at=NOW,
)


def method(state: str = "initial", **changes: Any) -> PayinMethod:
    """The example in a state, handed over to its provider."""
    known = {"attempt_id": UUID(int=7), "attempts": 1, "ask_due_at": NOW}
    return msgspec.structs.replace(EXAMPLE, state=PayinMethodState(state), **{**known, **changes})


def receipt(amount: int = DUE, reference: str = "r1", *, cleared: bool = True) -> Receipt:
    return Receipt(reference=reference, amount_minor=amount, cleared=cleared)
