"""`bitpesa audit`: every balance and every state recomputed from the books."""

import typer

from bitpesa.cli.acting import As, acting
from bitpesa.cli.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.reports.audits import run_audit
from bitpesa.reports.model import AuditReport
from bitpesa.reports.rendering import render
from bitpesa.wiring import Platform


def run(
    who: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False
) -> None:
    """Recompute every balance and state from the books; exits with 1 when anything disagrees."""

    async def work(platform: Platform) -> AuditReport:
        report, _ = await run_audit(platform.database, acting(who))
        return report

    report = work_on(data, database_url, work)
    if as_json:
        say_json(report)
    else:
        say(render(report))
    if not report.agrees:
        raise typer.Exit(1)
