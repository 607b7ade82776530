"""The counter of a process: it counts at once in memory, and every now and then adds what is new in the database.

Adding answers the counts of all processes together, so that each knows what the others counted until then. That is as
exact as a limit has to be that marks and hardly ever refuses, and costs a request nothing.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog

from bitpesa.api_support.soft_limits import store
from bitpesa.api_support.soft_limits.model import Counted, Window
from bitpesa.kernel.database.pool import UNREACHABLE, Database

MOST_REMEMBERED = 50_000
COUNTS_AT_A_TIME = 1000

log = structlog.get_logger()


class _Count(msgspec.Struct):
    """What was counted by everybody when it was last written, and by this process since."""

    known: int = 0
    fresh: int = 0


class Counter:
    """The counts that this process remembers, those that were not used for longest first."""

    def __init__(self, database: Database, *, most_remembered: int = MOST_REMEMBERED) -> None:
        self._database = database
        self._most_remembered = most_remembered
        self._counts: OrderedDict[Counted, _Count] = OrderedDict()
        self._unwritten: set[Counted] = set()
        self._writing = asyncio.Lock()

    def count(self, app_id: UUID, window: Window) -> int:
        """Count a call; answers the how-manieth of its window it is, as far as this process knows."""
        counted = Counted(app_id, window.name, window.subject_id, window.since)
        count = self._counts.setdefault(counted, _Count())
        self._counts.move_to_end(counted)
        self._unwritten.add(counted)
        count.fresh += 1
        self._forget_oldest()
        return count.known + count.fresh

    async def write(self) -> int:
        """Add what is new in the database, and learn what others counted; answers how many counts were written."""
        async with self._writing:  # two at once would add the same twice
            waiting = sorted(self._unwritten, key=_in_order)
            for begin in range(0, len(waiting), COUNTS_AT_A_TIME):
                await self._write(waiting[begin : begin + COUNTS_AT_A_TIME])
            return len(waiting)

    async def _write(self, batch: Sequence[Counted]) -> None:
        added = {counted: self._counts[counted].fresh for counted in batch}
        try:
            async with self._database.reading() as conn:
                totals = await store.add(conn, added)
        except UNREACHABLE:
            raise
        except Exception as problem:
            if len(batch) == 1:
                self._unwritten.discard(batch[0])
                log.exception("soft_limits.count_not_written", app_id=str(batch[0].app_id), problem=repr(problem))
                return
            for counted in batch:  # one of them spoilt it for all
                await self._write([counted])
            return
        for counted, total in totals.items():
            count = self._counts[counted]
            count.known = total
            count.fresh -= added[counted]
            if not count.fresh:
                self._unwritten.discard(counted)

    def _forget_oldest(self) -> None:
        """Forget what was not used for longest; never what is not written yet."""
        while len(self._counts) > self._most_remembered:
            oldest = next(iter(self._counts))
            if oldest in self._unwritten:
                return
            del self._counts[oldest]


def _in_order(counted: Counted) -> tuple[UUID, str, UUID, object]:
    """The order in which every process locks the rows, so that none waits in a circle."""
    return counted.app_id, counted.name, counted.subject_id, counted.since
