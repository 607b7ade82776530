import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bitpesa.kernel.outbox import events
from bitpesa.server.http import answering, listen, make_front
from bitpesa.web.portal import live
from tests.journeys.world import World, ok
from tests.web.kit.visiting import Browser, open_browser, signed_in

PATIENCE_SECONDS = 20


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SECONDS_BETWEEN_LOOKS", 0.01)


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        yield browser


async def told(answer: aiohttp.ClientResponse) -> str:
    """The next message of a stream that is no mere sign of life."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            message = (await answer.content.readuntil(b"\n\n")).decode()
            if "event: " in message:
                return message


async def test_an_open_page_hears_of_each_change_and_of_nobody_else_s(world: World, browser: Browser) -> None:
    other, _ = await world.open_app()
    async with browser.session.get(f"{browser.root}/portal/test/live") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert (await answer.content.readuntil(b"\n\n")).startswith(b"retry:")
        await world.transaction(ok("00"))
        assert "event: changed\ndata: " in await told(answer)
        await world.give("5", "USD", other)
        await world.transaction(ok("00"))
        assert "event: changed\ndata: " in await told(answer)


async def test_a_stream_ends_when_the_server_stops(world: World) -> None:
    stopping = asyncio.Event()
    stream = live.changes(world.platform.database, world.app.id, stopping)
    assert (await anext(stream)).startswith("retry:")
    stopping.set()
    assert [message async for message in stream] == []


async def test_a_server_stops_while_pages_are_open(world: World) -> None:
    listener = listen("127.0.0.1", 0)
    root = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with signed_in(world.platform, world.app.organisation_id, (), root=root) as browser:
        async with answering(make_front(world.platform), listener):
            answer = await browser.session.get(f"{root}/portal/test/live")
            await answer.content.readuntil(b"\n\n")
        await answer.read()  # raises when the stream was cut off in the middle
        assert answer.content.at_eof()


async def test_a_stream_ends_by_itself_so_that_the_browser_is_asked_who_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SECONDS_UNTIL_ASKED_ANEW", 0.05)
    stream = live.changes(world.platform.database, world.app.id, asyncio.Event())
    messages = [message async for message in stream]
    assert messages[0].startswith("retry:")


async def test_a_stranger_hears_nothing(world: World) -> None:
    async with open_browser(world.platform.settings.sandbox_origins[0]) as stranger:
        assert (await stranger.get("/portal/test/live")).status == 303


async def test_what_happened_between_a_page_and_its_stream_is_told(world: World, browser: Browser) -> None:
    async with world.platform.database.reading() as conn:
        shown = await events.newest(conn, world.app.id)
    await world.transaction(ok("00"))
    async with browser.session.get(f"{browser.root}/portal/test/live?since={shown}") as answer:
        await answer.content.readuntil(b"\n\n")
        told_of = await told(answer)
    newest = int(told_of.rpartition(" ")[2])
    assert newest > shown
    back = {"Last-Event-ID": str(newest)}
    async with browser.session.get(f"{browser.root}/portal/test/live?since={shown}", headers=back) as answer:
        await answer.content.readuntil(b"\n\n")
        await world.transaction(ok("00"))
        assert int((await told(answer)).rpartition(" ")[2]) > newest


@pytest.mark.parametrize("page", ["", "/transactions/{id}"])
async def test_pages_say_what_they_have_seen(world: World, browser: Browser, page: str) -> None:
    transaction = await world.transaction(ok("00"))
    async with world.platform.database.reading() as conn:
        newest = await events.newest(conn, world.app.id)
    async with browser.session.get(f"{browser.root}/portal{page.format(**transaction)}") as answer:
        assert f'data-live="/portal/test/live?since={newest}"' in await answer.text()
