"""A real PostgreSQL for every test that wants one: migrated once, cloned per test."""

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from bitpesa.kernel.database.pool import Database, open_database
from bitpesa.schema.migrate import migrate
from tests.programs import missing

ROOM_BYTES = 2 * 1024**3

# No test judges by time: a busy machine makes nothing false.
settings.register_profile("bitpesa", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bitpesa")


def pytest_report_header() -> list[str]:
    """Say before the first test which tests will be skipped, and what lets them run."""
    absent = missing()
    return (
        [f"not installed, so a few tests are skipped: {', '.join(absent)} (`apt-get install` has them)"]
        if absent
        else []
    )


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A running server: the one named by BITPESA_TEST_DATABASE_URL, or an embedded one of our own."""
    given = os.environ.get("BITPESA_TEST_DATABASE_URL")
    if given:
        yield given
        return
    from bitpesa.embedded_postgres import start_server

    with (
        tempfile.TemporaryDirectory(prefix="bitpesa-tests-", dir=_in_memory()) as data,
        start_server(Path(data), settings={"fsync": "off", "max_connections": "300"}) as server,
    ):
        yield server.dsn


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """The URL of a migrated database that nobody writes to: clones are made from it."""
    name = f"template_{uuid.uuid4().hex}"
    _execute(server_url, f'create database "{name}"')
    url = _with_database(server_url, name)
    asyncio.run(migrate(url))
    yield url
    _execute(server_url, f'drop database "{name}" with (force)')


@pytest.fixture
def fresh_database_url(server_url: str, database_url: str) -> Iterator[str]:
    """The URL of a migrated, empty database of this test alone."""
    with cloned(server_url, database_url) as url:
        yield url


@contextmanager
def cloned(server_url: str, database_url: str) -> Iterator[str]:
    """The URL of a copy of a database, there as long as the block runs."""
    name = f"test_{uuid.uuid4().hex}"
    # Copied as files rather than through the log: six times faster, and nobody here needs the copy after a crash.
    _execute(server_url, f'create database "{name}" template "{_database_of(database_url)}" strategy file_copy')
    yield _with_database(server_url, name)
    _execute(server_url, f'drop database "{name}" with (force)')


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    """A pool on a fresh database."""
    async with open_database(fresh_database_url) as database:
        yield database


def _in_memory() -> Path | None:
    """A directory in memory with room for the databases of the tests, where there is one: they are many, and short."""
    memory = Path("/dev/shm")  # noqa: S108 - a directory of a random name is made in it
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES
    return memory if has_room else None


def _execute(url: str, statement: str) -> None:
    async def run() -> None:
        conn = await asyncpg.connect(url)
        try:
            await conn.execute(statement)
        finally:
            await conn.close()

    asyncio.run(run())


def _with_database(url: str, name: str) -> str:
    """The same server, another database; asyncpg lets the query string override the path."""
    head, _, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    authority = rest.partition("/")[0]
    return f"{scheme}://{authority}/{name}" + (f"?{query}" if query else "")


def _database_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
