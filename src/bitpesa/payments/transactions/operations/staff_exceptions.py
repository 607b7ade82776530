"""Transactions that failed unexpectedly: staff say how they go on (T19)."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.money.ledger import operations as ledger
from bitpesa.payments.collections import operations as collections
from bitpesa.payments.collections import rules as collection_rules
from bitpesa.payments.collections.model import PayinMethodState
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import Ending, Recipient, RecipientState
from bitpesa.payments.recipients.rules import RetryPolicy, Verdict
from bitpesa.payments.transactions import rules, wire
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.payments.transactions.operations.loading import keep, lock, settle, step_events
from bitpesa.payments.transactions.operations.review import record_about
from bitpesa.payments.transactions.operations.staff_settlement import BY_STAFF
from bitpesa.payments.transactions.rules import Cause
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations.model import App


class WayOut(StrEnum):
    """How a transaction goes on that failed unexpectedly."""

    RECEIVED = "received"
    """Its payouts are tried again, or asked about."""
    REFUNDED = "refunded"
    PAID = "paid"


async def settle_exception(
    work: Work,
    app: App,
    transaction_id: UUID | None,
    way_out: WayOut,
    *,
    actor: Actor,
    reason: str | None,
    policy: RetryPolicy,
    surely_unpaid: bool = False,
) -> Payment:
    """Carry out how a transaction leaves `exception`: for all its recipients that failed so. Raises NotFound, Invalid.

    One of which no money was accepted can only be refunded: what its payer sent goes back. `surely_unpaid` is needed
    to refund what a provider may have.
    """
    why = read_reason(reason)
    if transaction_id is None:
        raise NotFound
    payment, now = await lock(work, app.id, transaction_id)
    problem = _why_not(payment, way_out, surely_unpaid=surely_unpaid)
    if problem is not None:
        raise refused("base", problem, **wire.payment_json(payment))
    if payment.transaction.is_funded:
        verdicts = [await _settled(work, each, way_out, why, now, policy) for each in _faulty(payment)]
        after = await settle(work, payment, verdicts, now)
        if after.transaction.state is rules.funded_state(after.transaction):
            name = rules.FUNDING_EVENTS[after.transaction.mispaid]
            await events.record(work, app.id, [wire.event(name, after)])
    else:
        after = await _return_everything(work, payment, now)
    await record_about(
        work,
        app,
        payment,
        after,
        actor=actor,
        action=f"transaction.exception_{way_out}",
        reason=why,
        details={"recipients": [str(each.id) for each in _faulty(payment)], "surely_unpaid": surely_unpaid},
    )
    return after


def _why_not(payment: Payment, way_out: WayOut, *, surely_unpaid: bool) -> str | None:
    """The sentence that staff read when a transaction cannot go on that way."""
    transaction = payment.transaction
    if transaction.state is not TransactionState.EXCEPTION:
        return f"Transaction is {transaction.state} and needs no settling"
    if not transaction.is_funded:
        return None if way_out is WayOut.REFUNDED else "No money was accepted: it can only be refunded"
    if way_out is not WayOut.REFUNDED:
        return None
    problems = (
        recipient_rules.why_not_settled(each, Ending.REFUNDED, None, surely_unpaid=surely_unpaid)
        for each in _faulty(payment)
    )
    return next(filter(None, problems), None)


def _faulty(payment: Payment) -> list[Recipient]:
    return [each for each in payment.recipients if each.state is RecipientState.EXCEPTION]


async def _settled(
    work: Work, recipient: Recipient, way_out: WayOut, why: str | None, now: datetime, policy: RetryPolicy
) -> Verdict:
    match way_out:
        case WayOut.RECEIVED:
            return recipient_rules.try_again(recipient, now)
        case WayOut.REFUNDED | WayOut.PAID:
            ending = Ending(way_out)
            code = recipient_rules.PAID_CODE if ending is Ending.PAID else None
            await recipient_operations.note_word(work, recipient, code, f"{BY_STAFF}{ending}, {why}", now)
            return recipient_rules.settle_by_hand(recipient, ending, None, None, now=now, policy=policy)
        case _:
            assert_never(way_out)


async def _return_everything(work: Work, payment: Payment, now: datetime) -> Payment:
    """Note that what was sent for a transaction, and never accepted for it, went back to its payer."""
    app_id = payment.transaction.app_id
    surplus, postings = await collections.give_back(work, app_id, payment.transaction.id, now)
    gone = {receipt.payin_method_id for receipt in surplus}
    steps = [
        collection_rules.refund(method, now)
        for method in payment.payin_methods
        if method.id in gone and method.state in (PayinMethodState.CANCELED, PayinMethodState.EXCEPTION)
    ]
    changed = {step.method.id: step.method for step in steps}
    closed = rules.close_unfunded(payment, Cause.MONEY_RETURNED, now)
    methods = tuple(changed.get(method.id, method) for method in closed.payin_methods)
    after = msgspec.structs.replace(closed, payin_methods=methods)
    await keep(work, payment, after)
    reported = [*step_events(after.transaction, steps), wire.event("transaction.refunded", after)]
    await events.record(work, app_id, reported)
    await ledger.post(work, app_id, postings)
    return after
