"""`bitpesa audit`: every balance and every state recomputed from the books."""

import msgspec
import typer

from bitpesa.cli.app_option import OfEnvironment, chosen_environment
from bitpesa.cli.staff_actions import As, acting
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.ops.bookkeeping.integrity_runs import run_audit
from bitpesa.ops.bookkeeping.model import AuditReport
from bitpesa.ops.bookkeeping.rendering import render
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.tenants.organisations.model import Environment
from bitpesa.wiring import Platform


def run(
    who: As = None,
    environment: OfEnvironment = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Recompute every balance and state from the books; exits with 1 when anything disagrees, in either environment.

    The figures shown are those of one environment; as JSON they come for each.
    """

    async def work(platform: Platform) -> tuple[AuditReport, Environment]:
        async with platform.database.reading() as conn:
            chosen = await chosen_environment(conn, environment)
        report, _ = await run_audit(platform.database, acting(who))
        return report, chosen

    report, chosen = work_on(data, database_url, work)
    if as_json:
        wanted = report.figures if environment is None else {chosen: report.figures[chosen]}
        say_json(msgspec.structs.replace(report, figures=wanted))
    else:
        say(render(report, chosen))
    if not report.agrees:
        raise typer.Exit(1)
