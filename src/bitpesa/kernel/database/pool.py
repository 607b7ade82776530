"""The database as edges hold it: a pool, and pieces of work that are one transaction each (design decision 6).

A piece of work that is asked for often, and hardly ever refused, first tries to get by with a sheet: it reads without
locks, writes in one statement, and shares that statement and its commit with others. Whatever it cannot do that way, or
is refused, is done again from the start in a transaction of its own, with locks, and only that one says no.
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import asyncpg

from bitpesa.kernel.database.notifications import Wakeups
from bitpesa.kernel.database.statements import Connection, Statement
from bitpesa.kernel.database.undecodable import set_codecs
from bitpesa.kernel.database.write_batch import Fields, Hear, Memory, Scribe, Sheet, write
from bitpesa.kernel.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

TRIES_AFTER_DEADLOCK = 5
SECONDS_TO_CLOSE = 20.0

SCRIBES_HANDS = 1
"""How many statements that write sheets a process has under way: while one waits for the disk, others gather."""

SECONDS_ALONE = 1.0
"""How long those whose sheet was rightly refused go without: what others write with them is written twice."""
MOST_ALONE = 10_000

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


class NeedsTransaction(Exception):
    """What this work has to do cannot be done on a sheet: it is begun anew in a transaction."""

    was_refused = False
    """Whether its sheet was handed to the database, which refused it."""


class SheetRefused(NeedsTransaction):
    """The database refused a sheet: something that it rested on was not so, or is no more."""

    was_refused = True


class Work:
    """One database transaction in progress, or a sheet that will be one; and whom to wake once it is committed."""

    def __init__(self, reading: Connection, sheet: Sheet | None = None) -> None:
        self.reading = reading
        """For statements that change and lock nothing."""
        self.sheet = sheet
        self.topics: set[str] = set()

    @property
    def conn(self) -> Connection:
        """The connection of the transaction. Raises NeedsTransaction on a sheet."""
        if self.sheet is not None:
            raise NeedsTransaction
        return self.reading

    async def write(self, *parts: tuple[Statement, Sequence[Fields]], hear: Hear | None = None) -> None:
        """Write rows that are all to be written, for statements which answer one row for each.

        At once, or with everything else on the sheet. `hear` is told what the first statement answered. Raises
        SerializationError when fewer rows were written.
        """
        sheet = Sheet() if self.sheet is None else self.sheet
        for number, (statement, rows) in enumerate(parts):
            sheet.add(statement, rows, hear if number == 0 else None)
        if self.sheet is None:
            await write(self.conn, [sheet])

    def wake(self, topic: str) -> None:
        """Ask that whoever does the due work of this topic is woken after the commit."""
        self.topics.add(topic)


class Database:
    """A pool of connections, and how an edge uses it: `run` and `run_on_sheet` to change things, `reading` to look."""

    def __init__(self, pool: asyncpg.Pool, wakeups: Wakeups) -> None:
        self.pool = pool
        self.wakeups = wakeups
        self._memory = Memory()
        self._scribe = Scribe(pool, hands=SCRIBES_HANDS, unreachable=UNREACHABLE)
        self._alone: OrderedDict[UUID, float] = OrderedDict()

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

    async def run_on_sheet(
        self,
        whose: UUID,
        operation: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run an operation of an app on a sheet, and in a transaction where that does not do."""
        try:
            return await self.try_on_sheet(whose, operation, *args, **kwargs)
        except NeedsTransaction as need:
            why = need
        return await self.run_after_sheet(whose, why, operation, *args, **kwargs)

    async def try_on_sheet(
        self,
        whose: UUID,
        operation: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run an operation of an app on a sheet, or not at all. Raises NeedsTransaction: surely nothing was written.

        Whoever is refused on a sheet is to be judged anew: it rests on what was read without locks, or remembered.
        """
        if self._is_alone(whose):
            raise NeedsTransaction
        sheet = Sheet(self._memory)
        work = Work(self.pool, sheet)
        try:
            answer = await operation(work, *args, **kwargs)
            await self._scribe.write(sheet)
        except (Problem, Overtaken) as problem:
            sheet.forget()
            raise NeedsTransaction from problem
        except UNREACHABLE:  # nobody knows whether it was written
            raise
        except asyncpg.PostgresError as refusal:
            sheet.forget()
            raise SheetRefused from refusal
        self.wakeups.wake(work.topics)
        return answer

    async def run_after_sheet(
        self,
        whose: UUID,
        why: NeedsTransaction,
        operation: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run in a transaction what a sheet did not do. Who is refused there too goes without sheets for a while."""
        try:
            return await self.run(operation, *args, **kwargs)
        except (Problem, asyncpg.PostgresError):
            if why.was_refused:
                self._leave_alone(whose)
            raise

    def _is_alone(self, whose: UUID) -> bool:
        until = self._alone.get(whose)
        return until is not None and time.monotonic() < until

    def _leave_alone(self, whose: UUID) -> None:
        self._alone[whose] = time.monotonic() + SECONDS_ALONE
        self._alone.move_to_end(whose)
        if len(self._alone) > MOST_ALONE:
            self._alone.popitem(last=False)


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
        await set_codecs(conn)
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


async def _nothing_to_reset(_conn: Any) -> None:
    """Spare the round trip of asyncpg's reset: nothing here leaves session state behind (design decision 3)."""
