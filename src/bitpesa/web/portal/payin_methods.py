"""What the owner of a payin method may do, by the operations of the API: give the code, edit, ask again, cancel."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.collections.draft import OTP
from bitpesa.payments.collections.model import PayinMethod, PayinMethodState
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations import payin_methods as operations
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.refusals import Problems, problems_of, sentence_of
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.web.portal.payin_view import fields_of
from bitpesa.web.portal.transactions import PATH as TRANSACTIONS
from bitpesa.web.portal.transactions import show_transaction

PATH = "/payin_methods"


@app_page(Permission.PERSONAL_DATA_READ, moves_money=True)
async def edit(request: Request, visitor: Visitor, app: App) -> Response:
    """Show the details in a form, the code among them; then change them, as PATCH /v1/payin_methods/{id} does."""
    payment, method = await _find(request, app)
    problems: Problems = {}
    given: dict[str, str] = {}
    if request.method == "POST":
        given = await _given(request, method)
        try:
            edited = await _edit(request, app, method.id, {"in_details": given})
        except Invalid as refusal:
            problems = problems_of(refusal)
            payment, method = await _find(request, app)
        else:
            done = "payin_edited" if edited.state in (method.state, PayinMethodState.INCOMPLETE) else "payer_asked"
            return go(request, visitor.to(f"{TRANSACTIONS}/{payment.transaction.id}?done={done}"))
    return render(
        request,
        visitor,
        "edit_payin_method.html",
        status=422 if problems else 200,
        t=payment.transaction,
        method=method,
        awaits_code=method.state is PayinMethodState.INCOMPLETE,
        fields=sorted(fields_of(method.type, method.ux_flow), key=lambda each: each[0] != OTP),
        values={**method.in_details, **given},
        problems=problems,
    )


@app_page(moves_money=True)
async def cancel(request: Request, visitor: Visitor, app: App) -> Response:
    """Ask whether to stop a collection; then do it, as DELETE /v1/payin_methods/{id} does."""
    payment, method = await _find(request, app)
    problem = None
    if request.method == "POST":
        try:
            await platform_of(request).database.run(operations.cancel, app, method.id)
        except Invalid as refusal:
            problem = sentence_of(refusal)
        else:
            return go(request, visitor.to(f"{TRANSACTIONS}/{payment.transaction.id}?done=payin_canceled"))
    others = [each for each in payment.payin_methods if each.is_open and each.id != method.id]
    return render(
        request,
        visitor,
        "cancel_payin_method.html",
        status=200 if problem is None else 422,
        t=payment.transaction,
        method=method,
        others=len(others),
        problem=problem,
    )


@app_page(moves_money=True)
async def retry(request: Request, visitor: Visitor, app: App) -> Response:
    """Ask the payer once more, as POST /v1/payin_methods/{id}/retry does."""
    payment, method = await _find(request, app)
    try:
        await platform_of(request).database.run(operations.retry, app, method.id)
    except Invalid as refusal:
        return await show_transaction(request, visitor, app, payment.transaction.id, refusal=refusal)
    return go(request, visitor.to(f"{TRANSACTIONS}/{payment.transaction.id}?done=payer_asked"))


async def _edit(request: Request, app: App, payin_method_id: UUID, asked: dict[str, Any]) -> PayinMethod:
    platform = platform_of(request)
    right = await operations.check_otp(platform.database, app, payin_method_id, asked, platform.providers)
    return await platform.database.run(operations.edit, app, payin_method_id, asked, otp_is_right=right)


async def _given(request: Request, method: PayinMethod) -> dict[str, str]:
    """What the form says of the method's details. A field that was empty and stays so says nothing."""
    form = await request.form()
    said = {name: form.get(name) for name, _ in fields_of(method.type, method.ux_flow)}
    texts = {name: value.strip() for name, value in said.items() if isinstance(value, str)}
    return {name: value for name, value in texts.items() if value or name in method.in_details}


async def _find(request: Request, app: App) -> tuple[Payment, PayinMethod]:
    """The payin method of the address, and its payment. Raises NotFound."""
    async with platform_of(request).database.reading() as conn:
        return await queries.find_payin_method(conn, app.id, read_id(request.path_params["id"]))


ROUTES = [
    Route(f"{PLACE}{PATH}/{{id}}/edit", edit, methods=["GET", "POST"]),
    Route(f"{PLACE}{PATH}/{{id}}/cancel", cancel, methods=["GET", "POST"]),
    Route(f"{PLACE}{PATH}/{{id}}/retry", retry, methods=["POST"]),
]
