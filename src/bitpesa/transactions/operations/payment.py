"""A payment in the hands of one piece of work: locked, changed, its events recorded.

Everyone locks in the same order, so that nobody waits in a circle: senders, transactions in id order, recipients in id
order, and the accounts of the ledger last, since a busy balance is what others wait for.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bitpesa.collections import queries as collections
from bitpesa.kernel import events
from bitpesa.kernel.database import Work
from bitpesa.kernel.events import Event
from bitpesa.kernel.problems import NotFound
from bitpesa.ledger import operations as ledger
from bitpesa.ledger.model import Posting
from bitpesa.recipients import operations as recipient_operations
from bitpesa.recipients.model import Recipient
from bitpesa.recipients.rules import Verdict
from bitpesa.senders import operations as sender_operations
from bitpesa.senders import queries as senders
from bitpesa.transactions import rules, store, wire
from bitpesa.transactions.model import Payment, Transaction, TransactionState

RECIPIENT_PREFIX = "recipient."


async def lock(work: Work, app_id: UUID, transaction_id: UUID) -> tuple[Payment, datetime]:
    """Lock one payment; also the app's time once the locks are held. Raises NotFound."""
    payments, now = await lock_many(work, app_id, [transaction_id])
    if now is None or transaction_id not in payments:
        raise NotFound
    return payments[transaction_id], now


async def lock_many(
    work: Work, app_id: UUID, transaction_ids: Sequence[UUID]
) -> tuple[dict[UUID, Payment], datetime | None]:
    """Lock the payments that exist; the time is None when there is none."""
    transactions, now = await store.lock(work.conn, app_id, transaction_ids)
    if not transactions:
        return {}, None
    ids = [transaction.id for transaction in transactions]
    recipients: dict[UUID, list[Recipient]] = {transaction_id: [] for transaction_id in ids}
    for recipient in await recipient_operations.lock(work, app_id, ids):
        recipients[recipient.transaction_id].append(recipient)
    known = await senders.find_many(work.conn, app_id, [transaction.sender_id for transaction in transactions])
    methods = await collections.of_transactions(work.conn, app_id, ids)
    return {
        transaction.id: Payment(
            transaction=transaction,
            sender=known[transaction.sender_id],
            recipients=tuple(recipients[transaction.id]),
            payin_methods=tuple(methods[transaction.id]),
        )
        for transaction in transactions
    }, now


async def keep(work: Work, before: Payment, after: Payment) -> None:
    """Store what changed between two views of a locked payment."""
    if after.transaction != before.transaction:
        await store.update(work.conn, after.transaction)
    unchanged = {recipient.id: recipient for recipient in before.recipients}
    await recipient_operations.change(work, [r for r in after.recipients if r != unchanged.get(r.id)])


async def settle(work: Work, payment: Payment, verdicts: Sequence[Verdict], now: datetime) -> Payment:
    """Carry out what was decided about recipients of a funded payment, and what follows for the payment.

    One recipient's end may end the transaction (flows 5.5). Holds are released as the last write.
    """
    decided = {verdict.recipient.id: verdict.recipient for verdict in verdicts}
    recipients = tuple(decided.get(recipient.id, recipient) for recipient in payment.recipients)
    transaction, ending = rules.after_recipients_changed(payment.transaction, recipients, now)
    transaction = rules.with_forced_refunds(transaction, recipients)
    after = msgspec.structs.replace(payment, transaction=transaction, recipients=recipients)
    if transaction.state is TransactionState.PAID and payment.transaction.state is not TransactionState.PAID:
        sender = await sender_operations.note_first_payment(work, transaction.app_id, transaction.sender_id, now)
        after = msgspec.structs.replace(after, sender=sender or after.sender)
    await keep(work, payment, after)
    reported = [event for verdict in verdicts for event in _events_of(verdict, after)]
    endings = [] if ending is None else [wire.event(ending, after)]
    await events.record(work, transaction.app_id, [*reported, *endings])
    await ledger.post(work, transaction.app_id, _postings_of(transaction, verdicts))
    return after


def _events_of(verdict: Verdict, payment: Payment) -> list[Event]:
    return [
        wire.recipient_event(name, payment, verdict.recipient)
        if name.startswith(RECIPIENT_PREFIX)
        else wire.event(name, payment)
        for name in verdict.events
    ]


def _postings_of(transaction: Transaction, verdicts: Sequence[Verdict]) -> list[Posting]:
    return [
        posting
        for verdict in verdicts
        if verdict.release is not None
        for posting in recipient_operations.postings_of(
            verdict.recipient, verdict.release, funded_by=transaction.funded_by
        )
    ]
