"""What time does: transactions that nobody funded expire, payouts that did not happen are refunded (flows 4.9, 8.7)."""

from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.transactions import rules
from bitpesa.payments.transactions.operations.loading import end_without_money, lock, settle


async def expire(work: Work, app_id: UUID, transaction_id: UUID) -> bool:
    """Cancel a transaction whose time to be funded is over; False when it is not, or was funded in time."""
    payment, now = await lock(work, app_id, transaction_id)
    if not rules.is_expired(payment.transaction, now):
        return False
    await end_without_money(work, payment, now)
    return True


async def refund_overdue(work: Work, app_id: UUID, transaction_id: UUID) -> bool:
    """Refund the payouts whose 24 hours are over, or note that they are to be once their provider says they failed.

    False when there are none any more.
    """
    payment, now = await lock(work, app_id, transaction_id)
    verdicts = [
        recipient_rules.refund_when_due(recipient, now)
        for recipient in payment.recipients
        if recipient.refund_due_at is not None and recipient.refund_due_at <= now
    ]
    if not verdicts:  # nor any money, perhaps: without it recipients say nothing about the transaction
        return False
    await settle(work, payment, verdicts, now)
    return True
