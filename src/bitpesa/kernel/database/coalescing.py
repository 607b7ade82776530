"""Doing for many at once what each asked for by itself, as soon as there is a hand free for it (design decision 8b).

Nobody waits for company: whoever comes while a hand is free is served at once, alone. Those who come meanwhile wait for
the next free hand, and are served together. There is no timer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

MOST_TOGETHER = 64


class Together(Generic[A, B]):
    """Calls `act` with what waits, at most `hands` times at once. Only what is `alike` is handed over together.

    `act` answers one result for each, in order; an exception among them is raised to the one that it is for.
    """

    def __init__(
        self,
        act: Callable[[Sequence[A]], Awaitable[Sequence[B | Exception]]],
        *,
        hands: int = 1,
        most: int = MOST_TOGETHER,
        alike: Callable[[A], Hashable] = lambda _: None,
    ) -> None:
        self._act = act
        self._free_hands = hands
        self._most = most
        self._alike = alike
        self._waiting: deque[tuple[A, asyncio.Future[B]]] = deque()
        self._serving: set[asyncio.Task[None]] = set()  # a task that nobody refers to may vanish

    async def do(self, asked: A) -> B:
        """Have it done, with others or alone. Whoever is cancelled meanwhile does not learn what came of it."""
        future: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._free_hands:
            self._free_hands -= 1
            serving = asyncio.create_task(self._serve(), name="together")
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        return await future

    async def _serve(self) -> None:
        try:
            while self._waiting:
                await self._serve_some(self._take())
        finally:  # in one go with finding that nobody waits: whoever comes next must find the hand free
            self._free_hands += 1

    async def _serve_some(self, taken: Sequence[tuple[A, asyncio.Future[B]]]) -> None:
        try:
            results = await self._act([asked for asked, _ in taken])
        except BaseException as problem:
            _tell(taken, [problem] * len(taken))
            if not isinstance(problem, Exception):
                raise
        else:
            _tell(taken, results)

    def _take(self) -> list[tuple[A, asyncio.Future[B]]]:
        """The one that waits for longest, and those like it."""
        if len(self._waiting) == 1:
            return [self._waiting.popleft()]
        kind = self._alike(self._waiting[0][0])
        taken: list[tuple[A, asyncio.Future[B]]] = []
        left: deque[tuple[A, asyncio.Future[B]]] = deque()
        for each in self._waiting:
            (taken if len(taken) < self._most and self._alike(each[0]) == kind else left).append(each)
        self._waiting = left
        return taken


def _tell(taken: Sequence[tuple[A, asyncio.Future[B]]], results: Sequence[B | BaseException]) -> None:
    for (_, future), result in zip(taken, results, strict=True):
        if future.done():
            continue
        if isinstance(result, asyncio.CancelledError):
            future.cancel()
        elif isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
