"""What the owner of a recipient may do, by the operations of the API: change details, cancel, fetch the receipt."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.ops.reports.proof_of_payment import link_path, links, proof_of
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.recipients.model import CLOSED, Recipient
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.cancel import cancel as cancel_recipient
from bitpesa.payments.transactions.operations.edit import edit as edit_recipient
from bitpesa.rails.corridors.catalogue import corridor
from bitpesa.rails.corridors.model import CorridorField
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from bitpesa.web.kit.answers import go, platform_of, safe_headers
from bitpesa.web.kit.refusals import Problems, problems_of, sentence_of
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.corridor_fields import fields_of
from bitpesa.web.portal.form_marks import SECRETS
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.web.portal.transactions import PATH as TRANSACTIONS
from bitpesa.web.portal.transactions import leg_of

PATH = "/recipients"

RECEIPT_LASTS = timedelta(minutes=5)


@app_page(moves_money=True)
async def cancel(request: Request, visitor: Visitor, app: App) -> Response:
    """Ask whether to cancel; then do it, as DELETE /v1/recipients/{id} does."""
    recipient_id = read_id(request.path_params["id"])
    problem = None
    if request.method == "POST":
        try:
            payment, recipient = await platform_of(request).database.run(cancel_recipient, app, recipient_id)
        except Invalid as refusal:
            problem = sentence_of(refusal)
        else:
            done = "canceled" if recipient.state in CLOSED else "requested"
            return go(request, visitor.to(f"{TRANSACTIONS}/{payment.transaction.id}?done={done}"))
    payment = await _payment(request, app, recipient_id)
    leg = leg_of(visitor, app, payment, recipient_id)
    return render(
        request,
        visitor,
        "cancel.html",
        status=200 if problem is None else 422,
        t=payment.transaction,
        leg=leg,
        problem=problem,
    )


@app_page(Permission.PERSONAL_DATA_READ, moves_money=True)
async def edit(request: Request, visitor: Visitor, app: App) -> Response:
    """Show the details in a form; then change them, as PATCH /v1/recipients/{id} does."""
    recipient_id = read_id(request.path_params["id"])
    problems: Problems = {}
    given: dict[str, Any] = {}
    if request.method == "POST":
        form = await request.form()
        given = {name: value for name, value in form.items() if isinstance(value, str) and name not in SECRETS}
        asked = {"payout_method": {"details": given}}
        try:
            payment, _ = await platform_of(request).database.run(edit_recipient, app, recipient_id, asked)
        except Invalid as refusal:
            problems = problems_of(refusal)
        else:
            return go(request, visitor.to(f"{TRANSACTIONS}/{payment.transaction.id}?done=edited"))
    payment = await _payment(request, app, recipient_id)
    leg = leg_of(visitor, app, payment, recipient_id)
    return render(
        request,
        visitor,
        "edit_recipient.html",
        status=422 if problems else 200,
        t=payment.transaction,
        leg=leg,
        fields=_fields(leg.recipient),
        values={**leg.recipient.details, **given},
        problems={name.removeprefix("details."): errors for name, errors in problems.items()},
    )


@app_page(Permission.PERSONAL_DATA_READ)
async def receipt(request: Request, _visitor: Visitor, app: App) -> Response:
    """Lead to the proof of payment, by a link that is good for a moment."""
    recipient_id = read_id(request.path_params["id"])
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        proof = await proof_of(conn, app.id, recipient_id)
        now = await clock.now(conn, app.id)
    if proof is None or not app.is_sandbox:
        raise NotFound
    path = link_path(app.id, proof.recipient_id)
    query = links(platform.settings.master_keys).query(path, now + RECEIPT_LASTS)
    return RedirectResponse(f"{path}?{query}", 303, safe_headers(platform.settings))


def _fields(recipient: Recipient) -> list[CorridorField]:
    known = corridor(recipient.payout_type)
    return [] if known is None else fields_of(known, recipient.type)


async def _payment(request: Request, app: App, recipient_id: UUID | None) -> Payment:
    """The payment of a recipient. Raises NotFound."""
    async with platform_of(request).database.reading() as conn:
        return await queries.find(conn, app.id, await recipients.transaction_of(conn, app.id, recipient_id))


ROUTES = [
    Route(f"{PLACE}{PATH}/{{id}}/cancel", cancel, methods=["GET", "POST"]),
    Route(f"{PLACE}{PATH}/{{id}}/edit", edit, methods=["GET", "POST"]),
    Route(f"{PLACE}{PATH}/{{id}}/receipt", receipt),
]
