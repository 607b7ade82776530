"""Requests as bytes over a socket of our own: nothing between the test and the server tidies them up."""

import asyncio
from urllib.parse import urlsplit

import msgspec

from bitpesa.kernel.values import json
from tests.journeys.world import World

ANSWER_SECONDS = 60


class Heard(msgspec.Struct, frozen=True):
    """An answer as it came: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict:
        return json.decode(self.raw)

    @property
    def object(self):
        return self.body["object"]


def origin(world: World) -> str:
    """Scheme, host and port of the server."""
    parts = urlsplit(world.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def host(world: World) -> str:
    return urlsplit(world.base_url).netloc


def request(method: str, target: str, headers: dict[str, str | bytes], body: bytes = b"") -> bytes:
    """A request, byte for byte as given."""
    lines = [f"{method} {target} HTTP/1.1".encode()]
    lines += [
        name.encode("latin-1") + b": " + (value if isinstance(value, bytes) else value.encode())
        for name, value in headers.items()
    ]
    return b"\r\n".join([*lines, b"", body])


async def say(world: World, raw: bytes, *, after_continue: bytes = b"", has_body: bool = True) -> Heard:
    """Send bytes over a new connection and hear the answer; the rest follows when the server says to go on."""
    parts = urlsplit(world.base_url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            writer.write(raw)
            await writer.drain()
            heard = await hear(reader, has_body=has_body)
            if heard.status == 100:
                writer.write(after_continue)
                await writer.drain()
                heard = await hear(reader)
            return heard
    finally:
        writer.close()


async def hear(reader: asyncio.StreamReader, *, has_body: bool = True) -> Heard:
    """Read one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    length = int(headers.get("content-length", 0)) if has_body else 0
    return Heard(int(head[0].split()[1]), headers, await reader.readexactly(length))
