"""`bitpesa report`: a report of any month or day, made now."""

from pathlib import Path
from typing import Annotated

import typer

from bitpesa.cli.app_option import chosen_app
from bitpesa.cli.keys import AppId
from bitpesa.cli.terminal import say
from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid
from bitpesa.ops.reports import operations, queries
from bitpesa.ops.reports.model import Report, ReportType
from bitpesa.ops.reports.period import Cadence, Period, period_at, read_period
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import Platform


def run(
    type_: Annotated[ReportType, typer.Argument(metavar="TYPE", help="transaction or account")],
    month: Annotated[str | None, typer.Option("--month", help="Such as 2026-03; without it, the last month.")] = None,
    day: Annotated[str | None, typer.Option("--day", help="Such as 2026-03-14, in place of a month.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Also write the file here.")] = None,
    app_id: AppId = None,
    environment: Annotated[
        str | None, typer.Option("--environment", help="live or sandbox: the app is refused when it is of the other.")
    ] = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a report of one app now, in place of the one there was; the app finds it among its reports.

    It is of the environment of the app, which is the first part of its name.
    """
    asked = _asked_for(month, day)

    async def make(work: Work) -> tuple[App, Report]:
        app = await chosen_app(work.conn, app_id, environment)
        period = asked or period_at(Cadence.MONTHLY, await clock.now(work.conn, app.id)).previous
        try:
            return app, await operations.make(work, app.id, type_, period)
        except Invalid:
            raise CannotGoOn(f"{period.name} has not begun for this app") from None

    async def run(platform: Platform) -> str:
        app, report = await platform.database.run(make)
        if output is not None:
            await _write(platform, report, output)
        return f"{queries.path_of(app, report)}  {report.rows} rows, {report.size_bytes} bytes"

    say(work_on(data, database_url, run))


def _asked_for(month: str | None, day: str | None) -> Period | None:
    """The period that was named, if one was. Raises CannotGoOn."""
    if month is not None and day is not None:
        raise CannotGoOn("name a month or a day, not both")
    cadence, name = (Cadence.DAILY, day) if day is not None else (Cadence.MONTHLY, month)
    if name is None:
        return None
    try:
        return read_period(cadence, name)
    except ValueError:
        example = "2026-03-14" if cadence is Cadence.DAILY else "2026-03"
        raise CannotGoOn(f"{name} is not written like {example}") from None


async def _write(platform: Platform, report: Report, output: Path) -> None:
    try:
        with output.open("wb") as file:
            async for content in queries.pieces(platform.database, report):
                file.write(content)
    except OSError as problem:
        raise CannotGoOn(f"cannot write {output}: {problem.strerror}") from problem
