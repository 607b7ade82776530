"""The users of clients: shutting one out, letting it in again, and forgetting an authenticator that was lost."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import StaffRole, User, UserKind
from bitpesa.tenants.users.operations import authenticator
from bitpesa.tenants.users.operations import user as operations
from bitpesa.web.backoffice.actions import id_of, tried
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.paging import PER, asked

PATH = "/office/users"

ACTS: dict[str, Callable[[Work, Actor, User], Awaitable[User]]] = {
    "disable": operations.disable,
    "enable": operations.enable,
    "reset-mfa": authenticator.reset,
}


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List users whose address or name has a text in it, the newest first."""
    wanted = asked(request)
    who = wanted.text("who")
    async with platform_of(request).database.reading() as conn:
        users, total = await queries.page_of_users(conn, who, limit=PER, offset=wanted.offset)
    return render(request, officer, "office/users.html", users=users, who=who, pages=wanted.pages(total))


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show a user and where it is a member."""
    async with platform_of(request).database.reading() as conn:
        user = await _client(conn, request)
        members = await queries.memberships(conn, user.id)
        found = await organisations.find_organisations(conn, [each.organisation_id for each in members])
    return render(
        request,
        officer,
        "office/user.html",
        user=user,
        members=members,
        organisations=found,
        done=request.query_params.get("done"),
    )


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def act(request: Request, officer: Officer) -> Response:
    """Do one of these things to a user of a client, and never to one of staff."""
    operation = ACTS.get(text(await request.form(), "act"))
    if operation is None:
        raise NotFound
    async with platform_of(request).database.reading() as conn:
        user = await _client(conn, request)
    await tried(request, operation, officer.actor, user)
    return go(request, f"{PATH}/{user.id}?done=done")


async def _client(conn: Connection, request: Request) -> User:
    user_id = id_of(request)
    found = {} if user_id is None else await queries.find_users(conn, [user_id])
    user = next(iter(found.values()), None)
    if user is None or user.kind is not UserKind.CLIENT:
        raise NotFound
    return user


ROUTES = [
    Route(PATH, list_all),
    Route(f"{PATH}/{{id}}", show),
    Route(f"{PATH}/{{id}}", act, methods=["POST"]),
]
