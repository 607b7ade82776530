"""Opening the demo organisation by the link that `bitpesa sandbox` prints: its payments are then seen here."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.values.ids import read_id
from bitpesa.sandbox import demo_link
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import Organisation
from bitpesa.tenants.users.operations import members, session
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.portal.guards import TEST, Newcomer, Visitor, account_page, render


@account_page()
async def show(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Ask whether to open it; following a link alone changes nothing."""
    organisation = await _organisation(request)
    if organisation is None:
        return render(request, visitor, "people/link_gone.html", status=404, where="/portal/organisations")
    return render(request, visitor, "people/demo.html", organisation=organisation, here=_here(request))


@account_page()
async def join(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Join it as an administrator, and look at it."""
    organisation = await _organisation(request)
    if organisation is None:
        return render(request, visitor, "people/link_gone.html", status=404, where="/portal/organisations")
    database = platform_of(request).database
    by = "the link printed by bitpesa sandbox"
    await database.run(members.join_as_administrator, visitor.user, organisation.id, by=by)
    await database.run(session.look_at, visitor.session, organisation.id)
    return go(request, TEST)


async def _organisation(request: Request) -> Organisation | None:
    """The organisation that the link opens; None when it opens none."""
    organisation_id: UUID | None = read_id(request.path_params["organisation_id"])
    platform = platform_of(request)
    keys = platform.settings.master_keys
    if organisation_id is None or not demo_link.opens(keys, organisation_id, request.scope["query_string"]):
        return None
    async with platform.database.reading() as conn:
        return (await organisations.find_organisations(conn, [organisation_id])).get(organisation_id)


def _here(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}"


ROUTES = [
    Route(f"{demo_link.PATH}/{{organisation_id}}", show),
    Route(f"{demo_link.PATH}/{{organisation_id}}", join, methods=["POST"]),
]
