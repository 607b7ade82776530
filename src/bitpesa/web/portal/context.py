"""What the portal shows: which organisation, and where to begin; old addresses; and leaving it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.users.operations import session
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.cookies import forget_token
from bitpesa.web.kit.next_page import HOME
from bitpesa.web.portal.guards import LOG_IN, NEW_ORGANISATION, TEST, Newcomer, Visitor, account_page, forbidden

MOVED = ("transactions", "recipients", "payin_methods", "senders", "webhooks", "logs", "reports", "bench", "keys")
"""Pages of an environment that once had addresses without it."""


@account_page()
async def enter(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Lead to the dashboard of the sandbox: from there it is one step to live."""
    return go(request, NEW_ORGANISATION if isinstance(visitor, Newcomer) else _with_query(request, TEST))


@account_page()
async def move(request: Request, _visitor: Visitor | Newcomer) -> Response:
    """Lead from an address without an environment, as old links and bookmarks have it, to that of the sandbox."""
    return go(request, _with_query(request, TEST + request.url.path.removeprefix(HOME)))


@account_page()
async def choose_organisation(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Turn to another of one's organisations."""
    organisation_id = read_id((await request.form()).get("organisation"))
    platform = platform_of(request)
    if organisation_id is None:
        return forbidden(request, visitor)
    try:
        await platform.database.run(session.look_at, visitor.session, organisation_id)
    except NotFound:
        return forbidden(request, visitor)
    return go(request, HOME)


@account_page()
async def log_out(request: Request, visitor: Visitor | Newcomer) -> Response:
    """End the session of this browser."""
    platform = platform_of(request)
    await platform.database.run(session.log_out, visitor.session)
    answer = go(request, LOG_IN)
    forget_token(answer, platform.settings)
    return answer


def _with_query(request: Request, path: str) -> str:
    return f"{path}?{request.url.query}" if request.url.query else path


MOVED_ROUTES = [Route(f"{HOME}/{name}{rest}", move, methods=["GET"]) for name in MOVED for rest in ("", "/{rest:path}")]
