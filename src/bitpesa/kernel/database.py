"""The database as edges hold it: a pool, and pieces of work that are one transaction each (design decision 6)."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg

from bitpesa.kernel import json
from bitpesa.kernel.statements import Connection
from bitpesa.kernel.wakeups import Wakeups

P = ParamSpec("P")
T = TypeVar("T")

TRIES_AFTER_DEADLOCK = 5
SECONDS_TO_CLOSE = 20.0

# Losing the connection in the middle of a transaction shows as an InterfaceError of its clean-up, in the middle of a
# statement at times as an InternalClientError. A server out of room (a full disk, no memory, no connection left) is as
# good as away: clients are told to look up and try again, and workers wait.
UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""What is raised while the database is away: nothing is wrong with the work, and it can be tried again later."""


class Overtaken(Exception):
    """Others were faster and changed what this work relied on: it is rolled back and run again."""


class Work:
    """One database transaction in progress, and whom to wake once it is committed."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.topics: set[str] = set()

    def wake(self, topic: str) -> None:
        """Ask that whoever does the due work of this topic is woken after the commit."""
        self.topics.add(topic)


class Database:
    """A pool of connections, and the two ways an edge uses it: `run` to change things, `reading` to look."""

    def __init__(self, pool: asyncpg.Pool, wakeups: Wakeups) -> None:
        self.pool = pool
        self.wakeups = wakeups

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Borrow a connection for statements that change nothing, or that stand alone."""
        async with self.pool.acquire() as conn:
            yield conn

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Do one piece of work in one transaction: commit when the block ends, wake others after the commit."""
        async with self.pool.acquire() as conn:
            work = Work(conn)
            async with conn.transaction():
                yield work
        self.wakeups.wake(work.topics)

    async def run(
        self, operation: Callable[Concatenate[Work, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation as one transaction; again when it was overtaken, or refused to break a deadlock."""
        for attempt in range(1, TRIES_AFTER_DEADLOCK + 1):
            try:
                async with self.work() as work:
                    return await operation(work, *args, **kwargs)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, Overtaken):
                if attempt == TRIES_AFTER_DEADLOCK:
                    raise
                await asyncio.sleep(random.uniform(0, 0.01 * attempt))  # noqa: S311 - spreads retries, guards nothing
        raise AssertionError("the loop returns or raises")


@asynccontextmanager
async def open_database(
    url: str,
    *,
    wakeups: Wakeups | None = None,
    connections: int = 10,
    on_statement: Callable[[Any], None] | None = None,
) -> AsyncIterator[Database]:
    """Open the pool of a process and close it at the end. `on_statement` is told of each statement after it ran."""

    async def prepare(conn: asyncpg.Connection) -> None:
        await _prepare_connection(conn)
        if on_statement is not None:
            conn.add_query_logger(on_statement)

    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=connections,
        init=prepare,
        reset=_nothing_to_reset,
        server_settings={"application_name": "bitpesa", "timezone": "UTC"},
    )
    try:
        yield Database(pool, wakeups or Wakeups())
    finally:
        async with asyncio.timeout(SECONDS_TO_CLOSE):
            await pool.close()


async def _prepare_connection(conn: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await conn.set_type_codec(name, encoder=json.encode_text, decoder=json.decode, schema="pg_catalog")


async def _nothing_to_reset(_conn: Any) -> None:
    """Spare the round trip of asyncpg's reset: nothing here leaves session state behind (design decision 3)."""
