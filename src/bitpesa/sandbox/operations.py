"""What the owner of a sandbox app may do to it beyond the API of live: pay out, script answers, move time, reset."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel import clock
from bitpesa.kernel.database.notifications import EVERYONE
from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.values.amounts import AmountProblem, parse_amount
from bitpesa.kernel.values.money import MAX_MINOR, Money, TooFine, number_to_minor
from bitpesa.payments.collections import operations as collection_operations
from bitpesa.payments.collections import queries as collections
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.compliance import senders
from bitpesa.payments.mandates import queries as mandates
from bitpesa.payments.mandates.model import Mandate, MandateStatus
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.recipients.model import PAID
from bitpesa.payments.recipients.rules import RetryPolicy
from bitpesa.payments.senders.model import Decision, Sender
from bitpesa.payments.transactions import wire
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations import review
from bitpesa.payments.transactions.operations.collect import CollectingTerms, collect
from bitpesa.payments.transactions.operations.mandates import end_signing, follow_mandate
from bitpesa.payments.transactions.operations.pay_out import pay_out_all
from bitpesa.payments.transactions.operations.payin_methods import refuse
from bitpesa.payments.transactions.queries import find, find_payin_method
from bitpesa.rails.providers.collecting import Receipt
from bitpesa.rails.providers.collecting_simulator import control as payers
from bitpesa.rails.providers.collecting_simulator.rules import REFUSED_BY_PAYER
from bitpesa.rails.providers.simulator import control
from bitpesa.sandbox.demo_organisation import opening_balances, put_play_money
from bitpesa.tenants.audit_log.model import SANDBOX
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.organisations import operations as organisation_operations
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App

NO_REASON = "decided in the sandbox"


async def pay_out(work: Work, app: App, transaction_id: UUID | None, *, policy: RetryPolicy) -> Payment:
    """Have the bank pay every open recipient of a funded transaction, whatever it would have answered.

    Raises NotFound, Invalid.
    """
    if transaction_id is None:
        raise NotFound
    paid = await pay_out_all(work, app.id, transaction_id, policy=policy)
    if paid is None:
        payment = await find(work.conn, app.id, transaction_id)
        why = (
            "Transaction is processing: its payouts have not started"
            if payment.transaction.is_held
            else "Transaction is not funded"
        )
        raise refused("base", why, **wire.payment_json(payment))
    for recipient in paid.recipients:
        if recipient.state in PAID:
            await control.force_paid(work.conn, app.id, recipient.id)
    await _write_down(work, app, paid, "transaction.payout_forced")
    return paid


async def pay_in(
    work: Work, app: App, transaction_id: UUID | None, type_: str | None, *, terms: CollectingTerms
) -> Payment:
    """Have the payer of a transaction pay all that is due, at once. Raises NotFound, Invalid."""
    if transaction_id is None:
        raise NotFound
    collected = await collect(work, app, transaction_id, _receipts(work), terms=terms, type_=type_)
    await _write_down(work, app, collected, "transaction.payin_forced")
    return collected


async def _write_down(work: Work, app: App, payment: Payment, action: str) -> None:
    """The story of a payment says that it was forced."""
    await record(
        work.conn,
        actor=SANDBOX,
        action=action,
        object_type="Transaction",
        object_id=payment.transaction.id,
        organisation_id=app.organisation_id,
        app_id=app.id,
        after={"state": payment.transaction.state},
    )


async def confirm_page(work: Work, token: str, *, terms: CollectingTerms) -> tuple[Payment, PayinMethod]:
    """The payer confirms on his page: he pays. Raises NotFound, Invalid."""
    app, payment, method = await show_page(work.conn, token)
    paid = await collect(work, app, payment.transaction.id, _receipts(work), terms=terms, payin_method_id=method.id)
    return paid, next(each for each in paid.payin_methods if each.id == method.id)


async def refuse_page(work: Work, token: str) -> PayinMethod:
    """The payer refuses on his page: nothing was collected. Raises NotFound, Invalid."""
    app, _, method = await show_page(work.conn, token)
    return await refuse(work, app, method.id, REFUSED_BY_PAYER)


async def show_page(conn: Connection, token: str) -> tuple[App, Payment, PayinMethod]:
    """What stands on the page of a token; only the sandbox has such pages. Raises NotFound."""
    app_id = collection_operations.app_of_page(token)
    app = None if app_id is None else await organisations.find_app(conn, app_id)
    if app is None or not app.is_sandbox:
        raise NotFound
    method_id = await collections.of_page(conn, app.id, token)
    payment, method = await find_payin_method(conn, app.id, method_id)
    return app, payment, method


async def receive_payment(
    work: Work, app: App, payin_method_id: UUID | None, amount: Any, *, cleared: bool = True
) -> PayinMethod:
    """Have money reach a payin method: any amount, at any time, as often as payers like. The provider is asked now.

    Raises NotFound, Invalid.
    """
    payment, method = await find_payin_method(work.conn, app.id, payin_method_id)
    paid = _read_amount(amount, payment.transaction.input_currency)
    await _require_room(work, app, paid, amount)
    await collection_operations.ask_now(work, app.id, method.id)
    await payers.pay(work.conn, app.id, method.id, paid, cleared=cleared)
    return method


def _read_amount(amount: Any, currency: str) -> Money:
    """Read an amount as somebody wrote it. Raises Invalid."""
    try:
        return Money(number_to_minor(parse_amount(amount), currency), currency)
    except AmountProblem as problem:
        code = problem.code if problem.code in ("blank", "greater_than_maximum") else "invalid"
        raise refused("amount", code, amount=amount) from None
    except TooFine:
        raise refused("amount", "invalid", amount=amount) from None


async def _require_room(work: Work, app: App, paid: Money, amount: Any) -> None:
    """Refuse a payment that the books could not take beside all that payers sent before. Raises Invalid."""
    sent = await payers.sent(work.conn, app.id, paid.currency)
    if sent + paid.minor > MAX_MINOR:
        raise refused("amount", "greater_than_maximum", amount=amount)


async def clear_payment(work: Work, app: App, payin_method_id: UUID | None) -> PayinMethod:
    """Let money that was seen become final. Raises NotFound."""
    _, method = await find_payin_method(work.conn, app.id, payin_method_id)
    await collection_operations.ask_now(work, app.id, method.id)
    await payers.clear(work.conn, app.id, method.id)
    return method


async def script_collection(work: Work, app: App, payin_method_id: UUID | None, code: str) -> PayinMethod:
    """Have the request of a payin method end with this code, the present one or else the next.

    Raises NotFound, Invalid.
    """
    _, method = await find_payin_method(work.conn, app.id, payin_method_id)
    if method.attempt_id is not None:
        await collection_operations.ask_now(work, app.id, method.id)
    try:
        await payers.answer(work.conn, app.id, method.id, code)
    except ValueError:
        raise refused("code", "inclusion", code=code) from None
    return method


def _receipts(work: Work) -> Callable[[PayinMethod, Money], Awaitable[Receipt]]:
    async def pay(method: PayinMethod, amount: Money) -> Receipt:
        return await payers.pay(work.conn, method.app_id, method.id, amount)

    return pay


async def script_answer(
    work: Work, app: App, recipient_id: UUID | None, code: str, *, paid_minor: int | None = None
) -> tuple[str, int | None]:
    """Have the bank answer this about a recipient the next time, which is now.

    If it has the payout it is asked, and if the payout waits for its next attempt that one is made.

    Raises NotFound, Invalid.
    """
    if paid_minor is not None and not 0 < paid_minor <= MAX_MINOR:
        problem = "invalid" if paid_minor <= 0 else "greater_than_maximum"
        raise refused("paid_minor", problem, code=code, paid_minor=paid_minor)
    transaction_id = await recipients.transaction_of(work.conn, app.id, recipient_id)
    if transaction_id is None or recipient_id is None:
        raise NotFound
    # The recipients before the bank's book, in the order in which a forced payout takes them.
    await recipient_operations.ask_now(work, app.id, transaction_id)
    await recipient_operations.attempt_now(work, app.id, recipient_id)
    try:
        await control.script(work.conn, app.id, recipient_id, code, paid_minor=paid_minor, once=True)
    except ValueError:
        raise refused("code", "inclusion", code=code) from None
    return code, paid_minor


async def reset(work: Work, app: App, balances: Sequence[Money] | None = None) -> tuple[App, list[Money]]:
    """Give an app a fresh start: its keys speak for an empty app from now on, with money to play with.

    What was is not deleted, since books never are: it stays behind with the retired app, which nobody can call.
    """
    fresh = await organisation_operations.renew_app(work, app)
    given = await opening_balances(work) if balances is None else balances
    await put_play_money(work, fresh.id, given)
    return fresh, list(given)


async def move_clock(work: Work, app_id: UUID, by: timedelta, *, most: timedelta) -> datetime:
    """Move the app's clock; what becomes due by that is done at once.

    Raises Invalid for a move that would leave it further than `most` from the real time, ahead or back; one that brings
    it nearer is always made. The clock is moved before it is judged, which the refusal undoes: the row is locked by
    then, so that moves at the same time are judged one after the other.
    """
    moment = await clock.move(work.conn, app_id, by)
    after = moment - await clock.real_now(work.conn)
    if abs(after) > max(most, abs(after - by)):
        problem = "greater_than_maximum" if by > timedelta(0) else "less_than_minimum"
        raise refused("advance_seconds", problem, advance_seconds=int(by.total_seconds()))
    work.wake(EVERYONE)
    return moment


async def review_sender(work: Work, app: App, sender_id: UUID | None, outcome: str, *, reason: str | None) -> Sender:
    """Decide about a sender as staff do on live. Raises NotFound, Invalid."""
    decision = next((each for each in Decision if each.done == outcome), None)
    if decision is None:
        raise refused("outcome", "inclusion", outcome=outcome)
    why = reason or NO_REASON  # the client plays staff to itself: what it writes is what it reads
    return await senders.review_sender(work, app, sender_id, decision, actor=SANDBOX, reason=why, client_note=why)


async def review_transaction(
    work: Work, app: App, transaction_id: UUID | None, outcome: str, *, reason: str | None
) -> Payment:
    """Have a transaction held when its money comes, or end its hold as staff do on live. Raises NotFound, Invalid."""
    match outcome:
        case "held":
            decide = review.mark_for_review
        case "released":
            decide = review.release
        case "refused":
            decide = review.refuse
        case _:
            raise refused("outcome", "inclusion", outcome=outcome)
    return await decide(work, app, transaction_id, actor=SANDBOX, reason=reason or NO_REASON)


async def sign_mandate(work: Work, app: App, mandate_id: UUID | None) -> Mandate:
    """Have the recipient sign a mandate; what waited for it is paid by `pay_signed`. Raises NotFound, Invalid."""
    return await end_signing(work, app, mandate_id, MandateStatus.SIGNED, actor=SANDBOX)


async def pay_signed(database: Database, app: App, mandate_id: UUID | None, *, policy: RetryPolicy) -> None:
    """Try the payouts that waited for a mandate. Raises NotFound.

    In a transaction of its own after the one in which it was signed: a payout that saw it unsigned is seen then.
    """
    async with database.reading() as conn:
        mandate = await mandates.find(conn, app.id, mandate_id, await clock.now(conn, app.id))
    await database.run(follow_mandate, app, mandate, policy=policy)
