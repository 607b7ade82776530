"""`bitpesa doctor`: whether the database is well, and what a person has to do where it is not."""

from datetime import UTC, datetime

import asyncpg
import typer

from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.ops.health.model import HealthReport
from bitpesa.ops.health.queries import examine
from bitpesa.ops.health.rendering import render
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, database_at, run_async


def run(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """Look for what makes a database slow or unsafe; exits with 1 when something needs a person."""
    with database_at(data, database_url) as place:
        report = run_async(_examine(place.database_url))
    if as_json:
        say_json(report)
    else:
        say(render(report))
    if report.needs_a_person:
        raise typer.Exit(1)


async def _examine(database_url: str) -> HealthReport:
    """Examine on a connection of its own, whatever the schema: that it is too old is one of the things to be told."""
    conn = await asyncpg.connect(database_url, server_settings={"application_name": "bitpesa doctor"})
    try:
        return await examine(conn, lambda: datetime.now(UTC))
    finally:
        await conn.close()
