"""`bitpesa quarantine`: rows of due work that failed unexpectedly, and letting them be tried again."""

from typing import Annotated

import typer

from bitpesa.cli.staff_actions import As, Reason, note
from bitpesa.cli.terminal import say
from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.quarantine import Quarantined
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.wiring import Platform

MOST_SHOWN = 100

app = typer.Typer(help="Rows of due work that failed unexpectedly.", no_args_is_help=True)


@app.command("list")
def list_rows(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show rows that are left out for now, those that wait for staff first."""

    async def run(platform: Platform) -> list[Quarantined]:
        async with platform.database.reading() as conn:
            return await quarantine.listed(conn, MOST_SHOWN)

    for row in work_on(data, database_url, run):
        again = "waits for staff" if row.retry_at is None else f"tried again {row.retry_at:%Y-%m-%d %H:%M:%S}"
        say(f"{row.topic}  {row.key}  app {row.app_id}  failed {row.failures} times, {again}\n    {row.problem}")


@app.command()
def release(
    topic: Annotated[str, typer.Argument(help="The kind of work, as it is listed.")],
    key: Annotated[str, typer.Argument(help="The row, as it is listed.")],
    reason: Reason = None,
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Have a row tried again at once, as if it had never failed."""

    async def work(work: Work) -> None:
        if not await quarantine.release(work.conn, topic, key):
            raise CannotGoOn(f"there is no row {key} of {topic} in quarantine")
        await note(work, name, "quarantine.released", "due work", f"{topic} {key}", reason=reason)

    async def run(platform: Platform) -> None:
        await platform.database.run(work)

    work_on(data, database_url, run)
    say(f"{topic} {key} is tried again")
