import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bitpesa.kernel.outbound.http_client import (
    LONGEST_BODY_KEPT_BYTES,
    LONGEST_HEADERS_KEPT_BYTES,
    MAX_BYTES_BESIDE_BODY,
    Delivered,
    Failed,
    OutboundHttp,
    Refused,
    TimedOut,
    _wire_url,
)

PATIENT = {"connect_seconds": 20, "total_seconds": 20}
HASTY = {"connect_seconds": 20, "total_seconds": 0.05}


class Server:
    """A real server on this machine that answers as it is told and keeps what it gets."""

    def __init__(self):
        self.base = ""
        self.received = []
        self.respond = self.thank

    async def thank(self, _request):
        return web.Response(text="thanks")

    async def handle(self, request):
        self.received.append((request.method, request.raw_path, request.headers.copy(), await request.read()))
        return await self.respond(request)

    @property
    def port(self):
        return int(self.base.rpartition(":")[2])


@pytest.fixture
async def server():
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def http():
    async with OutboundHttp() as http:
        yield http


def leading_to(*addresses):
    async def look_up(_host):
        return addresses

    return look_up


@asynccontextmanager
async def raw_server(speak):
    """A server below HTTP: `speak` gets the connection after the request came in."""

    async def handle(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            await speak(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def test_a_body_arrives_as_it_is_and_the_answer_comes_back(http, server):
    outcome = await http.post(
        f"{server.base}/hook?tenant=7", b'{"a":1}', {"Authorization-Nonce": "n"}, **PATIENT, allow_private=True
    )
    assert isinstance(outcome, Delivered)
    assert (outcome.status, outcome.body) == (200, b"thanks")
    method, target, headers, body = server.received[0]
    assert (method, target, body) == ("POST", "/hook?tenant=7", b'{"a":1}')
    assert "Authorization-Nonce" in list(headers)  # in this spelling: receivers look it up so


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0x7f000001",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[2002:7f00:1::1]",
        "localhost",
    ],
)
async def test_a_host_of_our_own_network_is_not_called(http, server, host):
    outcome = await http.post(f"http://{host}:{server.port}/", b"", {}, **PATIENT)
    assert outcome == Refused("address not allowed")
    assert server.received == []


@pytest.mark.parametrize("host", ["127.1", "2130706433", "017700000001", "0177.0.0.1", "0"])
@pytest.mark.parametrize("allow_private", [False, True])
async def test_an_address_in_an_unusual_spelling_is_never_called(http, server, host, allow_private):
    outcome = await http.post(f"http://{host}:{server.port}/", b"", {}, **PATIENT, allow_private=allow_private)
    assert outcome == Failed("not a valid URL")
    assert server.received == []


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["::1"], ["169.254.169.254"], ["::ffff:127.0.0.1"], ["8.8.8.8", "127.0.0.1"]],
)
async def test_a_name_that_leads_into_our_own_network_is_not_called(server, addresses):
    async with OutboundHttp(leading_to(*addresses)) as http:
        outcome = await http.post(f"http://rebound.example:{server.port}/", b"", {}, **PATIENT)
    assert outcome == Refused("address not allowed")
    assert server.received == []


async def test_a_connection_made_with_leave_is_not_used_without(http, server):
    assert isinstance(await http.post(server.base, b"", {}, **PATIENT, allow_private=True), Delivered)
    assert isinstance(await http.post(server.base, b"", {}, **PATIENT), Refused)
    assert len(server.received) == 1


async def test_with_leave_a_name_may_lead_anywhere(server):
    async with OutboundHttp(leading_to("127.0.0.1")) as http:
        outcome = await http.post(f"http://inside.example:{server.port}/", b"", {}, **PATIENT, allow_private=True)
    assert isinstance(outcome, Delivered)
    assert server.received[0][2]["Host"] == f"inside.example:{server.port}"


async def test_a_redirect_is_not_followed(http, server):
    async def redirect(_request):
        return web.Response(status=302, headers={"Location": f"{server.base}/elsewhere"})

    server.respond = redirect
    outcome = await http.post(f"{server.base}/hook", b"", {}, **PATIENT, allow_private=True)
    assert (outcome.status, outcome.headers["Location"]) == (302, f"{server.base}/elsewhere")
    assert len(server.received) == 1


async def test_of_a_long_answer_only_the_beginning_is_kept(http, server):
    async def ramble(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:  # until nobody listens any more
            await response.write(b"x" * 10_000)

    server.respond = ramble
    outcome = await http.post(server.base, b"", {}, **PATIENT, allow_private=True)
    assert outcome.body == b"x" * LONGEST_BODY_KEPT_BYTES


async def test_of_long_headers_only_the_beginning_is_kept(http):
    async def speak(writer):
        lines = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 4000) for number in range(10))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + b"\r\n")
        await writer.drain()

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert sum(len(name) + len(value) for name, value in outcome.headers.items()) <= LONGEST_HEADERS_KEPT_BYTES
    assert "X-0" in outcome.headers


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Security-Policy: " + b"x" * 9_000],
        [b"Set-Cookie: a=" + b"x" * 20_000],
        [b"X-%d: v" % number for number in range(130)],
        [b"X-%d: v" % number for number in range(5_000)],
        [b"X-Large: " + b"x" * 300_000],
    ],
    ids=["9KB", "20KB", "130", "5000", "300KB"],
)
async def test_an_answer_counts_however_many_and_long_its_headers_are(http, lines):
    async def speak(writer):
        writer.write(b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: 2", *lines, b"X-Last: 1", b"", b"ok"]))
        await writer.drain()

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert isinstance(outcome, Delivered)
    assert (outcome.status, outcome.body) == (200, b"ok")
    assert sum(len(name) + len(value) for name, value in outcome.headers.items()) <= LONGEST_HEADERS_KEPT_BYTES


async def test_headers_that_do_not_fit_leave_room_for_those_after_them(http):
    async def speak(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nX-Large: %s\r\nContent-Length: 0\r\n\r\n" % (b"x" * 20_000))
        await writer.drain()

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert outcome.headers == {"Content-Length": "0"}


async def test_headers_without_end_are_not_read_on(http):
    written = 0

    async def speak(writer):
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: " + b"y" * 10_000 + b"\r\n")
            await writer.drain()
            written += 10_000

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert outcome == Failed("headers too long")
    assert written < 20 * MAX_BYTES_BESIDE_BODY  # the rest are buffers of the operating system


async def test_trailers_without_end_are_not_read_on(http):
    async def speak(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n")
        while True:
            writer.write(b"X: " + b"y" * 10_000 + b"\r\n")
            await writer.drain()

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert (outcome.status, outcome.body) == (200, b"ok")


async def test_an_answer_to_a_post_counts_though_its_body_breaks_off(http):
    async def break_off(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok")
        await writer.drain()

    async with raw_server(break_off) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
        assert (outcome.status, outcome.body) == (200, b"ok")
        got = await http.get(base, {}, **PATIENT, most_bytes=100, allow_private=True)
        assert got == Failed("connection lost")


class Kept:
    """A server that keeps each connection for as many requests as it is told, then closes it upon the next one."""

    def __init__(self, *answered, last_words=b""):
        self.answered = list(answered)
        self.last_words = last_words
        self.received = 0
        self.connections = 0

    async def handle(self, reader, writer):
        self.connections += 1
        left = self.answered.pop(0)
        while left is None or left >= 0:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            await reader.readexactly(length)
            if left == 0:
                writer.write(self.last_words)
                break
            self.received += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            left = None if left is None else left - 1
        writer.close()

    @asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self.handle, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()


async def test_what_met_a_kept_connection_that_was_closed_is_sent_again_on_a_fresh_one(http):
    kept = Kept(1, 1)
    async with kept.open() as base:
        for _ in range(2):
            outcome = await http.post(base, b"{}", {}, **PATIENT, allow_private=True)
            assert isinstance(outcome, Delivered)
    assert (kept.received, kept.connections) == (2, 2)


async def test_it_is_sent_again_on_no_other_kept_connection(http):
    kept = Kept(1, 1, 1, 1)
    async with kept.open() as base:
        await asyncio.gather(*(http.post(base, b"{}", {}, **PATIENT, allow_private=True) for _ in range(3)))
        assert kept.connections == 3
        assert isinstance(await http.post(base, b"{}", {}, **PATIENT, allow_private=True), Delivered)
    assert (kept.received, kept.connections) == (4, 4)


async def test_nothing_is_sent_again_that_was_sent_on_a_fresh_connection(http):
    kept = Kept(0, 1)
    async with kept.open() as base:
        assert await http.post(base, b"{}", {}, **PATIENT, allow_private=True) == Failed("connection lost")
    assert kept.connections == 1


async def test_nothing_is_sent_again_once_an_answer_has_begun(http):
    kept = Kept(1, 1, last_words=b"HTTP/1.1 2")
    async with kept.open() as base:
        assert isinstance(await http.post(base, b"{}", {}, **PATIENT, allow_private=True), Delivered)
        assert isinstance(await http.post(base, b"{}", {}, **PATIENT, allow_private=True), Failed)
    assert (kept.received, kept.connections) == (1, 1)


async def test_what_is_sent_again_is_looked_up_anew():
    kept = Kept(1, 1)
    leads_to = ["127.0.0.1"]

    async def look_up(_host):
        return leads_to

    async with kept.open() as base, OutboundHttp(look_up) as http:
        url = base.replace("127.0.0.1", "moved.example")
        assert isinstance(await http.post(url, b"", {}, **PATIENT, allow_private=True), Delivered)
        leads_to.clear()
        assert await http.post(url, b"", {}, **PATIENT, allow_private=True) == Failed("host not found")
    assert kept.received == 1


async def test_what_the_other_side_says_about_another_time_is_handed_on(http):
    async def speak(writer):
        large = b"X-Large: %s\r\n" % (b"x" * 16_000) * 2
        writer.write(b"HTTP/1.1 429 Slow\r\n%sretry-after: 120\r\nContent-Length: 0\r\n\r\n" % large)
        await writer.drain()

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert (outcome.status, outcome.retry_after) == (429, "120")


async def test_a_compressed_answer_is_kept_compressed(http):
    async def speak(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb")
        await writer.drain()

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert outcome.body == b"bomb"


async def test_headers_come_as_valid_text_and_repeated_ones_joined(http):
    async def speak(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: \xff\xc3\xa9\r\nB: 1\r\nB: 2\r\n\r\n")
        await writer.drain()

    async with raw_server(speak) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert (outcome.headers["A"], outcome.headers["B"]) == ("\ufffdé", "1, 2")


async def test_a_server_that_never_answers_times_out(http):
    async def say_nothing(_writer):
        await asyncio.Event().wait()

    async with raw_server(say_nothing) as base:
        assert await http.post(base, b"", {}, **HASTY, allow_private=True) == TimedOut()


async def test_a_server_that_does_not_come_to_an_end_times_out_with_its_status(http):
    async def begin(writer):
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nwait")
        await writer.drain()
        await asyncio.Event().wait()

    async with raw_server(begin) as base:
        outcome = await http.post(base, b"", {}, connect_seconds=20, total_seconds=1, allow_private=True)
    assert outcome == TimedOut(503)


async def test_a_name_that_never_resolves_times_out():
    async def look_for_ever(_host):
        await asyncio.Event().wait()

    async with OutboundHttp(look_for_ever) as http:
        assert await http.post("http://slow.example/", b"", {}, **HASTY) == TimedOut()


async def test_a_name_that_does_not_exist_fails():
    async def find_nothing(_host):
        raise OSError("no such name")

    for look_up in (find_nothing, leading_to()):
        async with OutboundHttp(look_up) as http:
            assert await http.post("http://nobody.example/", b"", {}, **PATIENT) == Failed("host not found")


async def test_a_label_too_long_for_dns_fails(http):
    assert await http.post(f"http://{'a' * 70}.example/", b"", {}, **PATIENT) == Failed("host not found")


async def test_a_closed_port_fails(http):
    async with raw_server(lambda _writer: asyncio.Event().wait()) as base:
        pass
    assert await http.post(base, b"", {}, **PATIENT, allow_private=True) == Failed("could not connect")


async def test_an_answer_that_is_not_http_fails(http):
    async def babble(writer):
        writer.write(b"220 smtp.example ready\r\n\r\n")
        await writer.drain()

    async with raw_server(babble) as base:
        outcome = await http.post(base, b"", {}, **PATIENT, allow_private=True)
    assert outcome == Failed("not an HTTP answer")


async def test_a_broken_connection_fails(http):
    async def hang_up(writer):
        writer.transport.abort()

    async with raw_server(hang_up) as base:
        assert await http.post(base, b"", {}, **PATIENT, allow_private=True) == Failed("connection lost")


async def test_plain_http_on_the_other_side_fails_the_tls_handshake(http, server):
    url = server.base.replace("http:", "https:")
    assert await http.post(url, b"", {}, **PATIENT, allow_private=True) == Failed("TLS handshake failed")


@pytest.mark.parametrize(
    "url", ["", "example.com", "ftp://example.com/", "http://", "http://[::1/", "http://a:99999999/"]
)
async def test_what_is_no_url_fails(http, url):
    assert await http.post(url, b"", {}, **PATIENT) == Failed("not a valid URL")


@pytest.mark.parametrize(
    ("text", "on_the_wire"),
    [
        ("https://example.com/a%2Fb/%7e?q=%C3%A9&x=a+b", "https://example.com/a%2Fb/%7e?q=%C3%A9&x=a+b"),
        ("https://example.com/a/../b//c?x", "https://example.com/a/../b//c?x"),
        ("https://example.com/é?x=é", "https://example.com/%C3%A9?x=%C3%A9"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://example.com?x=1", "https://example.com?x=1"),
    ],
)
def test_path_and_query_stay_as_they_are_written(text, on_the_wire):
    assert str(_wire_url(text)).replace("com/?x=1", "com?x=1") == on_the_wire


async def test_what_is_got_is_read_as_far_as_it_is_wanted(http, server):
    async def long(_request):
        return web.Response(body=b"x" * 100_000, content_type="image/png")

    server.respond = long
    for most, length in ((200_000, 100_000), (100_000, 100_000), (99_999, 99_999)):
        outcome = await http.get(f"{server.base}/a b", {}, **PATIENT, most_bytes=most, allow_private=True)
        assert (outcome.status, len(outcome.body)) == (200, length)
        assert outcome.headers["Content-Type"] == "image/png"
    method, target, _, body = server.received[0]
    assert (method, target, body) == ("GET", "/a%20b", b"")


async def test_getting_is_filtered_and_not_redirected_as_posting_is(http, server):
    async def elsewhere(_request):
        return web.Response(status=302, headers={"Location": server.base})

    server.respond = elsewhere
    assert await http.get(server.base, {}, **PATIENT, most_bytes=5) == Refused("address not allowed")
    assert server.received == []
    outcome = await http.get(server.base, {}, **PATIENT, most_bytes=5, allow_private=True)
    assert outcome.status == 302
    assert len(server.received) == 1
