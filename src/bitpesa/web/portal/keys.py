"""The API keys of an app: which there are, their secrets, and how to make a first call with one."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.organisations import queries
from bitpesa.tenants.organisations.model import ApiKey, App
from bitpesa.tenants.users.model import Permission
from bitpesa.tenants.users.operations import keys as operations
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.portal.guards import Visitor, forbidden, page, render
from bitpesa.wiring import Platform

KEYS = "/keys"

OVERLAPS = (("0", "at once"), ("3600", "in an hour"), ("86400", "in a day"), ("604800", "in a week"))
"""When a key ends in whose place another is put, in seconds from now."""


@page()
async def show(request: Request, visitor: Visitor) -> Response:
    """List the keys of the app; texts of keys are for those who may see them."""
    if not (visitor.may(Permission.API_KEYS_READ) or visitor.may(Permission.API_KEYS_WRITE)):
        return forbidden(request, visitor)
    keys: list[ApiKey] = []
    if visitor.app is not None:
        platform = platform_of(request)
        async with platform.database.reading() as conn:
            keys = await queries.list_keys(conn, visitor.app.id)
    base_url = _base_url(request, visitor)
    return render(request, visitor, "people/keys.html", keys=keys, overlaps=OVERLAPS, base_url=base_url)


@page(Permission.API_KEYS_READ, fresh=True)
async def show_secret(request: Request, visitor: Visitor) -> Response:
    """Show a key with its secret, and a first call that is made with it."""
    platform = platform_of(request)
    key_id = read_id(request.path_params["key_id"])
    if visitor.app is None or key_id is None:
        return go(request, visitor.to(KEYS))
    secret = await platform.database.run(operations.secret_of, platform.vault, visitor.user, visitor.app, key_id)
    async with platform.database.reading() as conn:
        key = next((each for each in await queries.list_keys(conn, visitor.app.id) if each.id == key_id), None)
    if secret is None or key is None:
        return go(request, visitor.to(KEYS))
    base_url = _base_url(request, visitor)
    return render(request, visitor, "people/key.html", key=key, secret=secret, base_url=base_url)


# What follows asks for no permission at the door: the operation does, and writes down what it refuses.


@page(fresh=True)
async def create(request: Request, visitor: Visitor) -> Response:
    """Make a key."""
    platform = platform_of(request)
    if visitor.app is None:
        return go(request, visitor.to(KEYS))
    made = await platform.database.run(
        operations.create_key, platform.vault, visitor.user, visitor.app, enabled=_works_at_once(platform, visitor.app)
    )
    return _after(request, visitor, made)


@page(fresh=True)
async def replace(request: Request, visitor: Visitor) -> Response:
    """Make a key in place of another, which ends when the form says."""
    platform = platform_of(request)
    key_id = read_id(request.path_params["key_id"])
    if visitor.app is None or key_id is None:
        return go(request, visitor.to(KEYS))
    wanted = text(await request.form(), "overlap")
    overlap = timedelta(seconds=int(wanted)) if wanted in dict(OVERLAPS) else timedelta(0)
    try:
        made = await platform.database.run(
            operations.replace_key,
            platform.vault,
            visitor.user,
            visitor.app,
            key_id,
            overlap,
            enabled=_works_at_once(platform, visitor.app),
        )
    except NotFound:
        return go(request, visitor.to(KEYS))
    return _after(request, visitor, made)


@page(fresh=True)
async def revoke(request: Request, visitor: Visitor) -> Response:
    """End a key: its next call is refused."""
    platform = platform_of(request)
    key_id = read_id(request.path_params["key_id"])
    if visitor.app is None or key_id is None:
        return go(request, visitor.to(KEYS))
    try:
        ended = await platform.database.run(operations.revoke_key, visitor.user, visitor.app, key_id)
    except NotFound:
        return go(request, visitor.to(KEYS))
    return forbidden(request, visitor, ended) if isinstance(ended, str) else go(request, visitor.to(KEYS))


def _base_url(request: Request, visitor: Visitor) -> str:
    """Where the API of this environment is called; empty when the deployment does not serve it."""
    origins = platform_of(request).settings.origins(visitor.environment or "sandbox")
    return f"{origins[0]}/v1" if origins else ""


def _works_at_once(platform: Platform, app: App) -> bool:
    return not app.is_sandbox or platform.settings.sandbox_key_activation == "automatic"


def _after(request: Request, visitor: Visitor, made: ApiKey | str) -> Response:
    """Show a new key to who may see it."""
    if isinstance(made, str):
        return forbidden(request, visitor, made)
    return go(request, visitor.to(f"{KEYS}/{made.id}" if visitor.may(Permission.API_KEYS_READ) else KEYS))
