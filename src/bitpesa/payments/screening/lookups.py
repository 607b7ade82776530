"""The lists in memory: read again when one changes, and asked without keeping anybody waiting.

Short lists are looked up in a thread. Long ones lie in a process of their own: reading them takes it half a minute, and
a look-up some milliseconds, in which no request would be answered here.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar

from bitpesa.kernel.database.pool import Database
from bitpesa.payments.screening import beside, queries
from bitpesa.payments.screening.index import Index, Thresholds
from bitpesa.payments.screening.model import ListInfo, Match, Subject

T = TypeVar("T")

READ_AT_A_TIME = 500
LONG_FROM = 20_000
"""From so many entries on, lists lie in a process of their own."""


class Lookups:
    """Everybody listed, as of the edition that was read last."""

    def __init__(self, database: Database, thresholds: Thresholds, *, long_from: int = LONG_FROM) -> None:
        self._database = database
        self._thresholds = thresholds
        self._long_from = long_from
        self._lists: list[ListInfo] = []
        self._index = Index()
        self._beside: ProcessPoolExecutor | None = None
        self._reading = asyncio.Lock()
        self.edition = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_beside()

    async def refresh(self) -> int:
        """Read the lists again if one has changed; answers their edition, 0 while there is none."""
        async with self._reading:
            while True:
                async with self._database.reading() as conn:
                    edition, lists = await queries.edition(conn), await queries.lists(conn)
                if edition == self.edition and lists == self._lists:
                    return edition
                await self._read(lists)
                self.edition, self._lists = edition, lists

    def has_lists(self, *, sandbox: bool) -> bool:
        """Whether there is a list to look anybody up on."""
        return any(sandbox or not known.sandbox_only for known in self._lists)

    async def find(self, subjects: Sequence[Subject], *, sandbox: bool) -> list[Match]:
        """Everybody listed who is like one of the subjects, the best first. Only once lists were read."""
        if not self._lists:
            raise RuntimeError("no list was read, and nobody is to be called clear")
        if self._beside is not None:
            return await self._ask(beside.find, subjects, self._thresholds, sandbox)
        index = self._index
        return await asyncio.to_thread(beside.find_all, index, subjects, self._thresholds, sandbox=sandbox)

    async def _read(self, lists: Sequence[ListInfo]) -> None:
        if sum(known.entries for known in lists) >= self._long_from:
            await self._read_beside()
            return
        index = Index()
        async with self._database.reading() as conn:
            async for some in queries.listed_in_turn(conn, READ_AT_A_TIME):
                for each in some:
                    index.add(each)
        await asyncio.to_thread(index.finish)
        self._index = index
        self._end_beside()

    async def _read_beside(self) -> None:
        if self._beside is None:
            self._beside = ProcessPoolExecutor(
                1, mp_context=multiprocessing.get_context("spawn"), initializer=beside.prepare
            )
        self._index = Index()
        await self._ask(beside.begin)
        async with self._database.reading() as conn:
            async for some in queries.listed_in_turn(conn, READ_AT_A_TIME):
                await self._ask(beside.add, some)
        await self._ask(beside.finish)

    async def _ask(self, do: Callable[..., T], *args: object) -> T:
        """Have something done beside. Where that process is no more, another one is begun the next time."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._beside, do, *args)
        except BrokenProcessPool:
            self._end_beside()
            self._lists, self.edition = [], 0
            raise

    def _end_beside(self) -> None:
        if self._beside is not None:
            self._beside.shutdown(wait=False)
            self._beside = None
