"""Money from the sender: what collecting providers answer, recorded, and what it makes of the transaction (flows 7).

Nothing outside is called from here.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.money import Money
from bitpesa.money.ledger import operations as ledger
from bitpesa.money.ledger.model import Posting
from bitpesa.money.rates.pricing import PriceProblem
from bitpesa.payments.collections import operations as collections
from bitpesa.payments.collections import queries
from bitpesa.payments.collections import rules as collection_rules
from bitpesa.payments.collections.model import PayinMethod, Watch
from bitpesa.payments.collections.rules import Step, Verdict
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.transactions import rules, wire
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.payments.transactions.operations.fund_from_balance import hold_senders
from bitpesa.payments.transactions.operations.loading import closing_events, end_without_money, keep, lock, step_events
from bitpesa.payments.transactions.review_policy import hold_rule
from bitpesa.payments.transactions.rules import Cause, HoldRule
from bitpesa.rails.providers.collecting import CollectionOutcome, Receipt
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App

UNKNOWN_TYPE = "unknown"

ReceiptOf = Callable[[PayinMethod, Money], Awaitable[Receipt]]
"""Has the payer of a payin method pay an amount, and answers the receipt."""


class CollectingTerms(msgspec.Struct, frozen=True):
    """What collected money is judged by: how often providers are asked, and the deployment's rounding policy."""

    watch: Watch
    rounding_policy: str


async def record_answer(
    work: Work, claimed: PayinMethod, outcome: CollectionOutcome, *, terms: CollectingTerms, asked: bool
) -> None:
    """Record what a collecting provider answered to the request that was claimed, or when `asked` about it.

    An answer about a request that was overtaken by another changes nothing: money is bound to the payin method, so the
    next answer tells of it.
    """
    payment, now = await lock(work, claimed.app_id, claimed.transaction_id)
    if rules.is_expired(payment.transaction, now):
        payment = await end_without_money(work, payment, now)
    method = method_of(payment, claimed.id)
    if method.attempt_id != claimed.attempt_id:
        return
    if payment.transaction.state is TransactionState.INITIAL and method.is_open:
        # The sender lost his approval while his request was on its way: only approved senders may pay.
        method = collection_rules.cancel(method, now)
        payment = await _put_aside(work, payment, method)
    receipts = await queries.receipts_of(work.conn, claimed.app_id, payment.transaction.id)
    verdict = collection_rules.judge(
        method,
        outcome,
        due_minor=payment.transaction.due_minor,
        known={receipt.reference for receipt in receipts if receipt.payin_method_id == method.id},
        now=now,
        watch=terms.watch,
        asked=asked,
    )
    verdict = collection_rules.keep_question(verdict, method, claimed)
    await carry_out(work, payment, verdict, now, terms=terms)


async def record_fault(work: Work, claimed: PayinMethod) -> None:
    """Record that the work on a claimed payin method failed unexpectedly; too often, and people have to look (T18)."""
    payment, now = await lock(work, claimed.app_id, claimed.transaction_id)
    method = method_of(payment, claimed.id)
    if method.attempt_id != claimed.attempt_id:
        return
    await follow(work, payment, (collection_rules.fault(method, now),), now)


async def collect(
    work: Work,
    app: App,
    transaction_id: UUID,
    receipt_of: ReceiptOf,
    *,
    terms: CollectingTerms,
    type_: str | None = None,
    payin_method_id: UUID | None = None,
) -> Payment:
    """Fund a transaction as if its payer had paid the whole due amount this moment. Raises NotFound, Invalid.

    By the payin method that is named or the open one of that type; one that nobody declared is added (flows 7).
    """
    await hold_senders(work, app, [transaction_id])
    payment, now = await lock(work, app.id, transaction_id)
    require_collectable(app, payment, now)
    payment, method = await _choose(work, payment, type_, payin_method_id, now)
    due = payment.transaction.due_minor
    receipt = await receipt_of(method, Money(due, payment.transaction.input_currency))
    verdict = collection_rules.pay(method, receipt, due_minor=due, now=now, watch=terms.watch)
    return await carry_out(work, payment, verdict, now, terms=terms)


def require_collectable(app: App, payment: Payment, now: datetime) -> None:
    """Refuse what cannot be paid in now. Raises Invalid."""
    approved = sender_rules.is_approved(payment.sender.state, app.settings)
    problem = rules.why_not_collectable(payment.transaction, sender_approved=approved, now=now)
    if problem is not None:
        seen = wire.payment_json(rules.as_seen(payment, now))
        raise Invalid({**seen, "errors": {"base": [{"error": problem}]}})


async def carry_out(
    work: Work, payment: Payment, verdict: Verdict, now: datetime, *, terms: CollectingTerms
) -> Payment:
    """Carry out what was decided about a payin method, and what follows for its transaction."""
    after = with_method(payment, verdict.method)
    funded = None
    if verdict.accepted is not None:
        try:
            funded = rules.fund_with(
                after,
                verdict.accepted.amount_minor,
                rounding_policy=terms.rounding_policy,
                hold=await _hold_rule(work, after),
                now=now,
            )
        except PriceProblem:
            return await _leave_to_people(work, payment, verdict, now)
    if funded is None:
        after = await _follow(work, after, now)
        reported = step_events(after.transaction, verdict.steps)
    else:
        after = funded
        name = rules.FUNDING_EVENTS[after.transaction.mispaid]
        reported = [*step_events(after.transaction, verdict.steps), wire.event(name, after)]
        reported += closing_events(without_method(payment, verdict.method.id), after)
    await _keep_with_money(work, payment, after, verdict, reported, now)
    return after


async def _hold_rule(work: Work, payment: Payment) -> HoldRule:
    app = await organisations.find_app(work.conn, payment.transaction.app_id)
    if app is None:
        raise AssertionError("a transaction belongs to an app")
    return await hold_rule(work, app, payment.sender)


def method_of(payment: Payment, payin_method_id: UUID) -> PayinMethod:
    """The payin method as it stands in a payment. Raises NotFound."""
    found = next((method for method in payment.payin_methods if method.id == payin_method_id), None)
    if found is None:
        raise NotFound
    return found


def with_method(payment: Payment, method: PayinMethod) -> Payment:
    """A payment with a payin method as it shall be."""
    methods = tuple(method if each.id == method.id else each for each in payment.payin_methods)
    return msgspec.structs.replace(payment, payin_methods=methods)


def without_method(payment: Payment, payin_method_id: UUID) -> Payment:
    """A payment as far as its other payin methods go."""
    others = tuple(each for each in payment.payin_methods if each.id != payin_method_id)
    return msgspec.structs.replace(payment, payin_methods=others)


async def follow(work: Work, payment: Payment, steps: tuple[Step, ...], now: datetime) -> Payment:
    """Keep the steps of a payin method that brought no money, and what they make of its transaction."""
    after = await _follow(work, with_method(payment, steps[-1].method), now)
    await keep(work, payment, after)
    await events.record(work, payment.transaction.app_id, step_events(after.transaction, steps))
    return after


async def _follow(work: Work, payment: Payment, now: datetime) -> Payment:
    """Move the transaction along with its payin methods; a sender who lost his approval meanwhile has to wait (T4)."""
    transaction = rules.follow_collections(payment.transaction, payment.payin_methods, now)
    came_back = transaction.state is TransactionState.APPROVED and transaction is not payment.transaction
    if came_back:
        app = await organisations.find_app(work.conn, transaction.app_id)
        if app is not None and not sender_rules.is_approved(payment.sender.state, app.settings):
            transaction = rules.move(transaction, Cause.SENDER_LOST_APPROVAL, now)
    return msgspec.structs.replace(payment, transaction=transaction)


async def _put_aside(work: Work, payment: Payment, method: PayinMethod) -> Payment:
    after = with_method(payment, method)
    await keep(work, payment, after)
    await events.record(work, payment.transaction.app_id, closing_events(payment, after))
    return after


async def _choose(
    work: Work, payment: Payment, type_: str | None, payin_method_id: UUID | None, now: datetime
) -> tuple[Payment, PayinMethod]:
    """The payin method that is paid by, and the payment with it."""
    if payin_method_id is not None:
        return payment, method_of(payment, payin_method_id)
    wanted = (method for method in payment.payin_methods if method.is_open and type_ in (None, method.type))
    found = next(wanted, None)
    if found is not None:
        return payment, found
    position = len(payment.payin_methods)
    t = payment.transaction
    added = collection_rules.ask_payer(
        collections.added_method(t.app_id, t.id, type_ or UNKNOWN_TYPE, position, now), now
    )
    await collections.store_new(work, [added])
    return msgspec.structs.replace(payment, payin_methods=(*payment.payin_methods, added)), added


async def _leave_to_people(work: Work, payment: Payment, verdict: Verdict, now: datetime) -> Payment:
    """Money came of which some recipient would get nothing: it goes back, and people look at the rest (T18)."""
    *before, last = verdict.steps
    steps = (*before, collection_rules.distrust(last, now))
    after = with_method(payment, steps[-1].method)
    after = msgspec.structs.replace(
        after,
        transaction=rules.move(after.transaction, Cause.FAULT, now),
        payin_methods=rules.without_open(after.payin_methods, now),
    )
    reported = [
        *step_events(after.transaction, steps),
        wire.event("transaction.exception", after),
        *closing_events(payment, after),
    ]
    came = () if verdict.accepted is None else (verdict.accepted,)
    refused = Verdict(steps, surplus=(*came, *verdict.surplus))
    await _keep_with_money(work, payment, after, refused, reported, now)
    return after


async def _keep_with_money(
    work: Work, before: Payment, after: Payment, verdict: Verdict, reported: list[Event], now: datetime
) -> None:
    """Store what changed, the receipts, the events; the books are the last write."""
    await keep(work, before, after)
    currency = after.transaction.input_currency
    method = verdict.method
    accepted = () if verdict.accepted is None else (verdict.accepted,)
    postings: list[Posting] = [
        *await collections.book(work, method, accepted, currency, now, accepted=True),
        *await collections.book(work, method, verdict.surplus, currency, now, accepted=False),
    ]
    await events.record(work, after.transaction.app_id, reported)
    await ledger.post(work, after.transaction.app_id, postings)
