"""The KYC queue, and a sender as staff check it: what it said beside its papers, hits on lists, decisions."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.compliance.senders import dismiss_hits, review_sender
from bitpesa.payments.documents import queries as documents
from bitpesa.payments.screening import queries as screening
from bitpesa.payments.senders import queries
from bitpesa.payments.senders.fields import FIELDS
from bitpesa.payments.senders.model import Decision
from bitpesa.payments.senders.rules import DECISIONS
from bitpesa.payments.transactions import queries as transactions
from bitpesa.tenants.audit_log import queries as audit_trail
from bitpesa.tenants.audit_log.model import Filters
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import app_named, app_of, id_of, names_of_apps, note, tried
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of, safe_headers
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.labels import called
from bitpesa.web.kit.paging import PER, asked

PATH = "/office/senders"

MOST_SHOWN = 20

_NAMES = ("first_name", "middle_name", "last_name", "name", "birth_date")
ORDER = (*_NAMES, *(name for name in FIELDS if name not in _NAMES))
"""The fields of a sender as staff read them: who it is first."""

ASKS = {
    Decision.APPROVE: ("Approve", "Its documents and data are in order; hits on sanction lists count no more."),
    Decision.ASK: ("Ask for more", "It is incomplete until the client changes it: write what the client reads."),
    Decision.REJECT: ("Reject", "The client reads that it could not be approved, and no more."),
    Decision.BAN: ("Ban", "No transaction may name it any more. The client reads that it could not be approved."),
    Decision.REINSTATE: ("Reinstate", "It is approved again."),
}
"""Each decision as a button, and what it means."""


@page()
async def list_waiting(request: Request, officer: Officer) -> Response:
    """List senders that wait for staff, the oldest first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.list_waiting(conn, limit=PER, offset=wanted.offset)
        names = await names_of_apps(conn, {each.app_id for each in found})
    senders = [(each, called(each.profile)) for each in found]
    return render(request, officer, "office/senders.html", senders=senders, names=names, pages=wanted.pages(total))


@page()
async def list_hits(request: Request, officer: Officer) -> Response:
    """List senders that are like somebody on a sanction list, the newest hit first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        hits, total = await screening.open_hits(conn, limit=PER, offset=wanted.offset)
        names = await names_of_apps(conn, {each.app_id for each in hits})
        lists = await screening.lists(conn)
    return render(request, officer, "office/hits.html", hits=hits, names=names, lists=lists, pages=wanted.pages(total))


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show a sender."""
    return await _shown(request, officer)


@page(StaffRole.OPERATOR)
async def decide(request: Request, officer: Officer) -> Response:
    """Decide about a sender, as `bitpesa senders` does."""
    form = await request.form()
    wanted = text(form, "decision")
    if wanted not in list(Decision):
        raise NotFound
    app = await app_named(request)
    refusal = await tried(
        request,
        review_sender,
        app,
        id_of(request),
        Decision(wanted),
        actor=officer.actor,
        reason=text(form, "reason") or None,
        client_note=text(form, "client_note") or None,
    )
    return await _after(request, officer, app, refusal, Decision(wanted).done)


@page(StaffRole.OPERATOR)
async def dismiss(request: Request, officer: Officer) -> Response:
    """Let the hits of a sender count no more."""
    reason = text(await request.form(), "reason")
    app = await app_named(request)
    refusal = await tried(request, dismiss_hits, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app, refusal, "dismissed")


@page(StaffRole.OPERATOR)
async def show_document(request: Request, officer: Officer) -> Response:
    """Lead to the file of a document, by a link that is good for a while; that it was opened is written down."""
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        app = await app_of(conn, request)
        document = await documents.find(conn, app.id, id_of(request))
        now: datetime = await clock.now(conn, app.id)
    if not document.is_enabled or document.content_type is None:
        raise NotFound

    async def write_down(work: Work) -> None:
        await note(work, officer, "document.opened", "Document", document.id, app=app)

    await platform.database.run(write_down)
    link = platform.files.links.link(app.environment, app.id, document.id, now)
    return RedirectResponse(link, 303, safe_headers(platform.settings))


async def _after(request: Request, officer: Officer, app: App, refusal: str | None, done: str) -> Response:
    if refusal is not None:
        return await _shown(request, officer, refusal)
    return go(request, f"{PATH}/{app.id}/{id_of(request)}?done={done}")


async def _shown(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    wanted = asked(request, f"{PATH}/{request.path_params['app_id']}/{request.path_params['id']}")
    async with platform_of(request).database.reading() as conn:
        app = await app_of(conn, request)
        sender = await queries.find(conn, app.id, id_of(request))
        hits = await screening.hits_of(conn, app.id, sender.id)
        about = Filters(app_id=app.id, object_type="Sender", object_id=str(sender.id))
        entries, did = await audit_trail.list_page(conn, about, limit=MOST_SHOWN)
        payments, total = await transactions.list_page(
            conn, app.id, sender_id=sender.id, limit=PER, offset=wanted.offset
        )
        found = await organisations.find_organisations(conn, [app.organisation_id])
    return render(
        request,
        officer,
        "office/sender.html",
        status=200 if refusal is None else 422,
        app=app,
        organisation=found[app.organisation_id],
        sender=sender,
        name=called(sender.profile),
        profile=[(name.replace("_", " "), told) for name in ORDER if (told := _told(sender.profile.get(name)))],
        hits=hits,
        open_hits=any(hit.counts for hit in hits),
        entries=entries,
        did=did,
        payments=payments,
        pages=wanted.pages(total),
        decisions=[(each, *ASKS[each]) for each in Decision if (sender.state, each) in DECISIONS],
        refusal=refusal,
        done=request.query_params.get("done"),
    )


def _told(value: Any) -> str:
    """A field as a line; documents stand beside, exposed people in full."""
    if isinstance(value, list):
        return "; ".join(", ".join(str(each) for each in item.values()) for item in value if isinstance(item, dict))
    return str(value) if isinstance(value, str | int) and value != "" else ""


ROUTES = [
    Route(PATH, list_waiting),
    Route(f"{PATH}/hits", list_hits),
    Route(f"{PATH}/{{app_id}}/documents/{{id}}", show_document),
    Route(f"{PATH}/{{app_id}}/{{id}}", show),
    Route(f"{PATH}/{{app_id}}/{{id}}", decide, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/dismiss", dismiss, methods=["POST"]),
]
