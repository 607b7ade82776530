"""A short run of nonsense: bytes at the parser, requests changed after signing, bodies changed before.

Seeded, so that a failure can be seen again: `make security ARGS="--seed 7"`.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bitpesa.kernel.values import json
from experiments.security.doors import DOORS
from experiments.security.findings import Chapter, Promise
from experiments.security.place import HOST, Server
from experiments.security.stage import Stage, signed

RAW = 400
CHANGED = 300
BODIES = 900
AT_ONCE = 20
SECONDS_TO_LISTEN = 0.3
"""How long an answer to nonsense is waited for: the server may rightly wait for the rest of it."""

SEEDS = (
    b"GET /v1/accounts?page=1 HTTP/1.1\r\nhost: a\r\naccept: */*\r\n\r\n",
    b'POST /v1/senders HTTP/1.1\r\nhost: a\r\ncontent-length: 13\r\n\r\n{"sender":{}}',
    b"POST /v1/senders HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\nx: y\r\n\r\n",
    b"GET /pay/x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET http://a/v1/accounts HTTP/1.1\r\nhost: a\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)
PIECES = (
    b"\r\n",
    b"\n",
    b"\x00",
    b"\xff",
    b" ",
    b":",
    b"%",
    b"?",
    b"\r\n\r\n",
    b"HTTP/1.1",
    b"content-length: 1\r\n",
    b"0\r\n\r\n",
)
STRANGE = (
    *(None, True, False, 0, -1, 2**53, 2**63, 2**64, -(2**63) - 1, 0.1),
    *("", " ", "\x00", "x" * 300, "é", "\U0001f600", "-1", "1e9", "0x1", "NaN", "+", "@", "id", "USD::Balance"),
    *("2026-02-30", "9999-12-31", "0000-00-00", [], {}, [[]], {"": ""}, [None]),
)
"""Values where others belong."""


async def fuzz(stage: Stage, server: Server, seed: int) -> Chapter:
    """Talk nonsense for a while."""
    chance = random.Random(seed)
    promises = [
        await _raw(server, chance),
        await _changed(stage, server, chance),
        await _bodies(stage, server, chance),
        await _afterwards(stage, server),
    ]
    return Chapter(f"Nonsense (seed {seed})", promises)


async def _raw(server: Server, chance: random.Random) -> Promise:
    promise = Promise(sentence="bytes that may be no HTTP make the server fail in no way")
    told: dict[int | None, int] = {}

    async def throw(raw: bytes) -> None:
        status = await _say(server, raw)
        told[status] = told.get(status, 0) + 1
        promise.hold(so=_is_fine(status), attempt=f"{raw[:80]!r}: {status}")

    await _few_at_a_time([partial(throw, _mutated(chance, chance.choice(SEEDS))) for _ in range(RAW)])
    promise.figure = _counted(told)
    return promise


async def _changed(stage: Stage, server: Server, chance: random.Random) -> Promise:
    """A signature covers method, URL and body: whatever is changed in them, nobody is let in."""
    promise = Promise(sentence="a signed request that was changed on its way is not let in")
    told: dict[int | None, int] = {}

    async def throw(raw: bytes, what: str) -> None:
        status = await _say(server, raw)
        told[status] = told.get(status, 0) + 1
        so = _is_fine(status) and status not in {200, 201}
        promise.hold(so=so, attempt=f"{what}: {status}")

    throws: list[Callable[[], Any]] = []
    for _ in range(CHANGED):
        method, path, body = chance.choice(
            (("GET", "/v1/accounts?page=1", b""), ("POST", "/v1/senders", b'{"sender":{"external_id":"fuzz"}}'))
        )
        headers = signed(stage.own, method, server.base + path, body)
        covered = [method.encode(), path.encode(), body, headers["Authorization-Nonce"].encode()]
        place = chance.choice([at for at, part in enumerate(covered) if part])
        before = covered[place]
        while covered[place] == before:
            covered[place] = _flipped(chance, before)
        new_method, new_path, new_body, nonce = covered
        head = b"%s %s HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n" % (new_method, new_path, len(new_body))
        sent = {name: value.encode() for name, value in headers.items()} | {"Authorization-Nonce": nonce}
        lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in sent.items())
        throws.append(partial(throw, head + lines + b"\r\n" + new_body, f"{before!r} to {covered[place]!r}"))
    await _few_at_a_time(throws)
    promise.figure = _counted(told)
    return promise


async def _bodies(stage: Stage, server: Server, chance: random.Random) -> Promise:
    """Every operation that takes a body, with values where others belong, signed rightly."""
    promise = Promise(sentence="a body full of nonsense is refused, never failed at")
    told: dict[int | None, int] = {}
    doors = [(name, door) for name, door in DOORS.items() if door.sends is not None and "reset" not in name]

    async def throw(method: str, path: str, content: Any) -> None:
        body = json.encode(content)
        headers = signed(stage.neighbour, method, f"{server.base}/v1{path}", body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} /v1{path} HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
        status = await _say(server, head.encode() + body, patient=True)
        told[status] = told.get(status, 0) + 1
        promise.hold(so=status is not None and status < 500, attempt=f"{method} {path} {body[:300]!r}: {status}")

    throws: list[Callable[[], Any]] = []
    for number in range(BODIES):
        name, door = doors[number % len(doors)]
        assert door.sends is not None
        method, _, path = name.partition(" ")
        if door.names is not None:
            before, _, after = path.partition("{")
            path = before + stage.objects[door.names] + after.partition("}")[2]
        content = door.sends(stage.objects)
        for _ in range(chance.randint(1, 3)):
            content = _strange(chance, content)
        throws.append(partial(throw, method, path, content))
    await _few_at_a_time(throws)
    promise.figure = _counted(told)
    return promise


async def _afterwards(stage: Stage, server: Server) -> Promise:
    promise = Promise(sentence="the server answers afterwards, and never failed")
    headers = signed(stage.neighbour, "GET", f"{server.base}/v1/accounts", b"")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    status = await _say(server, f"GET /v1/accounts HTTP/1.1\r\nhost: a\r\n{lines}\r\n".encode(), patient=True)
    promise.hold(so=status == 200, attempt=f"its owner is answered {status}")
    errors = [line for line in server.log.read_text(encoding="utf-8").splitlines() if '"level": "error"' in line]
    promise.hold(so=not errors, attempt=f"{len(errors)} errors in its log: {errors[:1]}")
    return promise


async def _few_at_a_time(acts: Sequence[Callable[[], Any]]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(act: Callable[[], Any]) -> None:
        async with room:
            await act()

    async with asyncio.TaskGroup() as group:
        for act in acts:
            group.create_task(one(act))


async def _say(server: Server, raw: bytes, *, patient: bool = False) -> int | None:
    """The status of the first answer; None when none came."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    try:
        writer.write(raw)
        with contextlib.suppress(TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            async with asyncio.timeout(60 if patient else SECONDS_TO_LISTEN):
                line = await reader.readuntil(b"\r\n")
                return int(line.split()[1])
        return None
    finally:
        writer.transport.abort()


def _is_fine(status: int | None) -> bool:
    return status is None or status < 500 or status == 503


def _mutated(chance: random.Random, seed: bytes) -> bytes:
    raw = bytearray(seed)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(4):
            case 0:
                raw[at:at] = chance.choice(PIECES)
            case 1:
                del raw[at : at + chance.randint(1, 8)]
            case 2:
                raw[at : at + 1] = bytes([chance.randrange(256)])
            case _:
                raw[at:at] = raw[: chance.randint(1, 40)]
    return bytes(raw)


def _flipped(chance: random.Random, part: bytes) -> bytes:
    """Another text of the same kind: letters for letters, so that it is HTTP as before."""
    at = chance.randrange(len(part))
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" if part.isupper() else b"abcdefghijklmnopqrstuvwxyz0123456789"
    return part[:at] + bytes([chance.choice(letters)]) + part[at + 1 :]


def _strange(chance: random.Random, value: Any) -> Any:
    """The value with something strange somewhere in it."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        match chance.randrange(10):
            case 0:
                return {key: each for key, each in value.items() if key != name}
            case 1:
                return {**value, chance.choice(("", "id", "\x00", "errors", "x" * 300)): value[name]}
            case _:
                return {**value, name: _strange(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], _strange(chance, value[at]), *value[at + 1 :], *value[: chance.randrange(2)]]
    return chance.choice((*STRANGE, value, [value], {"id": value}))


def _counted(told: dict[int | None, int]) -> str:
    return ", ".join(
        f"{count} x {status or 'silence'}" for status, count in sorted(told.items(), key=lambda each: each[0] or 0)
    )
