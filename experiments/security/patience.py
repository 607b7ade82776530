"""Limits on size and time: whoever sends too much, too slowly or too strangely is refused, and memory stays bounded."""

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import msgspec

from bitpesa.kernel.values import json
from experiments.security.findings import Chapter, Promise
from experiments.security.place import HARSH, HOST, Server
from experiments.security.stage import Stage, signed
from tests.journeys.sockets import Heard, hear
from tests.journeys.world import PERSON, ok

MIB = 1024 * 1024
SECONDS_AT_MOST = 60
"""How long anything here may take before it counts as hanging. Nothing is judged by how fast it was."""

MOST_MEMORY_BYTES = HARSH["max_bodies_bytes"] + 112 * MIB
"""What the process may grow by: all that bodies may take together, twice over while they are copied, and change."""

DEEP = 100_000
MANY = 100_000
Line = tuple[str, bytes]


class Asked(msgspec.Struct, frozen=True):
    """A signed request that is refused, and how."""

    what: str
    method: str
    path: str
    body: bytes
    statuses: frozenset[int]
    headers: dict[str, str] = {}


async def patience(stage: Stage, server: Server) -> Chapter:
    """Try the server's patience, looking at its memory all the while."""
    memory = _Memory(server)
    attacks = _Attacks(stage, server)
    async with memory.watched():
        promises = [
            await attacks.slow("heads that do not come are not waited for", _slow_heads(), {408}),
            await attacks.slow("bodies that do not come are not waited for", _slow_bodies(stage), set()),
            await attacks.endless("heads without end are refused", _endless_heads()),
            await attacks.too_many(),
            await attacks.bodies_together(),
            await attacks.answers_left_lying(),
            await attacks.refused("what is too large or too deep is refused", _too_much()),
            await attacks.refused("numbers that are none are refused", _odd_numbers()),
            await attacks.refused("text that cannot be stored is refused or kept as it is", _odd_text()),
            await attacks.refused("queries may be as odd as they like", _odd_queries()),
            await attacks.ambiguous(),
            await attacks.pipelined(),
            await attacks.injected(),
        ]
    return Chapter("Limits", [*promises, await attacks.still_there(), memory.promise()])


class _Memory:
    """The memory of a process while others try to fill it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = server.memory_bytes
        self._most = self._before
        self._looks = 0

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look at it again and again while the block runs."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def promise(self) -> Promise:
        """That it stayed within its bound."""
        grown = self._most - self._before
        promise = Promise(sentence=f"memory grows by no more than {MOST_MEMORY_BYTES // MIB} MiB meanwhile")
        promise.tried, promise.figure = (
            self._looks,
            f"{grown / MIB:.0f} MiB more than the {self._before / MIB:.0f} before",
        )
        if grown > MOST_MEMORY_BYTES:
            promise.broken.append(f"it grew by {grown / MIB:.0f} MiB")
        return promise

    async def _look(self) -> None:
        while True:
            self._most = max(self._most, self._server.memory_bytes)
            self._looks += 1
            await asyncio.sleep(0.02)


class _Attacks:
    def __init__(self, stage: Stage, server: Server) -> None:
        self._stage = stage
        self._server = server

    async def slow(self, sentence: str, beginnings: Iterable[Line], statuses: set[int]) -> Promise:
        """Begin, and never go on: the server says so or hangs up, however many do it at once."""
        promise = Promise(sentence=sentence)

        async def begin(what: str, beginning: bytes) -> None:
            said = await self._until_hung_up(beginning)
            status = int(said.split()[1]) if said else None
            promise.hold(so=status in statuses or status is None, attempt=f"{what}: {status}")

        async with asyncio.TaskGroup() as group:
            for what, beginning in beginnings:
                for _ in range(5):
                    group.create_task(begin(what, beginning))
        return promise

    async def endless(self, sentence: str, streams: Iterable[tuple[str, bytes, bytes]]) -> Promise:
        """Go on and on until refused."""
        promise = Promise(sentence=sentence)
        sent_at_most = 0
        for what, beginning, more in streams:
            async with self._connected() as (reader, writer):
                writer.write(beginning)
                sent, said = 0, asyncio.ensure_future(hear(reader))
                with contextlib.suppress(ConnectionError):
                    while not said.done() and sent < 64 * MIB:
                        writer.write(more)
                        await writer.drain()
                        sent += len(more)
                heard = await _or_none(said)
                status = None if heard is None else heard.status
                promise.hold(
                    so=status in {400, 431, None} and sent < 64 * MIB, attempt=f"{what}: {status} after {sent}"
                )
                sent_at_most = max(sent_at_most, sent)
        promise.figure = f"refused after {sent_at_most / MIB:.1f} MiB at most"
        return promise

    async def too_many(self) -> Promise:
        """More connections than there may be: those beyond are told, those before are served."""
        promise = Promise(sentence="connections beyond the limit are turned away, those before served")
        most, turned_away = HARSH["max_connections"], 0
        async with contextlib.AsyncExitStack() as stack:
            held = [await stack.enter_async_context(self._connected()) for _ in range(most * 2)]

            async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int | None:
                with contextlib.suppress(ConnectionError):
                    writer.write(b"GET /v1/accounts HTTP/1.1\r\nhost: a\r\n\r\n")
                heard = await _or_none(asyncio.ensure_future(hear(reader)))
                return None if heard is None else heard.status

            statuses = await asyncio.gather(*(ask(*each) for each in held))
            turned_away = sum(status in {503, None} for status in statuses)
        for status in statuses:
            promise.hold(so=status in {401, 503, None}, attempt=f"answered {status}")
        promise.hold(so=turned_away >= most, attempt=f"only {turned_away} of {most * 2} were turned away")
        promise.hold(so=statuses.count(401) >= most * 0.9, attempt=f"only {statuses.count(401)} were served")
        promise.figure = f"{turned_away} of {len(statuses)} turned away"
        return promise

    async def bodies_together(self) -> Promise:
        """Strangers begin large bodies and never finish: together they get no more room than there is."""
        promise = Promise(sentence="unfinished bodies together have a limit")
        size = HARSH["max_body_bytes"] - 1024
        head = (
            "POST /v1/senders HTTP/1.1\r\nhost: a\r\nauthorization-key: sandbox_x\r\nauthorization-nonce: n\r\n"
            f"authorization-signature: s\r\ncontent-length: {size}\r\n\r\n"
        ).encode()

        async def begin() -> int | None:
            try:
                async with self._connected() as (reader, writer):
                    writer.write(head + b"x" * (size - 1))
                    await writer.drain()
                    heard = await _or_none(asyncio.ensure_future(hear(reader)))
                    return None if heard is None else heard.status
            except ConnectionError:
                return None

        statuses = await asyncio.gather(*(begin() for _ in range(40)))
        for status in statuses:
            promise.hold(so=status in {503, None}, attempt=f"answered {status}")
        promise.hold(so=503 in statuses, attempt="nobody was told that there is no more room")
        promise.figure = f"{40 * size / MIB:.0f} MiB offered, {HARSH['max_bodies_bytes'] // MIB} taken at most"
        return promise

    async def answers_left_lying(self) -> Promise:
        """Ask for long answers and take none."""
        promise = Promise(sentence="who does not take answers is not kept")
        asked = b"GET /documentation/openapi.json HTTP/1.1\r\nhost: a\r\n\r\n" * 400

        async def ask() -> None:
            try:
                async with self._connected(limit=1) as (reader, writer):
                    reader._transport.pause_reading()  # type: ignore[attr-defined]
                    writer.write(asked)
                    closing = asyncio.ensure_future(writer.wait_closed())
                    closing.add_done_callback(lambda done: done.exception())
                    with contextlib.suppress(ConnectionError):
                        while not closing.done() and not writer.is_closing():
                            writer.write(b"\r\n")
                            await asyncio.sleep(0.2)
            except ConnectionError:
                pass
            promise.hold(so=True, attempt="")

        try:
            async with asyncio.timeout(SECONDS_AT_MOST), asyncio.TaskGroup() as group:
                for _ in range(20):
                    group.create_task(ask())
        except TimeoutError:
            promise.hold(so=False, attempt="the connection was kept")
        return promise

    async def refused(self, sentence: str, requests: Iterable[Asked]) -> Promise:
        """Signed rightly, by a client that is known."""
        promise = Promise(sentence=sentence)
        for asked in requests:
            heard = await self._ask(asked)
            promise.hold(
                so=heard is not None and heard.status in asked.statuses, attempt=f"{asked.what}: {_told(heard)}"
            )
        return promise

    async def ambiguous(self) -> Promise:
        """Requests that a proxy in front could read differently are refused, and nothing behind them is read."""
        promise = Promise(sentence="a request that can be read in two ways is refused, with all behind it")
        smuggled = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n"
        for framing in (
            b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            b"content-length: 4\r\ncontent-length: 5\r\n\r\nfour",
            b"content-length: 4,5\r\n\r\nfour",
            b"content-length: -4\r\n\r\nfour",
            b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            b"transfer-encoding: identity, chunked, x\r\n\r\n0\r\n\r\n",
            b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
            b"transfer-encoding: chunked\r\n\r\n4\nfour\n0\n\n",
            b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            b" folded: x\r\n\r\n",
            b"x: a\x00b\r\n\r\n",
        ):
            said = await self._until_hung_up(b"POST /v1/senders HTTP/1.1\r\nhost: a\r\n" + framing + smuggled)
            answers = said.count(b"HTTP/1.1 ")
            so = answers == 1 and b" 200 " not in said.partition(b"\r\n")[0]
            promise.hold(so=so, attempt=f"{framing!r}: {answers} answers, {said[:30]!r}")
        return promise

    async def pipelined(self) -> Promise:
        """Many requests in one go are answered one after the other, in their order."""
        promise = Promise(sentence="pipelined requests are answered in order")
        count = 500
        async with self._connected() as (reader, writer):
            for number in range(count):
                path = b"/healthz" if number % 2 else b"/v1/accounts"
                writer.write(b"GET " + path + b" HTTP/1.1\r\nhost: a\r\n\r\n")
            for number in range(count):
                heard = await hear(reader)
                promise.hold(so=heard.status == (200 if number % 2 else 401), attempt=f"{number}: {heard.status}")
        return promise

    async def injected(self) -> Promise:
        """What comes in headers, paths and queries never becomes a header of an answer."""
        promise = Promise(sentence="nothing that is sent becomes a header of the answer")
        break_out = "%0d%0aset-cookie:%20injected=1"
        for path in (
            f"/v1/senders/{break_out}",
            f"/v1/accounts?page={break_out}",
            f"/pay/{break_out}",
            f"/documentation/{break_out}",
            f"/{break_out}",
            f"/files/{break_out}/x?{break_out}",
            f"/report_files/{break_out}",
        ):
            for name in ("x-request-id", "idempotency-key", "x-forwarded-host", "origin"):
                raw = f"GET {path} HTTP/1.1\r\nhost: a\r\n{name}: injected%0d%0a\r\nconnection: close\r\n\r\n".encode()
                said = await self._until_hung_up(raw)
                head = said.partition(b"\r\n\r\n")[0].lower()
                promise.hold(
                    so=b"injected" not in head and b"set-cookie" not in head, attempt=f"{path}, {name}: {head!r}"
                )
        return promise

    async def still_there(self) -> Promise:
        """After all that."""
        promise = Promise(sentence="the server answers afterwards, and never failed")
        asked = Asked("its owner", "GET", "/accounts", b"", frozenset({200}))
        heard = await self._ask(asked)
        promise.hold(so=heard is not None and heard.status == 200, attempt=f"its owner: {_told(heard)}")
        promise.hold(so=self._server.is_running, attempt="it ended")
        failures = self._server.log.read_text(encoding="utf-8").count('"level": "error"')
        promise.hold(so=failures == 0, attempt=f"{failures} errors in its log")
        return promise

    # -- connections

    @asynccontextmanager
    async def _connected(self, **how: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(HOST, self._server.port, **how)
        try:
            async with asyncio.timeout(SECONDS_AT_MOST):
                yield reader, writer
        finally:
            writer.transport.abort()

    async def _until_hung_up(self, raw: bytes) -> bytes:
        """All that is said until the server hangs up."""
        async with self._connected() as (reader, writer):
            said = b""
            with contextlib.suppress(ConnectionError):
                writer.write(raw)
                await writer.drain()
                while more := await reader.read(65_536):
                    said += more
            return said

    async def _ask(self, asked: Asked) -> Heard | None:
        key = self._stage.neighbour
        headers = signed(key, asked.method, f"{self._server.base}/v1{asked.path}", asked.body) | asked.headers
        lines = [f"{asked.method} /v1{asked.path} HTTP/1.1", "host: a", f"content-length: {len(asked.body)}"]
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""])
        async with self._connected() as (reader, writer):
            with contextlib.suppress(ConnectionError):
                writer.write(head.encode() + asked.body)
            return await _or_none(asyncio.ensure_future(hear(reader)))


def _slow_heads() -> Iterable[Line]:
    yield "silence", b""
    yield "half a line", b"GET /v1/acc"
    yield "half a head", b"GET /v1/accounts HTTP/1.1\r\nhost: a\r\nx-"
    yield "an empty line", b"\r\n"


def _slow_bodies(stage: Stage) -> Iterable[Line]:
    head = signed(stage.neighbour, "POST", "http://a/v1/senders", b"")
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    begun = f"POST /v1/senders HTTP/1.1\r\nhost: a\r\n{lines}".encode()
    yield "no body at all", begun + b"content-length: 100\r\n\r\n"
    yield "half a body", begun + b"content-length: 100\r\n\r\n{"
    yield "half a chunk", begun + b"transfer-encoding: chunked\r\n\r\n64\r\n{"
    yield "half a size", begun + b"transfer-encoding: chunked\r\n\r\n6"


def _endless_heads() -> Iterable[tuple[str, bytes, bytes]]:
    chunked = b"POST /v1/senders HTTP/1.1\r\nhost: a\r\nauthorization-key: k\r\nauthorization-nonce: n\r\n"
    chunked += b"authorization-signature: s\r\ntransfer-encoding: chunked\r\n\r\n"
    yield "a URL", b"GET /", b"a" * 65_536
    yield "a query", b"GET /v1/accounts?", b"a=b&" * 16_384
    yield "a name", b"GET / HTTP/1.1\r\n", b"a" * 65_536
    yield "a value", b"GET / HTTP/1.1\r\na: ", b"a" * 65_536
    yield "headers", b"GET / HTTP/1.1\r\n", b"a: b\r\n" * 10_000
    yield "a trailer", chunked + b"1\r\nx\r\n0\r\n", b"a: b\r\n" * 10_000
    yield "a chunk's extension", chunked + b"1;", b"a" * 65_536
    yield "empty lines", b"", b"\r\n" * 32_768


def _too_much() -> Iterable[Asked]:
    refused = frozenset({400, 413, 415, 422})
    leg, most = ok("00"), HARSH["max_body_bytes"]
    payment = {"input_currency": "USD", "sender": {"external_id": "S-1"}}

    def post(what: str, body: bytes, path: str = "/transactions", **headers: str) -> Asked:
        return Asked(
            what, "POST", path, body, refused, {name.replace("_", "-"): value for name, value in headers.items()}
        )

    yield post("lists within lists", b"[" * DEEP)
    yield post("closed lists within lists", b"[" * DEEP + b"]" * DEEP)
    yield post("objects within objects", b'{"transaction":' * DEEP + b"1" + b"}" * DEEP)
    yield post("many recipients", json.encode({"transaction": {**payment, "recipients": [leg] * 8_000}}))
    small = {"requested_amount": 1}
    yield post("as many recipients as fit", json.encode({"transaction": {**payment, "recipients": [small] * MANY}}))
    yield post("empty recipients", b'{"transaction":{"recipients":[' + b",".join([b"{}"] * MANY * 10) + b"]}}")
    yield post("many debits", json.encode({"debit": [{"to_id": "x"}] * 50_000}), "/accounts/debits")
    yield post("many documents", json.encode({"sender": {**PERSON, "documents": [{}] * MANY}}), "/senders")
    yield post("many events", json.encode({"webhook": {"url": "https://a", "events": ["x"] * MANY}}), "/webhooks")
    yield post("a long field", json.encode({"sender": {**PERSON, "first_name": "x" * 3_000_000}}), "/senders")
    yield post("a long key", json.encode({"sender": {"x" * 3_000_000: 1}}), "/senders")
    yield post("more than a body may hold", b" " * (most + 1))
    yield post("a bomb", gzip.compress(b" " * 200_000_000, 9), content_encoding="gzip")
    yield post("a bomb of another kind", zlib.compress(b" " * 200_000_000, 9), content_encoding="deflate")
    yield post(
        "a bomb in a bomb", gzip.compress(gzip.compress(b" " * 200_000_000, 9), 9), content_encoding="gzip, gzip"
    )
    yield post("what says it is packed", b"{}", content_encoding="gzip")
    yield post("what is packed in no known way", b"{}", content_encoding="br")
    yield post("half a bomb", gzip.compress(b" " * 2_000_000)[:-8], content_encoding="gzip")


def _odd_numbers() -> Iterable[Asked]:
    refused = frozenset({400, 422})
    for number in (
        "1e999999999",
        "-1e999999999",
        "1e-999999999",
        "9" * 5_000,
        "0." + "9" * 5_000,
        "9" * 400 + "e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e1000000000000000000000",
        "0x10",
        "1_000",
        '"1e999999999"',
        '"' + "9" * 5_000 + '"',
        '"NaN"',
        '"sNaN"',
        '"Infinity"',
        '"\u0663\u0664"',
        "true",
        "[]",
        "{}",
    ):
        for path, body in (
            ("/transactions", '{"transaction":{"input_currency":"USD","recipients":[{"requested_amount":%s}]}}'),
            (
                "/transactions/calculate",
                '{"transaction":{"input_currency":"USD","recipients":[{"requested_amount":%s}]}}',
            ),
            ("/accounts/debits", '{"debit":{"to_id":"x","to_type":"Transaction","amount":%s}}'),
            ("/sandbox/clock", '{"clock":{"advance_seconds":%s}}'),
        ):
            yield Asked(f"{number[:30]} to {path}", "POST", path, (body % number).encode(), refused)


def _odd_text() -> Iterable[Asked]:
    fine = frozenset({200, 201, 400, 404, 422})
    for number, text in enumerate(
        (
            r"\u0000",
            r"\ud800",
            r"\udc00\ud800",
            r"\uffff",
            r"\ud83d\ude00",
            "\x7f",
            "\u202e",
            "\ufeff",
            "%00",
            "'; drop table x; --",
        )
    ):
        for field in ("first_name", "external_id", "email", "country", "phone_number", "birth_date", "ip"):
            sender = json.encode({"sender": {**PERSON, "external_id": f"odd-{number}-{field}", field: "@@"}})
            body = sender.replace(b"@@", text.encode("utf-8", "surrogatepass"))
            yield Asked(f"{text!r} as {field}", "POST", "/senders", body, fine)
    yield Asked("bytes that are no text", "POST", "/senders", b'{"sender":{"first_name":"\xff\xfe"}}', fine)
    yield Asked("an encoded surrogate", "POST", "/senders", b'{"sender":{"first_name":"\xed\xa0\x80"}}', fine)
    yield Asked("a raw NUL", "POST", "/senders", b'{"sender":{"first_name":"\x00"}}', fine)
    yield Asked("a byte order mark", "POST", "/senders", b'\xef\xbb\xbf{"sender":{}}', fine)


def _odd_queries() -> Iterable[Asked]:
    fine = frozenset({200, 400, 404})
    for what, query in {
        "many parameters": "a=b&" * 10_000,
        "many empty ones": "&" * 50_000,
        "one many times": "page=1&" * 8_000,
        "brackets": "a" + "[]" * 20_000 + "=1",
        "lists within lists": "state=0%3D" + "0%253D" * 8_000,
        "a moment without end": "created_at_from=" + "T12:34" * 9_000,
        "a page beyond all": "page=" + "9" * 1_000,
        "a page of another script": "page=%D9%A3",
        "NULs": "external_id=%00",
        "no text": "external_id=%ff",
        "half an escape": "external_id=%f",
    }.items():
        for path in ("/senders", "/transactions", "/api_logs", "/recipients"):
            yield Asked(f"{what} to {path}", "GET", f"{path}?{query}", b"", fine)


async def _or_none(said: "asyncio.Future[Heard]") -> Heard | None:
    """What was said; None when the server hung up without a word."""
    try:
        return await said
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _told(heard: Heard | None) -> str:
    return "nothing" if heard is None else f"{heard.status} {heard.raw[:80]!r}"
