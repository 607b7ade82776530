"""Databases as releases left them: made once, when a release is made, and migrated by every later one.

`python -m tests.schema.released` plays a little of everything on this checkout's schema and writes the whole database
as SQL to `tests/schema/released-NNNN.sql`, where NNNN is its newest step. A file is never made again.
"""

import asyncio
import random
import re
import subprocess
import tempfile
from pathlib import Path

import asyncpg

from bitpesa.embedded_postgres import start_server
from bitpesa.embedded_postgres.binaries import find_binaries
from bitpesa.schema.migrate import migrate, migrations
from experiments.chaos.flows import FLOWS
from experiments.chaos.journal import Journal
from tests.experiments.chaos.playing import caller_in
from tests.journeys.world import open_world

HERE = Path(__file__).parent
OPTIONS = ("--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", "--no-comments")

LOGS = ("webhook_logs", "api_logs", "kept_answers")
ROWS_OF_A_LOG = 4

# Commands of psql, comments, and settings that older servers do not know.
NOT_FOR_EVERY_SERVER = re.compile(r"^(\\.*|--.*|SET transaction_timeout.*|)\n", re.MULTILINE)


def released() -> list[Path]:
    """Every database that is kept."""
    return sorted(HERE.glob("released-*.sql"))


async def load(text: str, database_url: str) -> None:
    """Put a database as it was released into an empty one."""
    conn = await asyncpg.connect(database_url)
    try:
        await conn.execute(text)
    finally:
        await conn.close()


def dump(database_url: str) -> str:
    """The whole database as SQL that any client can run."""
    command = [find_binaries() / "pg_dump", *OPTIONS, database_url]
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return NOT_FOR_EVERY_SERVER.sub("", text)


async def _play(database_url: str, journal: Path) -> None:
    """Every flow once: paid, failed, pending, cancelled, collected, and some of it still under way."""
    await migrate(database_url)
    written = Journal(journal)
    async with open_world(database_url) as world, caller_in(world, written) as caller:
        for _, flow in FLOWS:
            async with world.working():
                await flow(caller, random.Random(5))
    written.close()
    await _shorten(database_url)


async def _shorten(database_url: str) -> None:
    """Keep a few rows of each log, which say the same again and again."""
    conn = await asyncpg.connect(database_url)
    try:
        for table in LOGS:
            few = f"select ctid from {table} limit {ROWS_OF_A_LOG}"  # noqa: S608 - ours
            await conn.execute(f"delete from {table} where ctid <> all (array({few}))")  # noqa: S608 - as above
    finally:
        await conn.close()


def main() -> None:
    """Write the database of this checkout's schema."""
    with tempfile.TemporaryDirectory() as name, start_server(Path(name) / "data") as server:
        asyncio.run(_play(server.dsn, Path(name) / "journal"))
        path = HERE / f"released-{migrations()[-1].number:04}.sql"
        path.write_text(dump(server.dsn), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
