"""The wire between the processes of ours and PostgreSQL: it can be cut, it can go dead, and it can lead elsewhere.

A relay of bytes between two Unix sockets, in a thread of its own. The processes know only this end of it, so a
fail-over is a matter of leading it to the other cluster, as an address that moves along would be in production.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PORT = 5432
NAME = f".s.PGSQL.{PORT}"


class _End(asyncio.Protocol):
    """One end of a connection through the wire: what it hears, the other end says."""

    def __init__(self, wire: "Wire") -> None:
        self.wire = wire
        self.other: _End | None = None
        self.transport: asyncio.Transport | None = None
        self.early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.wire.ends.add(self)
        if self.wire.is_dead:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            self.early += data
        else:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it was lost
        self.wire.ends.discard(self)
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class _Near(_End):
    """The end that a process of ours connects to."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        task = asyncio.ensure_future(self._connect())
        self.wire.tasks.add(task)
        task.add_done_callback(self.wire.tasks.discard)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, far = await loop.create_unix_connection(lambda: _End(self.wire), str(self.wire.leads_to / NAME))
        except OSError:
            self.abort()
            return
        assert self.transport is not None
        if self.transport.is_closing():
            far.abort()
            return
        far.other, self.other = self, far
        if self.early:
            assert far.transport is not None
            far.transport.write(self.early)
            self.early = b""


class Wire:
    """A relay that is told what to do from the thread that owns it."""

    def __init__(self, directory: Path, leads_to: Path) -> None:
        self.directory = directory
        self.leads_to = leads_to
        self.ends: set[_End] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.is_dead = False
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    @property
    def dsn(self) -> str:
        """How the processes of ours connect."""
        return f"postgresql://bitpesa@/bitpesa?host={quote(str(self.directory), safe='')}&port={PORT}"

    def cut(self) -> None:
        """Break every connection in the middle of whatever it was at."""
        self._loop.call_soon_threadsafe(self._cut)

    def go_dead(self) -> None:
        """Carry nothing, and say nothing of it."""
        self._loop.call_soon_threadsafe(self._set_dead, True)  # noqa: FBT003 - that is what it says

    def come_back(self) -> None:
        """Carry what was held up, and go on."""
        self._loop.call_soon_threadsafe(self._set_dead, False)  # noqa: FBT003 - that is what it says

    def lead_to(self, place: Path) -> None:
        """Have connections from now on made to another cluster, and break those that there are."""
        self.leads_to = place
        self.cut()

    def finish(self) -> None:
        """Wait until what it was told is done, and what it held is carried as far as it goes."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(done.set)
        done.wait()

    def run(self) -> None:
        """Relay until stopped; the body of the thread."""
        server = self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._cut()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def wait_until_ready(self) -> None:
        """Wait until processes can connect."""
        self._ready.wait()

    def stop(self) -> None:
        """Break everything and stop relaying."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _listen(self) -> asyncio.Server:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.directory / NAME))
        return await self._loop.create_unix_server(lambda: _Near(self), sock=listener)

    def _cut(self) -> None:
        for end in list(self.ends):
            end.abort()

    def _set_dead(self, is_dead: bool) -> None:  # noqa: FBT001 - a switch
        self.is_dead = is_dead
        for end in self.ends:
            if end.transport is not None and not end.transport.is_closing():
                (end.transport.pause_reading if is_dead else end.transport.resume_reading)()


@contextmanager
def open_wire(directory: Path, leads_to: Path) -> Iterator[Wire]:
    """A wire to the cluster whose socket is in a directory."""
    directory.mkdir(mode=0o700)
    wire = Wire(directory, leads_to)
    thread = threading.Thread(target=wire.run, name="wire", daemon=True)
    thread.start()
    wire.wait_until_ready()
    try:
        yield wire
    finally:
        wire.stop()
        thread.join()
