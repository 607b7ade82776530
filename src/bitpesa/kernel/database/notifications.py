"""Wake-ups: telling a loop that there is work, after the commit that made it (design decision 8a).

In one process a topic's event is set at once. Between processes one NOTIFY every few milliseconds carries all topics
that were woken since the last; `pg_notify` inside the working transaction would serialise commits.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

import asyncpg

CHANNEL = "bitpesa_wakeups"
SECONDS_BETWEEN_NOTIFIES = 0.01

EVERYONE = "*"
"""The topic that wakes every loop: a clock was moved, so anything may be due."""
SECONDS_BEFORE_CONNECTING_AGAIN = 1

# A connection that is lost in the middle of a statement shows, at times, as an InternalClientError.
_CONNECTION_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


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
            self._set(topic)
            if self._bridged:
                self._outgoing.add(topic)
                self._outgoing_changed.set()

    async def wait(self, topic: str, timeout_seconds: float) -> None:
        """Sleep until the topic is woken, or for the given time: the slow poll is the net under the wake-ups."""
        event = self._event(topic)
        # Not `wait_for`: before Python 3.12 it loses a cancellation that comes in the moment of the wake-up, and the
        # loop that was to be stopped goes on for ever.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await event.wait()
        event.clear()

    async def bridge(self, database_url: str) -> None:
        """Exchange wake-ups with other processes until cancelled; reconnects when the database went away."""
        self._bridged = True
        while True:
            with contextlib.suppress(*_CONNECTION_LOST):
                await self._exchange(database_url)
            await asyncio.sleep(SECONDS_BEFORE_CONNECTING_AGAIN)

    async def _exchange(self, database_url: str) -> None:
        """Listen and notify until the connection is lost, which ends the waiting for something to say as well."""
        # A wake-up that a crash forgets is made good by the slow poll: nobody waits for the disk.
        conn = await asyncpg.connect(database_url, server_settings={"synchronous_commit": "off"})
        try:
            conn.add_termination_listener(lambda _conn: self._outgoing_changed.set())
            await conn.add_listener(CHANNEL, self._hear)
            self._wake_everyone_here()  # what was notified while nobody listened
            self._outgoing_changed.set()  # what could not be said before
            while not conn.is_closed():
                await self._outgoing_changed.wait()
                self._outgoing_changed.clear()
                await self._tell(conn)
                await asyncio.sleep(SECONDS_BETWEEN_NOTIFIES)
        finally:
            conn.terminate()  # a polite end can fail on a connection that is half lost

    async def _tell(self, conn: asyncpg.Connection) -> None:
        topics, self._outgoing = self._outgoing, set()
        if not topics:
            return
        try:
            await conn.execute("select pg_notify($1, $2)", CHANNEL, ",".join(sorted(topics)))
        except BaseException:
            self._outgoing |= topics
            raise

    def _hear(self, conn: Any, pid: int, _channel: str, payload: object) -> None:
        if pid == conn.get_server_pid():
            return  # our own voice: whoever waits here was woken already
        for topic in str(payload).split(","):
            self._set(topic)

    def _set(self, topic: str) -> None:
        if topic == EVERYONE:
            self._wake_everyone_here()
        else:
            self._event(topic).set()

    def _wake_everyone_here(self) -> None:
        for event in self._events.values():
            event.set()

    def _event(self, topic: str) -> asyncio.Event:
        return self._events.setdefault(topic, asyncio.Event())
