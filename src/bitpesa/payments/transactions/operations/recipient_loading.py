"""One recipient in the hands of a piece of work, together with the payment it belongs to."""

from datetime import datetime
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.transactions import wire
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.loading import lock
from bitpesa.tenants.organisations.model import App


async def find_recipient(work: Work, app: App, recipient_id: UUID | None) -> tuple[Payment, Recipient, datetime]:
    """Lock the payment of a recipient; also the app's time once it is locked. Raises NotFound."""
    transaction_id = await recipients.transaction_of(work.conn, app.id, recipient_id)
    if transaction_id is None or recipient_id is None:
        raise NotFound
    payment, now = await lock(work, app.id, transaction_id)
    return payment, recipient_of(payment, recipient_id), now


def recipient_of(payment: Payment, recipient_id: UUID) -> Recipient:
    """The recipient as it stands in a payment."""
    return next(recipient for recipient in payment.recipients if recipient.id == recipient_id)


def refusal(payment: Payment, recipient: Recipient, sentence: str) -> Invalid:
    """The refusal of a recipient in one sentence."""
    body = wire.recipient_json(payment.transaction, recipient_of(payment, recipient.id))
    return Invalid({**body, "errors": {"base": [{"error": sentence}]}})
