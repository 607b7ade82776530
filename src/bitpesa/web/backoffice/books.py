"""The books: a trial balance, the statement of an account, audits with what they found, and the export for hledger."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.problems import NotFound
from bitpesa.money.ledger.model import AccountKind
from bitpesa.ops.bookkeeping import integrity_runs
from bitpesa.ops.bookkeeping.hledger import export_hledger
from bitpesa.ops.bookkeeping.rendering import ACCOUNTS
from bitpesa.ops.bookkeeping.trial_balance import statement, trial_balance
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.environments import ENVIRONMENTS, main_environment, read_environment
from bitpesa.tenants.organisations.model import App, Environment
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import app_of, id_of, names_of, note, organisation_of
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of, safe_headers
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.paging import PER, asked

PATH = "/office/books"
AUDITS = f"{PATH}/audits"


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show the trial balance of all apps of one environment together."""
    return await _shown(request, officer, None)


@page()
async def show_app(request: Request, officer: Officer) -> Response:
    """Show the trial balance of one app."""
    async with platform_of(request).database.reading() as conn:
        app = await app_of(conn, request)
    return await _shown(request, officer, app)


@page()
async def show_account(request: Request, officer: Officer) -> Response:
    """Show the statement of one account of an app."""
    kind, code = request.path_params["kind"], request.path_params["currency"]
    if kind not in list(AccountKind):
        raise NotFound
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        app = await app_of(conn, request)
        organisation = await organisation_of(conn, app.organisation_id)
        entries, total = await statement(conn, app.id, AccountKind(kind), code, limit=PER, offset=wanted.offset)
    return render(
        request,
        officer,
        "office/account.html",
        app=app,
        organisation=organisation,
        kind=kind,
        code=code,
        entries=entries,
        pages=wanted.pages(total),
    )


@page(StaffRole.OPERATOR)
async def run_audit(request: Request, officer: Officer) -> Response:
    """Recompute every balance and state from the books, as `bitpesa audit` does, and keep what was found."""
    _, audit_id = await integrity_runs.run_audit(platform_of(request).database, officer.actor)
    return go(request, f"{AUDITS}/{audit_id}")


@page()
async def show_audits(request: Request, officer: Officer) -> Response:
    """List the audits that were run, here and at the terminal."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await integrity_runs.list_audits(conn, limit=PER, offset=wanted.offset)
    return render(request, officer, "office/audits.html", found=found, pages=wanted.pages(total))


@page()
async def show_audit(request: Request, officer: Officer) -> Response:
    """Show what an audit found."""
    async with platform_of(request).database.reading() as conn:
        audit, report = await integrity_runs.find_audit(conn, id_of(request))
    figures = [(each, report.figures[each]) for each in ENVIRONMENTS if each in report.figures]
    return render(request, officer, "office/audit.html", audit=audit, report=report, figures=figures, kinds=ACCOUNTS)


@page(StaffRole.OPERATOR)
async def export(request: Request, officer: Officer) -> Response:
    """The ledger of one environment as a journal for hledger, as `bitpesa export` writes it."""
    platform = platform_of(request)

    environment = await _environment(platform.database, text(await request.form(), "environment"))

    async def write_down(work: Work) -> None:
        await note(work, officer, "books.exported", "Books", environment, app=None)

    await platform.database.run(write_down)
    name = f"bitpesa-{environment}-{datetime.now(UTC):%Y-%m-%d}.journal"
    headers = {**safe_headers(platform.settings), "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(
        _journal(platform.database, environment), media_type="text/plain; charset=utf-8", headers=headers
    )


async def _environment(database: Database, named: str | None) -> Environment:
    """The environment whose figures are asked for; the main one unless another is named. Raises NotFound."""
    if named:
        chosen = read_environment(named)
        if chosen is None:
            raise NotFound
        return chosen
    async with database.reading() as conn:
        return await main_environment(conn)


async def _journal(database: Database, environment: Environment) -> AsyncIterator[str]:
    async with database.reading() as conn, aclosing(export_hledger(conn, environment)) as journal:  # type: ignore[type-var]
        async for piece in journal:
            yield piece


async def _shown(request: Request, officer: Officer, app: App | None) -> Response:
    wanted, app_id = asked(request), None if app is None else app.id
    who, database = wanted.text("who"), platform_of(request).database
    environment = app.environment if app else await _environment(database, wanted.text("environment"))
    async with database.reading() as conn:
        lines = await trial_balance(conn, environment, app_id)
        organisation = None if app is None else await organisation_of(conn, app.organisation_id)
        apps, total = await organisations.page_of_apps(conn, who, limit=PER, offset=wanted.offset)
        names = await names_of(conn, apps)
        last, _ = await integrity_runs.list_audits(conn, limit=1)
    currencies = sorted({line.currency for line in lines})
    kinds = [kind for kind in AccountKind if any(line.kind == kind for line in lines)]
    by_place = {(line.currency, line.kind): line.balance_minor for line in lines}
    totals = {code: sum(line.balance_minor for line in lines if line.currency == code) for code in currencies}
    return render(
        request,
        officer,
        "office/books.html",
        app=app,
        environment=environment,
        environments=ENVIRONMENTS,
        organisation=organisation,
        apps=apps,
        names=names,
        currencies=currencies,
        kinds=kinds,
        balances=by_place,
        totals=totals,
        last=last[0] if last else None,
        who=who,
        pages=wanted.pages(total),
    )


ROUTES = [
    Route(PATH, show),
    Route(f"{PATH}/audit", run_audit, methods=["POST"]),
    Route(f"{PATH}/export", export, methods=["POST"]),
    Route(AUDITS, show_audits),
    Route(f"{AUDITS}/{{id}}", show_audit),
    Route(f"{PATH}/{{app_id}}", show_app),
    Route(f"{PATH}/{{app_id}}/{{kind}}/{{currency}}", show_account),
]
