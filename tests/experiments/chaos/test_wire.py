"""The wire carries, breaks, goes dead and leads elsewhere, as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from experiments.chaos.wire import NAME, Wire, open_wire


@asynccontextmanager
async def _speaking(place: Path, word: bytes) -> AsyncIterator[None]:
    """A server that answers every line with its word and the line."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(word + line)
        except ConnectionError:
            pass
        finally:
            writer.close()

    place.mkdir()  # noqa: ASYNC240 - a moment, before anything runs
    server = await asyncio.start_unix_server(answer, str(place / NAME))
    try:
        yield
    finally:
        server.close()


class Speaker:
    """A connection through the wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, line: bytes) -> bytes:
        self.writer.write(line + b"\n")
        return await self.reader.readline()


async def _connect(wire: Wire) -> Speaker:
    return Speaker(*await asyncio.open_unix_connection(str(wire.directory / NAME)))


async def test_a_wire_carries_until_it_is_cut_and_then_leads_where_it_is_told(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    async with _speaking(one, b"one:"), _speaking(other, b"other:"):
        with open_wire(tmp_path / "wire", one) as wire:
            speaker = await _connect(wire)
            assert await speaker.say(b"hello") == b"one:hello\n"
            wire.lead_to(other)
            assert await _is_cut(speaker)
            again = await _connect(wire)
            assert await again.say(b"hello") == b"other:hello\n"
            again.writer.close()


async def test_a_dead_wire_says_nothing_until_it_comes_back(tmp_path: Path) -> None:
    async with _speaking(tmp_path / "one", b"one:"):
        with open_wire(tmp_path / "wire", tmp_path / "one") as wire:
            speaker = await _connect(wire)
            assert await speaker.say(b"hello") == b"one:hello\n"
            wire.go_dead()
            wire.finish()
            saying = asyncio.ensure_future(speaker.say(b"is anybody there"))
            await asyncio.sleep(0)
            wire.finish()
            assert not saying.done()
            wire.come_back()
            assert await saying == b"one:is anybody there\n"
            speaker.writer.close()


async def test_a_wire_that_leads_nowhere_hangs_up(tmp_path: Path) -> None:
    with open_wire(tmp_path / "wire", tmp_path / "nowhere") as wire:
        assert await _is_cut(await _connect(wire))


async def _is_cut(speaker: Speaker) -> bool:
    try:
        return await speaker.say(b"hello") == b""
    except ConnectionError:
        return True
