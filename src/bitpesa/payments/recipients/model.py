"""A recipient: one payout leg of a transaction (flows 5.2)."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers.port import PayoutOrder


class RecipientState(StrEnum):
    """Where a payout stands."""

    INITIAL = "initial"
    PENDING = "pending"
    SUCCESS = "success"
    ERROR = "error"
    MANUAL = "manual"
    STUCK = "stuck"
    OVERPAID = "overpaid"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    EXCEPTION = "exception"


PAID = frozenset({RecipientState.SUCCESS, RecipientState.OVERPAID})
CLOSED = PAID | {RecipientState.CANCELED, RecipientState.REFUNDED, RecipientState.EXCEPTION}
"""States that nothing but staff leaves."""

FOR_PEOPLE = frozenset({RecipientState.STUCK, RecipientState.MANUAL, RecipientState.EXCEPTION})
"""States in which people have to say how it goes on."""


class Ending(StrEnum):
    """How a payout truly ended, by the word of staff."""

    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    """It was not paid, and its money goes back."""


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One payout. Amounts are fixed at creation, with the rate they were computed at.

    `attempt_id` names the attempt that was handed to the provider and has no final answer; while it is set nothing is
    refunded. `left_before_funding` marks a leg that was cancelled before any money came and no longer counts.
    """

    app_id: UUID
    id: UUID
    transaction_id: UUID
    position: int
    type: str
    state: RecipientState
    state_reason: str | None = None
    result_code: str | None = None
    requested: Money
    input: Money
    output: Money
    fee_minor: int
    input_usd_minor: int
    rate: Decimal
    payout_method_id: UUID
    payout_type: str
    details: dict[str, Any]
    payout_method_metadata: dict[str, Any]
    metadata: dict[str, Any]
    system_metadata: dict[str, Any] = {}
    mandate_id: UUID | None = None
    left_before_funding: bool = False
    attempt_id: UUID | None = None
    attempts: int = 0
    faults: int = 0
    """How often the work on it failed unexpectedly since a provider last answered."""
    attempt_due_at: datetime | None = None
    ask_due_at: datetime | None = None
    refund_due_at: datetime | None = None
    pending_since: datetime | None = None
    cancel_requested_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether the payout may still be made or refunded."""
        return self.state not in CLOSED

    @property
    def is_in_flight(self) -> bool:
        """Whether a provider has it and has not answered for good."""
        return self.attempt_id is not None


class ClaimedPayout(msgspec.Struct, frozen=True, kw_only=True):
    """A payout that was claimed, with its attempt as it was handed over.

    `provider` is the name of whoever got the attempt, `order` what it was asked to pay. Both stay as they are, whatever
    is edited or configured meanwhile (design decision 7).
    """

    recipient: Recipient
    provider: str
    order: PayoutOrder
