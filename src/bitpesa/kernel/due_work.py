"""Due work: rows whose time has come, claimed and done by one small loop (design decision 8).

Each noun says what is due in its `due.py`: a function that claims a batch, does it, and answers how many rows it
claimed. A claim is a conditional update with a lease: a process that dies loses nothing, since the row is due again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel.database import UNREACHABLE
from bitpesa.kernel.wakeups import Wakeups

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


async def do_each(topic: str, rows: Sequence[Row], act: Callable[[Row], Awaitable[bool]]) -> int:
    """Act on each row of a batch by itself; answers on how many there was something to do.

    A row that fails is logged and passed over: what is due behind it must not wait for somebody to mend it.
    """
    done = 0
    for row in rows:
        try:
            done += await act(row)
        except UNREACHABLE:
            raise
        except Exception:
            log.exception("due_work.row_failed", topic=topic, row=_ids(row))
    return done


def _ids(row: object) -> list[str]:
    """What tells a row from others, and nothing of what it says: it goes into a log."""
    values = msgspec.structs.astuple(row) if isinstance(row, msgspec.Struct) else row
    return [str(value) for value in values if isinstance(value, UUID)] if isinstance(values, Iterable) else []


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
