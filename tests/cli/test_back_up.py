"""The two back-ups of `docs/back-up.md`, restored: the audit agrees, and everything is there."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bitpesa.embedded_postgres import Server, start_server
from bitpesa.embedded_postgres.binaries import find_binaries
from bitpesa.kernel.database.pool import open_database
from bitpesa.schema.migrate import migrate, require_current
from experiments.chaos.cluster import back_up
from tests.ops.world import World

LOGGED = {"wal_level": "replica", "max_wal_senders": "3"}
COUNTED = ("transactions", "recipients", "ledger_postings", "payin_receipts")


@pytest.fixture
def archive() -> Iterator[Path]:
    """Where the log is kept, segment by segment. PostgreSQL may run as somebody else than we do."""
    with tempfile.TemporaryDirectory(prefix="archive-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.fixture
def server(tmp_path: Path, archive: Path) -> Iterator[Server]:
    """A server that archives its log, as an operator's does."""
    archiving = {"archive_mode": "on", "archive_command": f"cp %p {archive}/%f"}
    with start_server(tmp_path / "original", settings=LOGGED | archiving) as server:
        asyncio.run(migrate(server.dsn))
        yield server


async def _fill(database_url: str) -> None:
    """One more app with everything in its books."""
    async with open_database(database_url) as database:
        world = World(database)
        await world.open()
        await world.fill()


async def _holds(database_url: str) -> dict[str, int]:
    """What is there, once the audit agrees and the schema is this release's."""
    await require_current(database_url)
    async with open_database(database_url) as database:
        assert (await World(database).audit()).disagreements == ()
        async with database.reading() as conn:
            return {table: await conn.fetchval(f"select count(*) from {table}") for table in COUNTED}  # noqa: S608 - ours


async def _execute(database_url: str, statement: str) -> None:
    conn = await asyncpg.connect(database_url)
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


def test_a_dump_is_restored_into_an_empty_database(server: Server, tmp_path: Path) -> None:
    asyncio.run(_fill(server.dsn))
    dump = tmp_path / "bitpesa.dump"
    _run("pg_dump", "--format=custom", f"--file={dump}", server.dsn)
    asyncio.run(_execute(server.dsn, "create database restored"))
    restored = server.dsn.replace("/bitpesa?", "/restored?")
    _run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={restored}", dump)
    before = asyncio.run(_holds(server.dsn))
    assert asyncio.run(_holds(restored)) == before
    assert min(before.values()) > 0


def test_a_base_backup_and_the_log_since_bring_back_the_last_moment(
    server: Server, tmp_path: Path, archive: Path
) -> None:
    asyncio.run(_fill(server.dsn))
    early = asyncio.run(_holds(server.dsn))
    cluster = back_up(server.dsn, tmp_path / "copy")
    asyncio.run(_fill(server.dsn))
    late = asyncio.run(_holds(server.dsn))
    assert all(late[table] > early[table] for table in COUNTED)
    asyncio.run(_execute(server.dsn, "select pg_switch_wal()"))
    server.stop()
    shutil.rmtree(tmp_path / "original")

    (cluster / "recovery.signal").touch()
    os.chown(cluster / "recovery.signal", cluster.stat().st_uid, cluster.stat().st_gid)
    # Nobody may look before the log was followed to its end.
    restoring = {"restore_command": f"cp {archive}/%f %p", "hot_standby": "off"}
    with start_server(tmp_path / "copy", settings=LOGGED | restoring) as restored:
        assert asyncio.run(_holds(restored.dsn)) == late


def _run(program: str, *arguments: str | Path) -> None:
    subprocess.run([find_binaries() / program, *arguments], check=True)
