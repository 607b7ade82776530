"""Sending collected money back to its payers: people do it, and say so here (flows 6.3, 7; T17)."""

from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.money.ledger import operations as ledger
from bitpesa.payments.collections import operations as collections
from bitpesa.payments.collections import rules as collection_rules
from bitpesa.payments.collections.model import PayinMethod, PayinMethodState
from bitpesa.payments.collections.rules import Step
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.transactions import rules, wire
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.payments.transactions.operations.loading import events_of, keep, lock, postings_of, step_events
from bitpesa.payments.transactions.operations.review import record_about
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations.model import App

RETURNED = frozenset({PayinMethodState.SUCCESS, PayinMethodState.MISPAID})


async def return_collected_money(
    work: Work, app: App, transaction_id: UUID | None, *, actor: Actor, reason: str | None = None
) -> Payment:
    """Note that everything of a transaction that waited for it went back to the payer.

    That is what was held for cancelled recipients, and money that was never accepted: late, twice, or of no use. Raises
    NotFound, and Invalid when nothing waits.
    """
    if transaction_id is None:
        raise NotFound
    why, app_id = read_reason(reason, needed=False), app.id
    payment, now = await lock(work, app_id, transaction_id)
    surplus, postings = await collections.give_back(work, app_id, transaction_id, now)
    verdicts = [recipient_rules.refund(r, now) for r in payment.recipients if recipient_rules.awaits_return(r)]
    if not surplus and not verdicts:
        raise refused("base", "Nothing is waiting to be returned", **wire.payment_json(rules.as_seen(payment, now)))
    refunded = {verdict.recipient.id: verdict.recipient for verdict in verdicts}
    recipients = tuple(refunded.get(recipient.id, recipient) for recipient in payment.recipients)
    transaction, ending = payment.transaction, None
    if verdicts:
        transaction, ending = rules.after_recipients_changed(payment.transaction, recipients, now)
    gone = {receipt.payin_method_id for receipt in surplus}
    steps = [
        collection_rules.refund(method, now)
        for method in payment.payin_methods
        if (method.state in RETURNED and transaction.state is TransactionState.REFUNDED)
        or (method.id in gone and method.state in (PayinMethodState.CANCELED, PayinMethodState.EXCEPTION))
    ]
    after = msgspec.structs.replace(
        payment, transaction=transaction, recipients=recipients, payin_methods=_with_steps(payment, steps)
    )
    await keep(work, payment, after)
    reported = [event for verdict in verdicts for event in events_of(verdict, after)]
    endings = [] if ending is None else [wire.event(ending, after)]
    await events.record(work, app_id, [*reported, *step_events(transaction, steps), *endings])
    await ledger.post(work, app_id, [*postings_of(transaction, verdicts), *postings])
    returned = sum(receipt.amount_minor for receipt in surplus) + sum(each.recipient.input.minor for each in verdicts)
    await record_about(
        work,
        app,
        payment,
        after,
        actor=actor,
        action="transaction.money_returned",
        reason=why,
        details={"returned_minor": returned, "currency": transaction.input_currency},
    )
    return after


def _with_steps(payment: Payment, steps: list[Step]) -> tuple[PayinMethod, ...]:
    changed = {step.method.id: step.method for step in steps}
    return tuple(changed.get(method.id, method) for method in payment.payin_methods)
