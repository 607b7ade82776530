"""What staff would decide, on the bench: about a sender, and about a transaction that is held. Only in the sandbox."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.ids import read_id
from bitpesa.sandbox import operations as sandbox
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.guards import PLACE, Visitor
from bitpesa.web.portal.sandbox_payouts import PATH, text_of
from bitpesa.web.portal.senders import PATH as SENDERS
from bitpesa.web.portal.senders import show_sender
from bitpesa.web.portal.transactions import PATH as TRANSACTIONS
from bitpesa.web.portal.transactions import show_transaction


@app_page(sandbox_only=True)
async def review_sender(request: Request, visitor: Visitor, app: App) -> Response:
    """Decide about a sender: POST /v1/sandbox/senders/{id}/review."""
    sender_id, form = read_id(request.path_params["id"]), await request.form()
    outcome, reason = text_of(form, "outcome"), text_of(form, "reason")
    try:
        await platform_of(request).database.run(sandbox.review_sender, app, sender_id, outcome, reason=reason)
    except Invalid as refusal:
        return await show_sender(request, visitor, app, sender_id, refusal=refusal)
    return go(request, visitor.to(f"{SENDERS}/{sender_id}?done=reviewed"))


@app_page(sandbox_only=True)
async def review_transaction(request: Request, visitor: Visitor, app: App) -> Response:
    """Have a transaction held once its money comes, or end its hold: POST /v1/sandbox/transactions/{id}/review."""
    transaction_id, outcome = read_id(request.path_params["id"]), text_of(await request.form(), "outcome")
    try:
        await platform_of(request).database.run(sandbox.review_transaction, app, transaction_id, outcome, reason=None)
    except Invalid as refusal:
        return await show_transaction(request, visitor, app, transaction_id, refusal=refusal)
    return go(request, visitor.to(f"{TRANSACTIONS}/{transaction_id}?done={outcome}"))


ROUTES = [
    Route(f"{PLACE}{PATH}/senders/{{id}}/review", review_sender, methods=["POST"]),
    Route(f"{PLACE}{PATH}/transactions/{{id}}/review", review_transaction, methods=["POST"]),
]
