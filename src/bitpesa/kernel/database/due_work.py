"""Due work: rows whose time has come, claimed and done by one small loop (design decision 8).

Each noun says what is due in its `due.py`: a function that claims a batch, does it, and answers how many rows it
claimed. A claim is a conditional update with a lease: a process that dies loses nothing, since the row is due again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.notifications import Wakeups
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.database.quarantine import Failure

log = structlog.get_logger()

Row = TypeVar("Row")


class DueWork(msgspec.Struct, frozen=True):
    """A kind of due work: the topic that wakes it and the function that does one batch of it."""

    topic: str
    do_batch: Callable[[], Awaitable[int]]
    poll_seconds: float = 1.0
    pause_after_failure_seconds: float = 1.0


async def keep_doing(work: DueWork, wakeups: Wakeups) -> None:
    """Do batches while there are any, then sleep until woken or until the next poll. Runs until cancelled."""
    while True:
        if not await _do_batch(work):
            await wakeups.wait(work.topic, work.poll_seconds)


async def do_each(
    database: Database,
    topic: str,
    rows: Sequence[Row],
    act: Callable[[Row], Awaitable[bool]],
    *,
    failure: Callable[[Row, Exception], Failure],
) -> int:
    """Act on each row of a batch by itself; answers on how many there was something to do.

    A row that fails is put in quarantine, as the `failure` that it is: what is due behind it must not wait for somebody
    to mend it.
    """
    done = 0
    for row in rows:
        try:
            done += await act(row)
        except UNREACHABLE:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
            await quarantine.put(database, topic, [failure(row, problem)])
    return done


def failure_of_pair(row: tuple[UUID, Any], problem: Exception) -> Failure:
    """The failure of a row that is named by its app and its id."""
    app_id, key = row
    return Failure(str(key), app_id, problem)


async def _do_batch(work: DueWork) -> bool:
    """Do one batch, and tell whether to look for another at once.

    A failure is logged and waited out, since the loop must outlive every one of its batches.
    """
    try:
        return await work.do_batch() > 0
    except UNREACHABLE as problem:
        log.warning("due_work.database_unreachable", topic=work.topic, problem=repr(problem))
    except Exception:
        log.exception("due_work.failed", topic=work.topic)
    await asyncio.sleep(work.pause_after_failure_seconds)
    return True
