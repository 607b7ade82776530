"""What a connection may take: bytes on a real socket against the server, with limits that are soon reached."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest

from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.kernel.values import json
from bitpesa.server.connection_limits import Limits, limits_of
from bitpesa.server.http import answering, listen
from bitpesa.settings import Settings
from tests.journeys.sockets import hear

SECONDS = 60
SOON = 0.05
PATIENT = Limits(head_seconds=SECONDS, body_seconds=SECONDS, answer_seconds=SECONDS)
GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


class Echo:
    """Answers with the body it got; `answer` stands in for it."""

    def __init__(self, answer=None):
        self.answer = answer
        self.headers = []
        self.begun = asyncio.Event()
        self.gone = asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.headers = scope["headers"]
        body, more = b"", True
        while more:
            message = await receive()
            self.begun.set()
            if message["type"] == "http.disconnect":
                self.gone.set()
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        said = body if self.answer is None else self.answer
        length = str(len(said)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": said})


@asynccontextmanager
async def served(limits, app=None):
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    async with answering(app or Echo(), listener, limits), asyncio.timeout(SECONDS):
        yield port


@asynccontextmanager
async def connected(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def refusal(port, *pieces):
    """What is heard when these pieces are sent, once the server has hung up."""
    async with connected(port) as (reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        heard = await hear(reader)
        assert await reader.read() == b"", "the server hangs up after a refusal"
    return heard


def is_refused_in_json(heard, status):
    assert (heard.status, json.decode(heard.raw)["status"]) == (status, status)
    assert heard.headers["connection"] == "close"
    return True


def changed(**limits):
    return msgspec.structs.replace(PATIENT, **limits)


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\nx-", b"\r\n\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(begun):
    async with served(changed(head_seconds=SOON)) as port:
        assert is_refused_in_json(await refusal(port, begun), 408)


async def test_a_second_request_has_to_come_in_time_as_well():
    async with served(changed(head_seconds=SOON)) as port, connected(port) as (reader, writer):
        writer.write(GET)
        assert (await hear(reader)).status == 200
        writer.write(b"GET /")
        assert is_refused_in_json(await hear(reader), 408)


async def test_empty_lines_between_requests_keep_no_connection():
    async with served(changed(head_seconds=SOON)) as port, connected(port) as (reader, writer):
        writer.write(GET)
        assert (await hear(reader)).status == 200
        writer.write(b"\r\n")
        assert is_refused_in_json(await hear(reader), 408)


@pytest.mark.parametrize(
    "begun",
    [
        b"content-length: 9\r\n\r\nhalf",
        b"transfer-encoding: chunked\r\n\r\n5\r\nhalf\r\n",
        b"content-length: 9\r\n\r\n",
    ],
)
async def test_a_body_that_does_not_come_is_not_waited_for(begun):
    app = Echo()
    async with served(changed(body_seconds=SOON), app) as port, connected(port) as (_, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\n" + begun)
        await app.gone.wait()


async def test_a_request_that_is_whole_may_take_its_time():
    class Slow(Echo):
        async def __call__(self, scope, receive, send):
            await asyncio.sleep(SOON * 4)
            await super().__call__(scope, receive, send)

    async with (
        served(changed(head_seconds=SOON, body_seconds=SOON), Slow()) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nfour")
        assert (await hear(reader)).raw == b"four"


@pytest.mark.parametrize("size", [2_000, 1_000_000])
@pytest.mark.parametrize(
    "head",
    [b"GET /%s HTTP/1.1\r\nhost: a\r\n\r\n", b"GET / HTTP/1.1\r\nx: %s\r\n\r\n", b"GET / HTTP/1.1\r\n%s: x\r\n\r\n"],
)
async def test_a_head_that_is_too_large_is_refused(size, head):
    async with served(changed(head_bytes=1_000)) as port, connected(port) as (reader, writer):
        writer.write(head % (b"a" * size))
        heard = await hear(reader)
        assert heard.status in {431, 400}  # a name without end is no header
        assert is_refused_in_json(heard, heard.status)


async def test_a_head_that_goes_on_and_on_is_refused():
    async with served(changed(head_bytes=1_000)) as port, connected(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n")

        async def go_on():
            while True:
                writer.write(b"x: y\r\n" * 10)
                await writer.drain()
                await asyncio.sleep(0)

        going = asyncio.create_task(go_on())
        assert is_refused_in_json(await hear(reader), 431)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)


async def test_a_head_within_its_limit_is_answered_however_much_comes_with_it():
    body = b"b" * 300_000
    head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\nx: %s\r\n\r\n" % (len(body), b"y" * 900)
    async with served(changed(head_bytes=1_000)) as port, connected(port) as (reader, writer):
        writer.write(head + body + GET * 20)
        assert (await hear(reader)).raw == body
        for _ in range(20):
            assert (await hear(reader)).status == 200


async def test_trailers_mean_nothing_and_have_an_end():
    chunked = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n"
    app = Echo()
    async with served(changed(head_bytes=1_000), app) as port, connected(port) as (reader, writer):
        writer.write(chunked + b"authorization-key: k\r\n\r\n")
        assert (await hear(reader)).raw == b"four"
        assert dict(app.headers).keys() == {b"host", b"transfer-encoding"}
        app.begun.clear()
        writer.write(chunked + b"x: ")
        await app.begun.wait()
        writer.write(b"y" * 5_000)
        assert (await hear(reader)).status == 431


async def test_an_answer_that_nobody_takes_is_not_kept():
    class Generous(Echo):
        async def __call__(self, _scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(1_000):
                await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
            await receive()
            self.gone.set()

    app = Generous()
    async with served(changed(answer_seconds=SOON), app) as port, connected(port) as (reader, writer):
        writer.write(GET)
        await app.gone.wait()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1_000_000_000)


async def test_who_hangs_up_amid_several_requests_is_no_failure(caplog):
    class Held(Echo):
        async def __call__(self, _scope, receive, send):
            while (await receive())["type"] != "http.disconnect":
                self.begun.set()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            self.gone.set()

    app = Held()
    async with served(PATIENT, app) as port:
        async with connected(port) as (_, writer):
            writer.write(GET * 3)
            await app.begun.wait()
            writer.transport.abort()
        await app.gone.wait()
    assert caplog.records == []


@pytest.mark.parametrize("behind", [b"GET /", b"\r\nGARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"y" * 5_000])
async def test_what_comes_behind_a_request_is_not_taken_for_its_answer(behind):
    class Slow(Echo):
        async def __call__(self, _scope, receive, _send):
            await receive()
            while (await receive())["type"] != "http.disconnect":
                pass
            self.gone.set()

    app = Slow()
    async with served(changed(head_seconds=SOON, head_bytes=1_000), app) as port, connected(port) as (reader, writer):
        writer.write(GET + behind)
        await app.gone.wait()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)


async def test_connections_beyond_the_limit_are_turned_away_and_those_before_served():
    async with served(changed(connections=2)) as port, connected(port) as first, connected(port) as second:
        for reader, writer in (first, second):
            writer.write(GET)
            assert (await hear(reader)).status == 200
        async with connected(port) as (reader, _):
            assert is_refused_in_json(await hear(reader), 503)
        for reader, writer in (first, second):
            writer.write(GET)
            assert (await hear(reader)).status == 200


@pytest.mark.parametrize(
    "smuggled",
    [
        b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
        b"content-length: 4\r\ncontent-length: 5\r\n\r\nfour",
        b"content-length: 4, 5\r\n\r\nfour",
        b"content-length: +4\r\n\r\nfour",
        b"content-length: 0x4\r\n\r\nfour",
        b"content-length: 99999999999999999999999\r\n\r\n",
        b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n0x4\r\nfour\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n4\nfour\n0\n\n",
        b"x: a\r\n continued: b\r\n\r\n",
        b"x: a\rb\r\n\r\n",
        b"x: a\x00b\r\n\r\n",
        b"x y: a\r\n\r\n",
    ],
)
async def test_a_request_that_two_servers_could_read_differently_is_refused(smuggled):
    async with served(PATIENT) as port:
        heard = await refusal(port, b"POST / HTTP/1.1\r\nhost: a\r\n" + smuggled + GET)
        assert is_refused_in_json(heard, 400)


OFFERS = [
    b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
    b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    b"connection: upgrade, keep-alive\r\nupgrade: TLS/1.2\r\nupgrade: HTTP/2.0\r\n",
    b"connection: keep-alive\r\nconnection: UPGRADE\r\nupgrade: anything, h2c\r\n",
    b"upgrade: h2c\r\n",
    b"connection: upgrade\r\n",
]
CHUNKED = b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
MEASURED = b"content-length: %d\r\n\r\n%s"


def offering(offer: bytes, framing: bytes, body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nhost: a\r\n" + offer + framing % (len(body), body)


@pytest.mark.parametrize("pieces", ["together", "head first", "byte by byte"])
@pytest.mark.parametrize("framing", [MEASURED, CHUNKED])
@pytest.mark.parametrize("offer", OFFERS)
async def test_an_offer_to_upgrade_is_ignored_and_its_body_is_the_body(offer, framing, pieces):
    app, body = Echo(), GET  # a body that would be a request, were it read as one
    async with served(PATIENT, app) as port, connected(port) as (reader, writer):
        for _ in range(2):  # the connection goes on as ever
            raw = offering(offer, framing, body)
            at = {"together": len(raw), "head first": raw.index(b"\r\n\r\n") + 4, "byte by byte": 1}[pieces]
            for piece in [raw[:at], raw[at:]] if at > 1 else [raw[n : n + 1] for n in range(len(raw))]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            assert (await hear(reader)).raw == body
        assert dict(app.headers).keys() >= {line.partition(b":")[0] for line in offer.split(b"\r\n") if line}
        writer.write(GET)
        assert (await hear(reader)).raw == b""


async def test_many_offers_in_one_go_are_answered_one_after_the_other():
    async with served(PATIENT) as port, connected(port) as (reader, writer):
        writer.write(b"".join(offering(OFFERS[0], MEASURED, b"%d" % number) for number in range(1_000)))
        for number in range(1_000):
            assert (await hear(reader)).raw == b"%d" % number


@pytest.mark.parametrize(
    "smuggled",
    [
        b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"content-length: 4\r\ncontent-length: 5\r\n\r\nfour",
        b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n0x4\r\nfour\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n4\nfour\n0\n\n",
    ],
)
@pytest.mark.parametrize("offer", OFFERS[:3])
async def test_an_offer_makes_no_request_clearer_that_could_be_read_in_two_ways(offer, smuggled):
    async with served(PATIENT) as port:
        heard = await refusal(port, b"POST / HTTP/1.1\r\nhost: a\r\n" + offer + smuggled + GET)
        assert is_refused_in_json(heard, 400)


@pytest.mark.parametrize("offer", OFFERS[:2])
async def test_the_limits_hold_for_who_offers_an_upgrade(offer):
    async with served(changed(head_bytes=1_000)) as port, connected(port) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nx: " + b"y" * 2_000 + b"\r\n" + offer + b"content-length: 4\r\n\r\nfour")
        assert is_refused_in_json(await hear(reader), 431)
    app = Echo()
    async with served(changed(body_seconds=SOON), app) as port, connected(port) as (_, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\n" + offer + b"content-length: 9\r\n\r\nhalf")
        await app.gone.wait()


async def test_a_tunnel_is_refused():
    async with served(PATIENT) as port:
        heard = await refusal(port, b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: a\r\n\r\n" + GET)
        assert is_refused_in_json(heard, 400)


def test_a_deployment_sets_its_limits():
    settings = Settings(database_url="", master_keys=(new_master_key(),))
    assert limits_of(settings) == Limits()
    assert limits_of(msgspec.structs.replace(settings, max_connections=7, request_head_seconds=2.0)) == Limits(
        connections=7, head_seconds=2.0
    )
