"""Who did what by hand, of staff and of clients, with filters."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.audit_log import queries
from bitpesa.tenants.audit_log.model import ActorKind, Filters
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.kit.paging import PER, asked

PATH = "/office/trail"


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show one page of the trail, newest first."""
    wanted = asked(request)
    kind, app_id = wanted.text("kind"), wanted.text("app")
    filters = Filters(
        app_id=read_id(app_id) if app_id else None,
        actor_kind=ActorKind(kind) if kind in list(ActorKind) else None,
        actor=wanted.text("who"),
        action=wanted.text("action"),
        object_id=wanted.text("object"),
        since=wanted.since(),
        before=wanted.before(),
    )
    async with platform_of(request).database.reading() as conn:
        entries, total = await queries.list_page(conn, filters, limit=PER, offset=wanted.offset)
    return render(
        request,
        officer,
        "office/trail.html",
        entries=entries,
        pages=wanted.pages(total),
        wanted=wanted,
    )


ROUTES = [Route(PATH, show)]
