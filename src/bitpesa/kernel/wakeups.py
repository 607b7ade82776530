"""Wake-ups: telling a loop that there is work, after the commit that made it (design decision 8a).

In one process a topic's event is set at once. Between processes one NOTIFY every few milliseconds carries all topics
that were woken since the last; `pg_notify` inside the working transaction would serialise commits.
"""

import asyncio
import contextlib
from collections.abc import Iterable

import asyncpg

CHANNEL = "bitpesa_wakeups"
SECONDS_BETWEEN_NOTIFIES = 0.003


class Wakeups:
    """Who waits for which topic in this process, and which topics other processes should hear of."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}
        self._outgoing: set[str] = set()
        self._outgoing_changed = asyncio.Event()
        self._bridged = False

    def wake(self, topics: Iterable[str]) -> None:
        """Wake whoever waits for these topics, here at once and elsewhere soon."""
        for topic in topics:
            self._event(topic).set()
            if self._bridged:
                self._outgoing.add(topic)
                self._outgoing_changed.set()

    async def wait(self, topic: str, timeout_seconds: float) -> None:
        """Sleep until the topic is woken, or for the given time: the slow poll is the net under the wake-ups."""
        event = self._event(topic)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), timeout_seconds)
        event.clear()

    async def bridge(self, database_url: str) -> None:
        """Exchange wake-ups with other processes until cancelled; reconnects when the database went away."""
        self._bridged = True
        while True:
            try:
                await self._exchange(database_url)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(1)

    async def _exchange(self, database_url: str) -> None:
        conn = await asyncpg.connect(database_url)
        try:
            await conn.add_listener(CHANNEL, self._hear)
            self._wake_everyone_here()  # what was notified while nobody listened
            while not conn.is_closed():
                await asyncio.wait_for(self._outgoing_changed.wait(), None)
                self._outgoing_changed.clear()
                topics, self._outgoing = self._outgoing, set()
                await conn.execute("select pg_notify($1, $2)", CHANNEL, ",".join(sorted(topics)))
                await asyncio.sleep(SECONDS_BETWEEN_NOTIFIES)
        finally:
            await conn.close(timeout=1)

    def _hear(self, _conn: object, _pid: int, _channel: str, payload: object) -> None:
        for topic in str(payload).split(","):
            self._event(topic).set()

    def _wake_everyone_here(self) -> None:
        for event in self._events.values():
            event.set()

    def _event(self, topic: str) -> asyncio.Event:
        return self._events.setdefault(topic, asyncio.Event())
