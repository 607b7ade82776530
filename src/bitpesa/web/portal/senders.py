"""The senders of an app: who they are, where their KYC stands, their documents."""

from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.documents import queries as documents
from bitpesa.payments.senders import queries
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.senders.fields import FIELDS
from bitpesa.payments.senders.model import Decision
from bitpesa.payments.transactions import queries as transactions
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from bitpesa.web.kit.answers import platform_of, safe_headers
from bitpesa.web.kit.labels import called
from bitpesa.web.kit.paging import PER, asked
from bitpesa.web.kit.refusals import sentence_of
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.dashboard import types_of
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.web.portal.personal_data import told

PATH = "/senders"

MOST_TRANSACTIONS = 10
KYC = {
    "documents": "Senders are approved by staff once their documents are there.",
    "approval": "Senders are approved by staff.",
    "waived": "KYC is waived for your app: senders may transact as they are.",
}
"""How senders become ready to transact, by the app's setting (flows 3.4)."""


@app_page()
async def list_all(request: Request, visitor: Visitor, app: App) -> Response:
    """List senders, newest first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.list_page(
            conn,
            app.id,
            external_id=wanted.text("external_id"),
            since=wanted.since(),
            before=wanted.before(),
            limit=PER,
            offset=wanted.offset,
        )
    return render(
        request,
        visitor,
        "senders.html",
        senders=[(each, called(each.profile)) for each in found],
        pages=wanted.pages(total),
        wanted=wanted,
        kyc=KYC[app.settings.kyc_mode],
    )


@app_page()
async def show(request: Request, visitor: Visitor, app: App) -> Response:
    """Show a sender with its documents and its last transactions."""
    return await show_sender(request, visitor, app, read_id(request.path_params["id"]))


async def show_sender(
    request: Request, visitor: Visitor, app: App, sender_id: UUID | None, *, refusal: Invalid | None = None
) -> Response:
    """The page of a sender, with a refusal of what was just tried. Raises NotFound."""
    async with platform_of(request).database.reading() as conn:
        sender = await queries.find(conn, app.id, sender_id)
        payments, total = await transactions.list_page(
            conn, app.id, sender_id=sender.id, limit=MOST_TRANSACTIONS, offset=0
        )
    return render(
        request,
        visitor,
        "sender.html",
        status=200 if refusal is None else 422,
        refusal=None if refusal is None else sentence_of(refusal),
        told="The decision is made." if request.query_params.get("done") == "reviewed" else None,
        outcomes=[(each.done, each.done.capitalize()) for each in Decision],
        sender=sender,
        name=called(sender.profile),
        profile=[(name, told(visitor, name, line)) for name in FIELDS if (line := _line(sender.profile.get(name)))],
        payments=[(payment, types_of(payment)) for payment in payments],
        total=total,
        kyc=KYC[app.settings.kyc_mode],
        may_transact=sender_rules.is_approved(sender.state, app.settings),
    )


@app_page(Permission.PERSONAL_DATA_READ)
async def show_document(request: Request, _visitor: Visitor, app: App) -> Response:
    """Lead to the file of a document, for whoever may see personal data (decision 0067)."""
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        document = await documents.find(conn, app.id, read_id(request.path_params["id"]))
        now: datetime = await clock.now(conn, app.id)
    if not document.is_enabled or document.content_type is None:
        raise NotFound
    link = platform.files.links.link(app.environment, app.id, document.id, now)
    return RedirectResponse(link, 303, safe_headers(platform.settings))


def _line(value: Any) -> str:
    """A field as a line; documents and exposed people are told elsewhere."""
    return str(value) if isinstance(value, str | int) and value != "" else ""


ROUTES = [
    Route(PLACE + PATH, list_all),
    Route(f"{PLACE}{PATH}/documents/{{id}}", show_document),
    Route(f"{PLACE}{PATH}/{{id}}", show),
]
