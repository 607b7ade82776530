"""A real PostgreSQL for every test that wants one: migrated once, cloned per test."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from bitpesa.kernel.database import Database, open_database
from bitpesa.schema.migrate import migrate


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running server: the one named by BITPESA_TEST_DATABASE_URL, or an embedded one of our own."""
    given = os.environ.get("BITPESA_TEST_DATABASE_URL")
    if given:
        yield given
        return
    from bitpesa.kernel.embedded_postgres import start_server

    data: Path = tmp_path_factory.mktemp("postgres")
    server = start_server(data, settings={"fsync": "off", "max_connections": "300"})
    try:
        yield server.dsn
    finally:
        server.stop()


@pytest.fixture(scope="session")
def database_url(server_url: str) -> str:
    """The URL of a migrated database that nobody writes to: clones are made from it."""
    name = f"template_{uuid.uuid4().hex}"
    _execute(server_url, f'create database "{name}"')
    url = _with_database(server_url, name)
    asyncio.run(migrate(url))
    return url


@pytest.fixture
def fresh_database_url(server_url: str, database_url: str) -> Iterator[str]:
    """The URL of a migrated, empty database of this test alone."""
    with cloned(server_url, database_url) as url:
        yield url


@contextmanager
def cloned(server_url: str, database_url: str) -> Iterator[str]:
    """The URL of a copy of a database, there as long as the block runs."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(server_url, f'create database "{name}" template "{_database_of(database_url)}"')
    yield _with_database(server_url, name)
    _execute(server_url, f'drop database "{name}" with (force)')


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    """A pool on a fresh database."""
    async with open_database(fresh_database_url) as database:
        yield database


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
