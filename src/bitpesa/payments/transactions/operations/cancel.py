"""Cancelling a recipient, as its owner asks (flows 8.6). Cancelling a transaction is cancelling each recipient."""

from datetime import datetime
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.transactions import rules
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.payments.transactions.operations.loading import end_without_money, keep, settle
from bitpesa.payments.transactions.operations.recipient_loading import find_recipient, recipient_of, refusal
from bitpesa.tenants.organisations.model import App


async def cancel(work: Work, app: App, recipient_id: UUID | None) -> tuple[Payment, Recipient]:
    """Cancel a recipient, or note that it is to be cancelled once its provider says that it failed.

    Raises NotFound, Invalid.
    """
    payment, recipient, now = await find_recipient(work, app, recipient_id)
    if rules.is_expired(payment.transaction, now):
        raise refusal(rules.as_seen(payment, now), recipient, "Recipient cannot be cancelled")
    funded = payment.transaction.is_funded
    verdict = recipient_rules.cancel(recipient, funded=funded, now=now)
    left_to_people = payment.transaction.state is TransactionState.EXCEPTION and not funded
    if verdict is None or left_to_people:
        raise refusal(payment, recipient, "Recipient cannot be cancelled")
    if funded:
        after = await settle(work, payment, [verdict], now)
    else:
        after = await _leave(work, payment, verdict.recipient, now)
    return after, recipient_of(after, recipient.id)


async def _leave(work: Work, payment: Payment, leaver: Recipient, now: datetime) -> Payment:
    """Take a leg out of a payment that is not funded yet; the last one ends it (R8, T12)."""
    legs = tuple(leaver if each.id == leaver.id else each for each in payment.recipients)
    after = msgspec.structs.replace(payment, recipients=legs)
    if all(leg.left_before_funding for leg in legs):
        return await end_without_money(work, payment, now, changed=after)
    transaction = rules.without_leaver(payment.transaction, legs, now)
    after = msgspec.structs.replace(after, transaction=transaction)
    await keep(work, payment, after)
    return after
