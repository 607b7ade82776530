"""Writing down, off the path of requests, what a process gathers in memory while it answers them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import structlog

from bitpesa.kernel.database.pool import UNREACHABLE

SECONDS_BETWEEN_WRITES = 0.5

log = structlog.get_logger()


class Background:
    """Calls `write` every now and then while its block runs, and once more at the end."""

    def __init__(
        self, name: str, write: Callable[[], Awaitable[object]], every_seconds: float = SECONDS_BETWEEN_WRITES
    ) -> None:
        self._name = name
        self._write = write
        self._every_seconds = every_seconds
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_writing(), name=self._name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the write that is under way end, and write what came since."""
        self._stop.set()
        await self._task

    async def _keep_writing(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_seconds):
                    await self._stop.wait()
            await self._write_once()

    async def _write_once(self) -> None:
        """Write, and outlive every failure."""
        try:
            await self._write()
        except UNREACHABLE as problem:
            log.warning("background.database_unreachable", name=self._name, problem=repr(problem))
        except Exception:
            log.exception("background.failed", name=self._name)
