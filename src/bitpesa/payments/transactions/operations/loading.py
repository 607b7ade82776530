"""A payment in the hands of one piece of work: locked, changed, its events recorded.

Everyone locks in the same order, so that nobody waits in a circle: senders, transactions in id order, recipients in id
order, their payin methods, and the accounts of the ledger last, since a busy balance is what others wait for.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import NeedsTransaction, Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import NotFound
from bitpesa.money.ledger import operations as ledger
from bitpesa.money.ledger.model import Posting
from bitpesa.payments.collections import operations as collection_operations
from bitpesa.payments.collections import queries as collections
from bitpesa.payments.collections import rules as collection_rules
from bitpesa.payments.collections import wire as collection_wire
from bitpesa.payments.collections.model import PayinMethodState
from bitpesa.payments.collections.rules import Step
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.recipients.rules import Verdict
from bitpesa.payments.senders import operations as sender_operations
from bitpesa.payments.senders import queries as senders
from bitpesa.payments.senders.model import Sender
from bitpesa.payments.transactions import rules, store, wire
from bitpesa.payments.transactions.model import Payment, Transaction, TransactionState

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
    """Lock the payments that exist; the time is None when there is none.

    On a sheet they are read only, and it is refused if they changed until it is written.
    """
    transactions, now = await store.lock(work, app_id, transaction_ids)
    if not transactions:
        return {}, None
    ids = [transaction.id for transaction in transactions]
    recipients: dict[UUID, list[Recipient]] = {transaction_id: [] for transaction_id in ids}
    for recipient in await recipient_operations.lock(work, app_id, ids):
        recipients[recipient.transaction_id].append(recipient)
    known = await _senders(work, app_id, [transaction.sender_id for transaction in transactions])
    methods = await collections.lock(work, app_id, ids)
    return {
        transaction.id: Payment(
            transaction=transaction,
            sender=known[transaction.sender_id],
            recipients=tuple(recipients[transaction.id]),
            payin_methods=tuple(methods[transaction.id]),
        )
        for transaction in transactions
    }, now


async def _senders(work: Work, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Sender]:
    if work.sheet is None:
        return await senders.find_many(work.conn, app_id, ids)
    found = {sender_id: await senders.share(work, app_id, sender_id) for sender_id in sorted(set(ids))}
    return {sender_id: sender for sender_id, sender in found.items() if sender is not None}


async def keep(work: Work, before: Payment, after: Payment) -> None:
    """Store what changed between two views of a locked payment.

    On a sheet the transaction is written even if it stays as it is: it must be as it was read.
    """
    if after.transaction != before.transaction or work.sheet is not None:
        await store.update(work, after.transaction)
    unchanged = {recipient.id: recipient for recipient in before.recipients}
    await recipient_operations.change(work, [r for r in after.recipients if r != unchanged.get(r.id)])
    known = {method.id: method for method in before.payin_methods}
    await collection_operations.change(work, [m for m in after.payin_methods if m != known.get(m.id)])


async def end_without_money(work: Work, before: Payment, now: datetime, *, changed: Payment | None = None) -> Payment:
    """Cancel a payment that no money came for, and its payin methods (T12). `changed`: what is to be kept with it."""
    ended = rules.end_unfunded(changed or before, now)
    await keep(work, before, ended)
    reported = [*closing_events(before, ended), wire.event("transaction.canceled", ended)]
    await events.record(work, ended.transaction.app_id, reported)
    return ended


def closing_events(before: Payment, after: Payment) -> list[Event]:
    """The events of payin methods that were open before, and are cancelled after."""
    known = {method.id: method for method in before.payin_methods}
    canceled = [
        Step(method, collection_rules.CANCELED_EVENT)
        for method in after.payin_methods
        if method.id in known and known[method.id].is_open and method.state is PayinMethodState.CANCELED
    ]
    return step_events(after.transaction, canceled)


def step_events(transaction: Transaction, steps: Sequence[Step]) -> list[Event]:
    """The events that report the steps of payin methods."""
    return [
        collection_wire.event(step.event, step.method, transaction_external_id=transaction.external_id)
        for step in steps
        if step.event is not None
    ]


async def settle(work: Work, payment: Payment, verdicts: Sequence[Verdict], now: datetime) -> Payment:
    """Carry out what was decided about recipients of a funded payment, and what follows for the payment.

    One recipient's end may end the transaction (flows 5.5). Holds are released as the last write. Collected money is
    not sent back from here: a recipient that would be refunded stays `canceled` until people return it. Raises
    NeedsTransaction on a sheet when there are several recipients: what the end of one means depends on the others, and
    a sheet keeps nobody from changing them.
    """
    if work.sheet is not None and len(payment.recipients) > 1:
        raise NeedsTransaction
    verdicts = [_as_funded(payment.transaction, verdict) for verdict in verdicts]
    if payment.transaction.is_held:
        verdicts = [_not_started(verdict) for verdict in verdicts]
    decided = {verdict.recipient.id: verdict.recipient for verdict in verdicts}
    recipients = tuple(decided.get(recipient.id, recipient) for recipient in payment.recipients)
    transaction, ending = rules.after_recipients_changed(payment.transaction, recipients, now)
    transaction = rules.with_forced_refunds(transaction, recipients)
    after = msgspec.structs.replace(payment, transaction=transaction, recipients=recipients)
    if transaction.state is TransactionState.PAID and payment.transaction.state is not TransactionState.PAID:
        sender = await sender_operations.note_first_payment(work, after.sender, now)
        after = msgspec.structs.replace(after, sender=sender)
    await keep(work, payment, after)
    reported = [event for verdict in verdicts for event in events_of(verdict, after)]
    endings = [] if ending is None else [wire.event(ending, after)]
    await events.record(work, transaction.app_id, [*reported, *endings])
    await ledger.post(work, transaction.app_id, postings_of(transaction, verdicts))
    return after


def _as_funded(transaction: Transaction, verdict: Verdict) -> Verdict:
    """A refund, as far as machines may make it (flows 6.3)."""
    to_balance = recipient_operations.method_of(verdict.recipient.payout_type) == "balance"
    if transaction.funded_by != "collection" or to_balance:
        return verdict
    return recipient_rules.keep_for_payer(verdict)


def _not_started(verdict: Verdict) -> Verdict:
    """What was decided about a recipient of a held payment: no further attempt begins."""
    return msgspec.structs.replace(verdict, recipient=recipient_rules.without_attempt(verdict.recipient))


def events_of(verdict: Verdict, payment: Payment) -> list[Event]:
    """The events that report what was decided about a recipient."""
    return [
        wire.recipient_event(name, payment, verdict.recipient)
        if name.startswith(RECIPIENT_PREFIX)
        else wire.event(name, payment)
        for name in verdict.events
    ]


def postings_of(transaction: Transaction, verdicts: Sequence[Verdict]) -> list[Posting]:
    """How the books release what is held for recipients."""
    return [
        posting
        for verdict in verdicts
        if verdict.release is not None
        for posting in recipient_operations.postings_of(
            verdict.recipient, verdict.release, funded_by=transaction.funded_by
        )
    ]
