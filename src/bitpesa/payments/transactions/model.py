"""A transaction, and a payment: the transaction with everything a client sees of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.senders.model import Sender


class TransactionState(StrEnum):
    """Where a transaction stands (flows 5.1)."""

    INITIAL = "initial"
    APPROVED = "approved"
    PENDING = "pending"
    PROCESSING = "processing"
    RECEIVED = "received"
    MISPAID = "mispaid"
    MANUAL = "manual"
    PAID = "paid"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    EXCEPTION = "exception"


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a transaction. Amounts are minor units of `input_currency`."""

    app_id: UUID
    id: UUID
    external_id: str | None
    sender_id: UUID
    state: TransactionState
    state_reason: str | None = None
    input_currency: str
    input_minor: int
    paid_minor: int = 0
    payin_reference: str
    traits: dict[str, Any]
    metadata: dict[str, Any]
    auto_refund: bool
    account_validation: bool
    funded_by: str | None = None
    mispaid: bool = False
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    funded_at: datetime | None = None
    closed_at: datetime | None = None
    held_for: str | None = None
    """Why its payouts must not start before people have looked at it; kept afterwards, and never shown to clients."""

    @property
    def is_held(self) -> bool:
        """Whether its money is in, and people have to say whether it may go on."""
        return self.state is TransactionState.PROCESSING

    @property
    def is_funded(self) -> bool:
        """Whether money has come in for it."""
        return self.funded_at is not None

    @property
    def due_minor(self) -> int:
        """What is still to be paid in; nothing once it has ended."""
        ended = self.state in (TransactionState.PAID, TransactionState.CANCELED, TransactionState.REFUNDED)
        return 0 if ended else max(self.input_minor - self.paid_minor, 0)


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction with its sender, recipients and payin methods, as of one moment."""

    transaction: Transaction
    sender: Sender
    recipients: tuple[Recipient, ...]
    payin_methods: tuple[PayinMethod, ...] = ()
