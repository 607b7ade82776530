"""Deposits to the balances of clients and withdrawals from them; above an amount a second person confirms."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.clock import real_now
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.money.accounts import movements, queries, rules
from bitpesa.money.accounts.bank_entries import LooksRepeated
from bitpesa.money.accounts.model import Direction, Movement
from bitpesa.money.rates import queries as rates
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import app_named, app_of, id_of, names_of_apps, organisation_of, tried
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.paging import PER, asked
from bitpesa.wiring import second_person_after

PATH = "/office/balances"

FIELDS = ("direction", "amount", "currency", "bank_reference", "value_date", "reason")


@page()
async def list_waiting(request: Request, officer: Officer) -> Response:
    """List movements that wait for a second person."""
    return await _listed(request, officer)


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show the balances of an app, and how money is moved there."""
    return await _shown(request, officer, {})


@page(StaffRole.OPERATOR, fresh=True)
async def move(request: Request, officer: Officer) -> Response:
    """Move money, or propose to."""
    form = await request.form()
    above_usd = platform_of(request).settings.four_eyes_above_usd
    app, made, repeated = await app_named(request), list[Movement](), list[bool]()

    async def work(work: Work) -> None:
        reason = read_reason(text(form, "reason")) or ""
        today = (await real_now(work.conn)).date()
        line = rules.read_bank_line(text(form, "bank_reference"), text(form, "value_date"), today=today)
        amount = rules.read_amount(text(form, "amount"), text(form, "currency").strip().upper())
        mid = await rates.current_rates(work.conn, Decimal(0))
        try:
            movement = await movements.move(
                work,
                app,
                _direction(form),
                amount,
                actor=officer.actor,
                reason=reason,
                line=line,
                is_another=text(form, "is_another") == "yes",
                rates=mid,
                above_usd=above_usd,
            )
        except LooksRepeated:
            repeated[:] = [True]
            raise
        made[:] = [movement]

    refusal = await tried(request, work)
    if refusal is not None:
        return await _shown(request, officer, form, refusal, looks_repeated=bool(repeated))
    return go(request, f"{PATH}/{app.id}?done={'proposed' if made[0].needs_two else 'moved'}")


@page(StaffRole.OPERATOR, fresh=True)
async def confirm(request: Request, officer: Officer) -> Response:
    """Make a movement that somebody else proposed."""
    app = await app_named(request)
    within = second_person_after(platform_of(request).settings)
    refusal = await tried(
        request, movements.confirm, app, id_of(request), actor=officer.actor, second_person_after=within
    )
    return await _after(request, officer, app.id, refusal, "moved")


@page(StaffRole.OPERATOR, fresh=True)
async def refuse(request: Request, officer: Officer) -> Response:
    """Refuse a movement, or take one's own back."""
    reason = text(await request.form(), "reason")
    app = await app_named(request)
    refusal = await tried(request, movements.refuse, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app.id, refusal, "refused")


def _direction(form: FormData) -> Direction:
    wanted = text(form, "direction")
    if wanted not in list(Direction):
        raise NotFound
    return Direction(wanted)


async def _after(request: Request, officer: Officer, app_id: UUID, refusal: str | None, done: str) -> Response:
    if refusal is not None:
        return await _listed(request, officer, refusal)
    return go(request, f"{PATH}/{app_id}?done={done}")


async def _listed(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    wanted = asked(request, PATH)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.movements_waiting(conn, limit=PER, offset=wanted.offset)
        apps = {app.id: app for app in await organisations.find_apps(conn, {each.app_id for each in found})}
        names = await names_of_apps(conn, set(apps))
    return render(
        request,
        officer,
        "office/movements.html",
        status=200 if refusal is None else 422,
        found=found,
        names=names,
        apps=apps,
        pages=wanted.pages(total),
        refusal=refusal,
    )


async def _shown(
    request: Request,
    officer: Officer,
    form: FormData | dict[str, Any],
    refusal: str | None = None,
    *,
    looks_repeated: bool = False,
) -> Response:
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        app: App = await app_of(conn, request)
        organisation = await organisation_of(conn, app.organisation_id)
        balances = await queries.balances(conn, app.id)
        made, total = await queries.list_movements(conn, app.id, limit=PER, offset=wanted.offset)
    return render(
        request,
        officer,
        "office/balance.html",
        status=200 if refusal is None else 422,
        app=app,
        organisation=organisation,
        balances=balances,
        made=made,
        pages=wanted.pages(total),
        above_usd=platform_of(request).settings.four_eyes_above_usd,
        given={name: str(form.get(name) or "") for name in FIELDS},
        looks_repeated=looks_repeated,
        refusal=refusal,
        done=request.query_params.get("done"),
    )


ROUTES = [
    Route(PATH, list_waiting),
    Route(f"{PATH}/{{app_id}}", show),
    Route(f"{PATH}/{{app_id}}", move, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/confirm", confirm, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/refuse", refuse, methods=["POST"]),
]
