"""A transaction: what it is, what happened to it, and what its owner may do about it, by the operations of the API."""

from datetime import datetime
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import queries as accounts
from bitpesa.ops.insights.timeline import Reader, timeline
from bitpesa.payments.collections import queries as collections
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import PAID, Recipient
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions import rules as transaction_rules
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.fund_from_balance import debit
from bitpesa.rails.providers import codes
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.labels import payee
from bitpesa.web.kit.refusals import problems_of, sentence_of
from bitpesa.web.portal.app_page import app_page, may_move_money
from bitpesa.web.portal.dashboard import is_retried, types_of
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.web.portal.payin_view import payins_of
from bitpesa.web.portal.personal_data import told
from bitpesa.web.portal.sandbox_payouts import ANSWERS, CLOCK_MOVES, PAYER_ANSWERS

PATH = "/transactions"

TOLD = {
    "funded": "Paid from your balance. Payouts are on their way.",
    "canceled": "The cancellation is done.",
    "requested": "The cancellation is noted: it happens as soon as the provider says that nothing was paid.",
    "edited": "The details are changed.",
    "sent": "Sent. This page shows what happens to it.",
    "scripted": "The simulated bank will answer so.",
    "moved": "The clock is moved.",
    "paid_out": "The simulated bank has paid.",
    "paid_in": "The payer has paid.",
    "payin_edited": "The details of the collection are changed.",
    "payer_asked": "The payer is asked now.",
    "payin_canceled": "The collection is cancelled. Money that comes all the same goes back to its payer.",
    "received": "The money is on its way to the collection.",
    "cleared": "What was seen becomes final.",
    "payin_scripted": "Its payer will answer so.",
    "held": "It will be held when its money comes.",
    "released": "Released: its payouts are on their way.",
    "refused": "Refused: its money goes back.",
    "returned": "What waited for it went back to its payer.",
}
"""What a page says after something was done."""


class Leg(msgspec.Struct, frozen=True):
    """A recipient as the page shows it."""

    recipient: Recipient
    flags: recipient_rules.Flags
    reason: dict[str, object] | None
    name: str
    contact: str
    has_receipt: bool
    is_retried: bool


@app_page()
async def show(request: Request, visitor: Visitor, app: App) -> Response:
    """Show a transaction with everything that happened to it."""
    return await show_transaction(request, visitor, app, read_id(request.path_params["id"]))


async def show_transaction(
    request: Request,
    visitor: Visitor,
    app: App,
    transaction_id: UUID | None,
    *,
    refusal: Invalid | None = None,
    beside: UUID | None = None,
    given: str = "",
) -> Response:
    """The page of a transaction, with a refusal of what was just tried. Raises NotFound.

    `beside`: the payin method whose field was refused, and what was `given` there.
    """
    async with platform_of(request).database.reading() as conn:
        seen = await events.newest(conn, app.id)  # before everything else: what comes later is told
        payment = await queries.find(conn, app.id, transaction_id)
        story = await timeline(conn, payment, Reader.CLIENT)
        receipts = await collections.receipts_of(conn, app.id, payment.transaction.id)
        now = await clock.now(conn, app.id)
    return render(
        request,
        visitor,
        "transaction.html",
        status=200 if refusal is None else 422,
        payment=payment,
        t=payment.transaction,
        types=types_of(payment),
        legs=[_leg(visitor, app, each) for each in payment.recipients],
        payins=payins_of(app, payment, receipts, now),
        surplus=[each for each in receipts if not each.accepted and each.returned_at is None],
        story=story,
        seen=seen,
        now=now,
        seconds_left=max(int((payment.transaction.expires_at - now).total_seconds()), 0),
        is_fundable=_why_not_fundable(app, payment, now) is None and may_move_money(visitor, app),
        may_move_money=may_move_money(visitor, app),
        told=TOLD.get(request.query_params.get("done", "")),
        refusal=None if refusal is None else sentence_of(refusal),
        beside=beside,
        given=given,
        problems={} if refusal is None else problems_of(refusal),
        awaits_return=any(recipient_rules.awaits_return(each) for each in payment.recipients),
        answers=ANSWERS,
        payer_answers=PAYER_ANSWERS,
        clock_moves=CLOCK_MOVES,
    )


@app_page(moves_money=True)
async def fund(request: Request, visitor: Visitor, app: App) -> Response:
    """Ask whether to pay from the balance; then do it, as POST /v1/accounts/debits does."""
    transaction_id = read_id(request.path_params["id"])
    if request.method == "POST":
        asked = {"to_id": str(transaction_id), "to_type": "Transaction"}
        try:
            await platform_of(request).database.run(debit, app, [asked])
        except Invalid as refusal:
            return await show_transaction(request, visitor, app, transaction_id, refusal=refusal)
        return go(request, visitor.to(f"{PATH}/{transaction_id}?done=funded"))
    async with platform_of(request).database.reading() as conn:
        payment = await queries.find(conn, app.id, transaction_id)
        balances = {each.currency: each for each in await accounts.balances(conn, app.id)}
    t = payment.transaction
    balance = balances.get(t.input_currency, Money(0, t.input_currency))
    due = Money(t.due_minor, t.input_currency)
    return render(
        request, visitor, "fund.html", payment=payment, t=t, types=types_of(payment), balance=balance, due=due,
        after=balance - due,
    )  # fmt: skip


def leg_of(visitor: Visitor, app: App, payment: Payment, recipient_id: UUID | None) -> Leg:
    """One recipient of a payment as pages show it. Raises NotFound."""
    found = next((each for each in payment.recipients if each.id == recipient_id), None)
    if found is None:
        raise NotFound
    return _leg(visitor, app, found)


def _leg(visitor: Visitor, app: App, recipient: Recipient) -> Leg:
    details = recipient.details
    contacts = [told(visitor, name, details.get(name)) for name in ("email", "phone_number", "bank_account", "iban")]
    return Leg(
        recipient=recipient,
        flags=recipient_rules.flags(recipient),
        reason=None if recipient.result_code is None else codes.details(recipient.result_code),
        name=payee(details, recipient.payout_type),
        contact=next((str(each) for each in contacts if each), ""),
        has_receipt=recipient.state in PAID and app.is_sandbox and visitor.sees_personal_data,
        is_retried=is_retried(recipient),
    )


def _why_not_fundable(app: App, payment: Payment, now: datetime) -> str | None:
    approved = sender_rules.is_approved(payment.sender.state, app.settings)
    return transaction_rules.why_not_fundable(payment.transaction, sender_approved=approved, now=now)


ROUTES = [
    Route(f"{PLACE}{PATH}/{{id}}", show),
    Route(f"{PLACE}{PATH}/{{id}}/fund", fund, methods=["GET", "POST"]),
]
