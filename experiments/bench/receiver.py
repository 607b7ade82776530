"""A receiver of webhooks in a process of its own: it notes when each came, thanks, and tells all when asked."""

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httptools
import msgspec
import uvloop

from experiments.harness.deployment import HOST, free_ports

THANKS = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
SECONDS_BETWEEN_LOOKS = 0.05
OBJECT = re.compile(rb'"object":\s*\{.*?"id":\s*"([0-9a-f-]{36})"', re.DOTALL)


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """A webhook that came: when, in seconds since 1970, and which object it was about."""

    at: float
    object_id: UUID


class Receiver(msgspec.Struct, frozen=True):
    """A receiver that runs elsewhere."""

    port: int

    @property
    def url(self) -> str:
        """What to register."""
        return f"http://{HOST}:{self.port}/hook"

    def count(self) -> int:
        """How many webhooks came."""
        return int(self._ask("/count"))

    def arrivals(self) -> list[Arrival]:
        """What came, in order."""
        return msgspec.json.decode(self._ask("/arrivals"), type=list[Arrival])

    def wait_for(self, count: int, patience_seconds: float) -> list[Arrival]:
        """Wait until so many came. Raises TimeoutError when none comes for that long."""
        came, at = -1, time.monotonic()
        while (now := self.count()) < count:
            if now != came:
                came, at = now, time.monotonic()
            elif time.monotonic() - at > patience_seconds:
                raise TimeoutError(f"{now} of {count} webhooks came, and no more for {patience_seconds:.0f} seconds")
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return self.arrivals()

    def _ask(self, path: str) -> bytes:
        with socket.create_connection((HOST, self.port)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(1 << 20), b""))
        return answer.partition(b"\r\n\r\n")[2]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens while the block runs."""
    (port,) = free_ports(1)
    process = subprocess.Popen([sys.executable, "-m", "experiments.bench.receiver", str(port)], stdout=subprocess.PIPE)
    try:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError("the receiver of webhooks did not start")
        yield Receiver(port)
    finally:
        process.terminate()
        process.wait()


class _Connection(asyncio.Protocol):
    """One connection of a sender."""

    def __init__(self, came: list[tuple[float, bytes]]) -> None:
        self._came = came
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._began = time.time()
        self._body.clear()

    def on_url(self, url: bytes) -> None:
        self._path = url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._path.startswith(b"/hook"):
            self._came.append((self._began, b"".join(self._body)))
            self._transport.write(THANKS)
            return
        text = str(len(self._came)).encode() if self._path == b"/count" else msgspec.json.encode(self._arrivals())
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))
        self._transport.close()

    def _arrivals(self) -> list[Arrival]:
        return [Arrival(at, UUID(OBJECT.search(body)[1].decode())) for at, body in self._came]


async def _listen(port: int) -> None:
    came: list[tuple[float, bytes]] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(came), HOST, port)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_listen(int(sys.argv[1])))
