"""A payment to try rules on: 25 USD for each of its recipients."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.payments.senders.model import Sender, SenderState
from bitpesa.payments.transactions.model import Payment, Transaction, TransactionState
from tests.payments.recipients.examples import EXAMPLE as RECIPIENT
from tests.payments.recipients.examples import NOW, recipient

SENDER = Sender(
    app_id=RECIPIENT.app_id,
    id=UUID(int=5),
    external_id=None,
    type="person",
    state=SenderState.APPROVED,
    profile={},
    metadata={},
    created_at=NOW,
    updated_at=NOW,
)

EXAMPLE = Transaction(
    app_id=RECIPIENT.app_id,
    id=RECIPIENT.transaction_id,
    external_id=None,
    sender_id=SENDER.id,
    state=TransactionState.APPROVED,
    input_currency="USD",
    input_minor=2500,
    payin_reference="123456",
    traits={},
    metadata={},
    auto_refund=True,
    account_validation=False,
    created_at=NOW,
    updated_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)

FUNDED: dict[str, Any] = {"paid_minor": 2500, "funded_by": "balance", "funded_at": NOW}


def transaction(state: str = "approved", **changes: Any) -> Transaction:
    """The example in a state."""
    return msgspec.structs.replace(EXAMPLE, state=TransactionState(state), **changes)


def payment(state: str = "approved", legs: tuple[str, ...] = ("initial",), **changes: Any) -> Payment:
    """A payment whose recipients are in these states."""
    recipients = tuple(recipient(leg, id=UUID(int=100 + n), position=n) for n, leg in enumerate(legs))
    whole = transaction(state, **{"input_minor": 2500 * len(legs), **changes})
    return Payment(transaction=whole, sender=SENDER, recipients=recipients)
