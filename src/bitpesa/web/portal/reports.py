"""The reports of an app: the files that were made, to download, and any other period made when it is asked for."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.problems import Invalid
from bitpesa.ops.reports import operations, queries
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.paths import name_of
from bitpesa.ops.reports.period import Cadence, Period, period_at, read_period
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import go, platform_of, safe_headers
from bitpesa.web.kit.paging import PER, asked
from bitpesa.web.kit.refusals import Problems, problems_of
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.guards import PLACE, Visitor, render

PATH = "/reports"

TYPES = [
    (ReportType.TRANSACTION.value, "Transactions: a row for each payout"),
    (ReportType.ACCOUNT.value, "Account: a row for each entry in your balances"),
]


@app_page()
async def list_all(request: Request, visitor: Visitor, app: App) -> Response:
    """List the files, newest period first."""
    return await _list(request, visitor, app)


@app_page()
async def make(request: Request, visitor: Visitor, app: App) -> Response:
    """Make the report of a month or a day now, as far as it has come."""
    form = await request.form()
    period = _period(str(form.get("period", "")).strip())
    type_ = form.get("type")
    if period is None or type_ not in set(ReportType):
        return await _list(request, visitor, app, {"period": ["Write a month as 2026-03, or a day as 2026-03-14"]})
    try:
        await platform_of(request).database.run(operations.make, app.id, ReportType(str(type_)), period)
    except Invalid as refusal:
        return await _list(request, visitor, app, problems_of(refusal))
    return go(request, visitor.to(f"{PATH}?made={period.name}"))


@app_page()
async def download(request: Request, _visitor: Visitor, app: App) -> Response:
    """Send a file of the app."""
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        path = await queries.find_own(conn, app, f"{name_of(app.environment)}/{app.id}/{request.path_params['rest']}")
        report = await queries.find(conn, path)
    headers = {
        **safe_headers(platform.settings),
        "Content-Disposition": f'attachment; filename="{path.file_name}"',
        "Content-Length": str(report.size_bytes),
    }
    content = queries.pieces(platform.database, report)
    return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)


async def _list(request: Request, visitor: Visitor, app: App, problems: Problems | None = None) -> Response:
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        paths = await queries.list_paths(conn, app)
        now = await clock.now(conn, app.id)
    newest = sorted(paths, key=lambda path: (path.period.ends_at, path.period.cadence, path.type), reverse=True)
    return render(
        request,
        visitor,
        "reports.html",
        status=422 if problems else 200,
        paths=newest[wanted.offset : wanted.offset + PER],
        pages=wanted.pages(len(newest)),
        types=TYPES,
        this_month=period_at(Cadence.MONTHLY, now).name,
        problems=problems or {},
        made=request.query_params.get("made"),
    )


def _period(text: str) -> Period | None:
    for cadence in Cadence:
        try:
            return read_period(cadence, text)
        except ValueError:
            continue
    return None


ROUTES = [
    Route(PLACE + PATH, list_all),
    Route(PLACE + PATH, make, methods=["POST"]),
    Route(f"{PLACE}{PATH}/{{rest:path}}", download),
]
