"""The journal of a process: calls wait in memory, bounded, until a batch of them is written.

Nobody who calls ever waits for it. When more comes than can be written, the oldest calls are left out, and counted.
"""

import asyncio
from collections import deque

import structlog

from bitpesa.api_support.api_logs import rules, store
from bitpesa.api_support.api_logs.model import Exchange
from bitpesa.kernel.database.pool import UNREACHABLE, Database

CALLS_AT_A_TIME = 100
"""How many are made ready and written in one go: few enough that requests meanwhile hardly notice."""
MOST_WAITING = 20_000
MOST_WAITING_BYTES = 128 * 1024 * 1024

log = structlog.get_logger()


class Journal:
    """The calls that wait to be written."""

    def __init__(
        self, database: Database, *, most_waiting: int = MOST_WAITING, most_waiting_bytes: int = MOST_WAITING_BYTES
    ) -> None:
        self._database = database
        self._most_waiting = most_waiting
        self._most_waiting_bytes = most_waiting_bytes
        self._waiting: deque[Exchange] = deque()
        self._waiting_bytes = 0
        self._writing = asyncio.Lock()
        self.left_out = 0
        """How many calls of this process never came into the log."""
        self._left_out_unsaid = 0

    def note(self, exchange: Exchange) -> None:
        """Remember a call."""
        self._add(rules.note(exchange))
        while len(self._waiting) > self._most_waiting or self._waiting_bytes > self._most_waiting_bytes:
            self._take_oldest()
            self.left_out += 1
            self._left_out_unsaid += 1

    async def write(self) -> int:
        """Write everything that waits; answers how many calls."""
        written = 0
        async with self._writing:  # whoever asks for it finds everything written afterwards
            while self._waiting:
                batch = [self._take_oldest() for _ in range(min(CALLS_AT_A_TIME, len(self._waiting)))]
                await self._write(batch)
                written += len(batch)
        if self._left_out_unsaid:
            log.warning("api_logs.left_out", calls=self._left_out_unsaid)
            self._left_out_unsaid = 0
        return written

    async def _write(self, batch: list[Exchange]) -> None:
        try:
            async with self._database.reading() as conn:
                await store.insert(conn, [rules.to_log(exchange) for exchange in batch])
        except UNREACHABLE:
            for exchange in reversed(batch):  # the oldest again; should too much come meanwhile, they are left out
                self._waiting.appendleft(exchange)
                self._waiting_bytes += rules.weight(exchange)
            raise
        except Exception as problem:
            if len(batch) == 1:
                self.left_out += 1
                log.exception("api_logs.call_not_written", problem=repr(problem))
                return
            await self._write_each(batch)

    async def _write_each(self, batch: list[Exchange]) -> None:
        """Write calls by themselves, as one of them spoilt it for all; where the database goes away the rest waits."""
        for position, exchange in enumerate(batch):
            try:
                await self._write([exchange])
            except UNREACHABLE:
                for left in reversed(batch[position + 1 :]):
                    self._waiting.append(left)
                    self._waiting_bytes += rules.weight(left)
                raise

    def _add(self, exchange: Exchange) -> None:
        self._waiting.append(exchange)
        self._waiting_bytes += rules.weight(exchange)

    def _take_oldest(self) -> Exchange:
        exchange = self._waiting.popleft()
        self._waiting_bytes -= rules.weight(exchange)
        return exchange
