"""Places for work under way, and turns between apps: whoever has much to do, or slow partners, leaves room for others.

A claim takes a few rows of each app that has something due, beginning after the app that was served last. No app takes
more than half of the places that are free to it, so that there is always one left for an app that comes new.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

FIRST = UUID(int=0)
"""Comes before every app."""


class Free(msgspec.Struct, frozen=True):
    """What a claim may take: so many rows, and of each app the fewer, the more of its work is under way.

    `after`: the app that was served last; the one behind it is first.
    """

    after: UUID
    places: int
    busy_apps: list[UUID]
    busy_counts: list[int]


class Turns:
    """Whose turn it is: claims go round the apps, by their ids."""

    def __init__(self) -> None:
        self._after = FIRST

    def free(self, places: int, busy: Counter[UUID] | None = None) -> Free:
        """What the next claim may take, when so many places are free and so much of each app is under way."""
        counts = busy or Counter()
        return Free(self._after, places, list(counts), list(counts.values()))

    def served(self, apps: Collection[UUID]) -> None:
        """Go on behind the last of the apps that a claim served."""
        if apps:
            self._after = max(apps, key=lambda app_id: (app_id <= self._after, app_id))


class Places:
    """A number of places, and the work under way in them, by app."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._busy: Counter[UUID] = Counter()
        self.under_way: set[asyncio.Task[None]] = set()

    @property
    def free(self) -> int:
        """How many places are free."""
        return self._total - len(self.under_way)

    def room(self, turns: Turns) -> Free:
        """What a claim may take. Another may have taken the last place meanwhile: then one more does no harm."""
        return turns.free(max(self.free, 1), self._busy)

    async def wait_until_free(self) -> None:
        """Wait until a place is free."""
        while self.free <= 0:
            await asyncio.wait(self.under_way, return_when=asyncio.FIRST_COMPLETED)

    def start(
        self, app_id: UUID, work: Coroutine[Any, Any, None], ended: Callable[["asyncio.Task[None]"], None]
    ) -> None:
        """Start work of an app; `ended` is told when it is over."""
        task = asyncio.ensure_future(work)
        self.under_way.add(task)
        self._busy[app_id] += 1
        task.add_done_callback(partial(self._end, app_id, ended))

    def _end(self, app_id: UUID, ended: Callable[["asyncio.Task[None]"], None], done: "asyncio.Task[None]") -> None:
        self.under_way.discard(done)
        self._busy[app_id] -= 1
        if not self._busy[app_id]:
            del self._busy[app_id]
        ended(done)

    async def finish(self) -> None:
        """Wait until all that is under way is over."""
        while self.under_way:
            await asyncio.wait(self.under_way)

    async def close(self, seconds: float) -> None:
        """Let what is under way end, for at most so long; the rest is cancelled."""
        if self.under_way:
            _, late = await asyncio.wait(self.under_way, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
