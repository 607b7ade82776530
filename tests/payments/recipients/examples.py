"""A recipient to try rules on: 10000 NGN to a bank for 25 USD."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.values.money import Money
from bitpesa.payments.recipients.model import Recipient, RecipientState

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ATTEMPT = UUID(int=7)

EXAMPLE = Recipient(
    app_id=UUID(int=1),
    id=UUID(int=2),
    transaction_id=UUID(int=3),
    position=0,
    type="person",
    state=RecipientState.INITIAL,
    requested=Money(10000, "NGN"),
    input=Money(2500, "USD"),
    output=Money(10000, "NGN"),
    fee_minor=0,
    input_usd_minor=2500,
    rate=Decimal(400),
    payout_method_id=UUID(int=4),
    payout_type="NGN::Bank",
    details={"first_name": "John", "last_name": "Doe", "bank_code": "058", "bank_account": "12345678900"},
    payout_method_metadata={},
    metadata={},
    created_at=NOW,
    updated_at=NOW,
)


def recipient(state: str = "initial", code: str | None = None, **changes: Any) -> Recipient:
    """The example in a state, its last answer having been `code`."""
    return msgspec.structs.replace(EXAMPLE, state=RecipientState(state), result_code=code, **changes)


def in_flight(state: str = "initial", code: str | None = None, **changes: Any) -> Recipient:
    """The same while its first attempt is with the provider."""
    since = NOW if state in ("pending", "stuck") else None
    known = {"attempt_id": ATTEMPT, "attempts": 1, "ask_due_at": NOW, "pending_since": since}
    return recipient(state, code, **{**known, **changes})
