"""Organisations with their apps, who asks for live access, what is set for an app, its corridors and its keys."""

from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.api_support.api_logs import queries as api_logs
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.money.accounts import queries as accounts
from bitpesa.onboarding import operations as onboarding
from bitpesa.onboarding import queries as onboarding_queries
from bitpesa.onboarding import rules as onboarding_rules
from bitpesa.rails.corridors.catalogue import CORRIDORS, corridor
from bitpesa.tenants.organisations import operations, queries
from bitpesa.tenants.organisations.model import App, AppSettings
from bitpesa.tenants.organisations.rules import read_typed_setting
from bitpesa.tenants.users import queries as people
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import app_named, app_of, id_of, note, organisation_of, tried
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.paging import PER, asked
from bitpesa.web.kit.refusals import sentence_of

PATH = "/office/organisations"
APPS = "/office/apps"

MAX_CALLS_SHOWN = 10
"""How many calls that were not let in are shown of an app."""

OPEN, CLOSED, COMMON = "open", "closed", "common"
LISTS_OF_CORRIDORS = ("closed_corridors", "open_corridors")


class Switch(msgspec.Struct, frozen=True):
    """A setting of an app as the page shows it: its value as it is typed, and the choices where there are few."""

    name: str
    value: str
    choices: tuple[str, ...]


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List organisations by a text in their name or in an address of their people, those first that ask for live."""
    wanted = asked(request)
    who = wanted.text("who")
    async with platform_of(request).database.reading() as conn:
        waiting = {each.organisation_id for each in await onboarding_queries.waiting(conn)}
        found, total = await queries.page_of_organisations(
            conn,
            who,
            first=waiting,
            also=await people.organisations_of(conn, who) if who else (),
            limit=PER,
            offset=wanted.offset,
        )
        apps = await queries.apps_of(conn, [each.id for each in found])
    return render(
        request,
        officer,
        "office/organisations.html",
        found=found,
        waiting=waiting,
        apps=apps,
        who=who,
        pages=wanted.pages(total),
    )


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show an organisation: its request for live access, its apps and its people."""
    return await _shown(request, officer)


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def approve(request: Request, officer: Officer) -> Response:
    """Let an organisation in: its live app is opened."""
    answer = text(await request.form(), "answer")
    async with platform_of(request).database.reading() as conn:
        organisation = await organisation_of(conn, id_of(request))
    vault = platform_of(request).vault
    refusal = await tried(request, onboarding.approve, vault, organisation.id, actor=officer.actor, answer=answer)
    return await _after(request, officer, refusal, "let_in")


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def give_back(request: Request, officer: Officer) -> Response:
    """Return a request with what is missing."""
    answer = text(await request.form(), "answer")
    async with platform_of(request).database.reading() as conn:
        organisation = await organisation_of(conn, id_of(request))
    vault = platform_of(request).vault
    refusal = await tried(request, onboarding.give_back, vault, organisation.id, actor=officer.actor, answer=answer)
    return await _after(request, officer, refusal, "given_back")


@page()
async def show_app(request: Request, officer: Officer) -> Response:
    """Show an app: balances, settings, corridors, keys."""
    return await _shown_app(request, officer)


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def change_setting(request: Request, officer: Officer) -> Response:
    """Set one switch of an app, as `bitpesa apps settings` does."""
    form = await request.form()
    name, value = text(form, "name"), text(form, "value")
    try:
        read = read_typed_setting(name, value)
    except Invalid as refusal:
        return await _shown_app(request, officer, sentence_of(refusal))
    return await _set(request, officer, {name: read})


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def set_corridor(request: Request, officer: Officer) -> Response:
    """Open or close a corridor for an app, or leave it as it is for everyone."""
    form = await request.form()
    type_, wanted = text(form, "corridor"), text(form, "wanted")
    if corridor(type_) is None or wanted not in (OPEN, CLOSED, COMMON):
        raise NotFound
    settings = (await app_named(request)).settings
    closed, opened = set(settings.closed_corridors) - {type_}, set(settings.open_corridors) - {type_}
    if wanted == CLOSED:
        closed.add(type_)
    if wanted == OPEN:
        opened.add(type_)
    return await _set(request, officer, {"closed_corridors": sorted(closed), "open_corridors": sorted(opened)})


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def shut_out(request: Request, officer: Officer) -> Response:
    """Shut an app out, or let it in again."""
    form = await request.form()
    become, reason = text(form, "become"), text(form, "reason") or None
    if become not in ("disabled", "enabled"):
        raise NotFound
    operation = operations.disable_app if become == "disabled" else operations.enable_app
    app = await app_named(request)

    async def work(work: Work) -> None:
        await operation(work, app.id)
        await note(work, officer, f"app.{become}", "App", app.id, app=app, reason=reason)

    return await _after_app(request, officer, await tried(request, work))


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def end_key(request: Request, officer: Officer) -> Response:
    """End a key for ever: its next request is refused."""
    key_id, reason = id_of(request), text(await request.form(), "reason") or None
    app = await app_named(request)
    if key_id is None:
        raise NotFound

    async def work(work: Work) -> None:
        key = await operations.revoke_key(work, app.id, key_id)
        await note(work, officer, "api_key.revoked", "ApiKey", key.id, app=app, reason=reason)

    return await _after_app(request, officer, await tried(request, work))


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def enable_key(request: Request, officer: Officer) -> Response:
    """Let a key work that waits for it."""
    async with platform_of(request).database.reading() as conn:
        app = await app_of(conn, request)
        keys = await queries.list_keys(conn, app.id)
    key = next((each for each in keys if each.id == id_of(request)), None)
    if key is None:
        raise NotFound

    async def work(work: Work) -> None:
        enabled = await operations.enable_key(work, key.key)
        await note(work, officer, "api_key.enabled", "ApiKey", enabled.id, app=app)

    return await _after_app(request, officer, await tried(request, work))


async def _set(request: Request, officer: Officer, changes: dict[str, Any]) -> Response:
    app = await app_named(request)

    async def work(work: Work) -> None:
        changed = await operations.change_settings(work, app.id, changes)
        before, after = ({name: _builtins(each.settings)[name] for name in changes} for each in (app, changed))
        await note(work, officer, "app.settings_changed", "App", app.id, app=app, before=before, after=after)

    return await _after_app(request, officer, await tried(request, work))


async def _after(request: Request, officer: Officer, refusal: str | None, done: str) -> Response:
    if refusal is not None:
        return await _shown(request, officer, refusal)
    return go(request, f"{PATH}/{id_of(request)}?done={done}")


async def _after_app(request: Request, officer: Officer, refusal: str | None) -> Response:
    if refusal is not None:
        return await _shown_app(request, officer, refusal)
    return go(request, f"{APPS}/{id_of(request, 'app_id')}?done=set")


async def _shown(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    async with platform_of(request).database.reading() as conn:
        organisation = await organisation_of(conn, id_of(request))
        apps = await queries.list_apps(conn, organisation.id)
        progress = await onboarding_queries.progress(conn, organisation.id)
        members = await people.list_members(conn, organisation.id)
    return render(
        request,
        officer,
        "office/organisation.html",
        status=200 if refusal is None else 422,
        organisation=organisation,
        apps=apps,
        progress=progress,
        checks=onboarding_rules.CHECKS,
        members=members,
        refusal=refusal,
        done=request.query_params.get("done"),
    )


async def _shown_app(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    async with platform_of(request).database.reading() as conn:
        app = await app_of(conn, request)
        organisation = await organisation_of(conn, app.organisation_id)
        keys = await queries.list_keys(conn, app.id)
        balances = await accounts.balances(conn, app.id)
        not_let_in = await api_logs.not_let_in(conn, app.id, limit=MAX_CALLS_SHOWN)
    return render(
        request,
        officer,
        "office/app.html",
        status=200 if refusal is None else 422,
        app=app,
        organisation=organisation,
        keys=keys,
        balances=balances,
        not_let_in=not_let_in,
        switches=_switches(app.settings),
        corridors=[(each, _standing(app, each.type)) for each in CORRIDORS],
        refusal=refusal,
        done=request.query_params.get("done"),
    )


def _standing(app: App, type_: str) -> str:
    """How a corridor stands for an app beside how it is for everyone."""
    if type_ in app.settings.closed_corridors:
        return CLOSED
    return OPEN if type_ in app.settings.open_corridors else COMMON


def _switches(settings: AppSettings) -> list[Switch]:
    hints, values = get_type_hints(AppSettings), _builtins(settings)
    return [
        Switch(name, value if isinstance(value, str) else msgspec.json.encode(value).decode(), _choices(hints[name]))
        for name, value in values.items()
        if name not in LISTS_OF_CORRIDORS
    ]


def _choices(hint: Any) -> tuple[str, ...]:
    """What a setting may be, where that can be listed."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    if hint is bool:
        return ("false", "true")
    return ("null", "false", "true") if hint == bool | None else ()


def _builtins(settings: AppSettings) -> dict[str, Any]:
    return dict(msgspec.to_builtins(settings))


ROUTES = [
    Route(PATH, list_all),
    Route(f"{PATH}/{{id}}", show),
    Route(f"{PATH}/{{id}}/approve", approve, methods=["POST"]),
    Route(f"{PATH}/{{id}}/return", give_back, methods=["POST"]),
    Route(f"{APPS}/{{app_id}}", show_app),
    Route(f"{APPS}/{{app_id}}/settings", change_setting, methods=["POST"]),
    Route(f"{APPS}/{{app_id}}/corridors", set_corridor, methods=["POST"]),
    Route(f"{APPS}/{{app_id}}/shut-out", shut_out, methods=["POST"]),
    Route(f"{APPS}/{{app_id}}/keys/{{id}}/revoke", end_key, methods=["POST"]),
    Route(f"{APPS}/{{app_id}}/keys/{{id}}/enable", enable_key, methods=["POST"]),
]
