"""The buttons beside a sandbox transaction: pay out, pay in, have bank and payer answer something, move the clock.

Each is an operation of the sandbox's API.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.transactions.operations.return_money import return_collected_money
from bitpesa.payments.transactions.queries import find_payin_method
from bitpesa.sandbox import operations as sandbox
from bitpesa.tenants.audit_log.model import SANDBOX
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.typed_amounts import read_amount_field
from bitpesa.web.portal.app_page import app_page, not_there
from bitpesa.web.portal.guards import PLACE, Visitor
from bitpesa.web.portal.sandbox_payouts import CLOCK_MOVES, PATH, text_of
from bitpesa.web.portal.transactions import PATH as TRANSACTIONS
from bitpesa.web.portal.transactions import show_transaction
from bitpesa.wiring import collecting_terms, retry_policy

Operation = Callable[[Work, UUID], Awaitable[object]]


@app_page(sandbox_only=True)
async def pay_out(request: Request, visitor: Visitor, app: App) -> Response:
    """Have the bank pay, whatever it would have answered: POST /v1/transactions/{id}/payout."""
    settings = platform_of(request).settings
    policy = retry_policy(settings, speedup=settings.sandbox_speedup)

    async def work(work: Work, transaction_id: UUID) -> object:
        return await sandbox.pay_out(work, app, transaction_id, policy=policy)

    return await _do(request, visitor, app, work, "paid_out")


@app_page(sandbox_only=True)
async def pay_in(request: Request, visitor: Visitor, app: App) -> Response:
    """Have the payer pay: POST /v1/transactions/{id}/payin."""
    settings = platform_of(request).settings
    terms = collecting_terms(settings, speedup=settings.sandbox_speedup)
    type_ = text_of(await request.form(), "type") or None

    async def work(work: Work, transaction_id: UUID) -> object:
        return await sandbox.pay_in(work, app, transaction_id, type_, terms=terms)

    return await _do(request, visitor, app, work, "paid_in")


@app_page(sandbox_only=True)
async def script(request: Request, visitor: Visitor, app: App) -> Response:
    """Have the bank answer a code about a recipient: POST /v1/sandbox/recipients/{id}/answer."""
    form = await request.form()
    recipient_id, code = read_id(text_of(form, "recipient")), text_of(form, "code")

    async def work(work: Work, _transaction_id: UUID) -> object:
        return await sandbox.script_answer(work, app, recipient_id, code)

    return await _do(request, visitor, app, work, "scripted")


@app_page(sandbox_only=True)
async def return_money(request: Request, visitor: Visitor, app: App) -> Response:
    """Send back what waits for that: POST /v1/sandbox/transactions/{id}/return."""

    async def work(work: Work, transaction_id: UUID) -> object:
        return await return_collected_money(work, app, transaction_id, actor=SANDBOX)

    return await _do(request, visitor, app, work, "returned")


@app_page(sandbox_only=True)
async def receive(request: Request, visitor: Visitor, app: App) -> Response:
    """Have money reach a payin method, the right amount or another: POST /v1/sandbox/payin_methods/{id}/payment."""
    form = await request.form()
    amount, cleared = text_of(form, "amount"), text_of(form, "seen") != "only"

    async def work(work: Work, payin_method_id: UUID) -> object:
        read = read_amount_field("amount", amount)
        return await sandbox.receive_payment(work, app, payin_method_id, read, cleared=cleared)

    return await _do_to_payin_method(request, visitor, app, work, "received", given=amount)


@app_page(sandbox_only=True)
async def clear(request: Request, visitor: Visitor, app: App) -> Response:
    """Let money that was only seen become final: the same without an amount."""

    async def work(work: Work, payin_method_id: UUID) -> object:
        return await sandbox.clear_payment(work, app, payin_method_id)

    return await _do_to_payin_method(request, visitor, app, work, "cleared")


@app_page(sandbox_only=True)
async def script_payer(request: Request, visitor: Visitor, app: App) -> Response:
    """Have the request of a payin method end with a code: POST /v1/sandbox/payin_methods/{id}/answer."""
    code = text_of(await request.form(), "code")

    async def work(work: Work, payin_method_id: UUID) -> object:
        return await sandbox.script_collection(work, app, payin_method_id, code)

    return await _do_to_payin_method(request, visitor, app, work, "payin_scripted")


@app_page(sandbox_only=True)
async def move_clock(request: Request, visitor: Visitor, app: App) -> Response:
    """Move the clock of the app forward: POST /v1/sandbox/clock."""
    form = await request.form()
    seconds = text_of(form, "seconds")
    if seconds not in {str(each) for each, _ in CLOCK_MOVES}:
        return not_there(request, visitor)
    platform = platform_of(request)
    most = timedelta(days=platform.settings.sandbox_clock_days)
    back = read_id(text_of(form, "transaction"))
    try:
        await platform.database.run(sandbox.move_clock, app.id, timedelta(seconds=int(seconds)), most=most)
    except Invalid:  # it is as far ahead as it may be, and the page goes on showing its time
        return go(request, visitor.to(PATH if back is None else f"{TRANSACTIONS}/{back}"))
    return go(
        request,
        visitor.to(f"{PATH}?moved={seconds}" if back is None else f"{TRANSACTIONS}/{back}?done=moved"),
    )


async def _do(request: Request, visitor: Visitor, app: App, work: Operation, done: str) -> Response:
    """Do something to a transaction and show it, with the refusal where there is one."""
    transaction_id = read_id(request.path_params["id"])
    if transaction_id is None:
        raise NotFound
    try:
        await platform_of(request).database.run(work, transaction_id)
    except Invalid as refusal:
        return await show_transaction(request, visitor, app, transaction_id, refusal=refusal)
    return go(request, visitor.to(f"{TRANSACTIONS}/{transaction_id}?done={done}"))


async def _do_to_payin_method(
    request: Request, visitor: Visitor, app: App, work: Operation, done: str, *, given: str = ""
) -> Response:
    """The same to a payin method; a refusal stands beside it, with what was `given`."""
    database = platform_of(request).database
    async with database.reading() as conn:
        payment, method = await find_payin_method(conn, app.id, read_id(request.path_params["id"]))
    transaction_id = payment.transaction.id
    try:
        await database.run(work, method.id)
    except Invalid as refusal:
        return await show_transaction(
            request, visitor, app, transaction_id, refusal=refusal, beside=method.id, given=given
        )
    return go(request, visitor.to(f"{TRANSACTIONS}/{transaction_id}?done={done}"))


ROUTES = [
    Route(f"{PLACE}{PATH}/clock", move_clock, methods=["POST"]),
    Route(f"{PLACE}{PATH}/transactions/{{id}}/payout", pay_out, methods=["POST"]),
    Route(f"{PLACE}{PATH}/transactions/{{id}}/payin", pay_in, methods=["POST"]),
    Route(f"{PLACE}{PATH}/transactions/{{id}}/answer", script, methods=["POST"]),
    Route(f"{PLACE}{PATH}/transactions/{{id}}/return", return_money, methods=["POST"]),
    Route(f"{PLACE}{PATH}/payin_methods/{{id}}/payment", receive, methods=["POST"]),
    Route(f"{PLACE}{PATH}/payin_methods/{{id}}/clear", clear, methods=["POST"]),
    Route(f"{PLACE}{PATH}/payin_methods/{{id}}/answer", script_payer, methods=["POST"]),
]
