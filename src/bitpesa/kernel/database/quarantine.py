"""Quarantine: rows of due work that failed unexpectedly are left out for a while, so that others go on.

A row fails alone, whatever is wrong with it: that it cannot be read, or that the work on it raises. It is logged by its
id, tried again with growing delays, and left to staff once it failed too often.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.database.undecodable import UnreadableRows, read_apart
from bitpesa.kernel.observability.metrics import counter

P = ParamSpec("P")
T = TypeVar("T")

DELAYS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 3600, 7200, 14400))
"""The waits before a row is tried again; one that fails once more waits for staff."""

FORGOTTEN_AFTER = timedelta(days=1)
"""Longer than the longest wait: what did not fail again since has succeeded."""

LONGEST_PROBLEM = 500

_sql = load(__package__, "quarantine.sql")

log = structlog.get_logger()

QUARANTINED = counter("quarantined_rows", "Rows of due work that failed unexpectedly, by kind of work.", "topic")


class Failure(msgspec.Struct, frozen=True):
    """A row that failed: what its claim calls it, whose it is, and what went wrong."""

    key: str
    app_id: UUID | None
    problem: BaseException


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A row in quarantine. `retry_at`: when it is tried again; None while it waits for staff."""

    topic: str
    key: str
    app_id: UUID | None
    failures: int
    problem: str
    first_failed_at: datetime
    failed_at: datetime
    retry_at: datetime | None


async def claim(
    database: Database,
    topic: str,
    operation: Callable[Concatenate[Work, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run an operation that claims rows of many apps; rows that cannot be read are put in quarantine, the rest claimed.

    The operation reads what it claims with `undecodable.read_all`, before it does anything else.
    """
    while True:
        try:
            return await database.run(operation, *args, **kwargs)
        except UnreadableRows as unreadable:
            if not await _put_aside_unreadable(database, topic, unreadable):
                raise


async def put(database: Database, topic: str, failures: Sequence[Failure]) -> None:
    """Leave rows out of the claims of a topic until they are tried again. Each is logged."""
    if not failures:
        return
    async with database.reading() as conn:
        rows = await _sql.quarantine.rows(
            conn,
            topic,
            [each.key for each in failures],
            [each.app_id for each in failures],
            [repr(each.problem)[:LONGEST_PROBLEM].replace("\x00", "") for each in failures],
            list(DELAYS),
        )
    QUARANTINED.labels(topic).inc(len(failures))
    known = {row["key"]: row for row in rows}
    for each in failures:
        row = known[each.key]
        log.error(
            "due_work.row_failed",
            topic=topic,
            row=each.key,
            app_id=None if each.app_id is None else str(each.app_id),
            failures=row["failures"],
            waits_for_staff=row["waits_for_staff"],
            exc_info=each.problem,
        )


async def listed(conn: Connection, limit: int = 100) -> list[Quarantined]:
    """Rows in quarantine, those that wait for staff first."""
    return [Quarantined(**row) for row in await _sql.quarantined_rows.rows(conn, limit)]


async def release(conn: Connection, topic: str, key: str) -> bool:
    """Have a row tried again at once, as if it had never failed; False when it is not in quarantine."""
    return await _sql.release_quarantined.run(conn, topic, key) > 0


async def forget(database: Database) -> int:
    """Forget rows that did not fail again after they were tried; answers how many."""
    async with database.reading() as conn:
        return await _sql.forget_quarantined.run(conn, FORGOTTEN_AFTER)


async def _put_aside_unreadable(database: Database, topic: str, unreadable: UnreadableRows) -> bool:
    """Put the rows that cannot be read in quarantine; whether there are any. What the look claims is undone."""
    async with database.reading() as conn:
        looking = conn.transaction()
        await looking.start()
        try:
            apart = await read_apart(conn, unreadable)
        finally:
            await looking.rollback()
    await put(database, topic, [Failure(_key_of(row), row.get("app_id"), why) for row, why in apart.unreadable])
    return bool(apart.unreadable)


def _key_of(row: Row) -> str:
    return str(row.get("delivery_id") or row["id"])
