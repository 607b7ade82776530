"""Proxies in front: who called is what they saw, and the server reads exactly what they answer for.

haproxy and nginx of Debian, with TLS. One that is not installed is not tried, and that is said.
"""

import asyncio
import contextlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import asyncpg

from experiments.harness.proxies import HOST, KINDS, Kind, Proxy, proxy_before
from experiments.harness.smuggling import shapes
from experiments.security.findings import Chapter, Promise
from experiments.security.place import free_port, serving
from experiments.security.stage import Stage, signed
from tests.web.kit.tls import make_certificate

SECONDS_AT_MOST = 60
SECONDS_OF_A_REQUEST = 4
AT_A_TIME = 8
VICTIMS = 30
NEAR = "127.9.0.7"
FAR = "127.9.1.7"

CLAIMS: tuple[dict[str, str], ...] = (
    {},
    {"X-Forwarded-For": NEAR},
    {"X-Forwarded-For": f"{NEAR}, {HOST}"},
    {"X-Forwarded-For": f"{NEAR}:80, unknown"},
    {"Forwarded": f"for={NEAR}"},
    {"X-Real-IP": NEAR},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "office.example", "X-Client-IP": NEAR},
)


async def proxies(stage: Stage, directory: Path, conn: asyncpg.Connection) -> Chapter:
    """Try it behind each proxy that is installed."""
    promises: list[Promise] = []
    for kind, program in _installed():
        promises += await _behind(stage, directory, conn, kind, program)
    return Chapter("Proxies in front", promises)


def _installed() -> Iterator[tuple[Kind, str]]:
    for kind in KINDS:
        found = shutil.which(kind) or shutil.which(kind, path="/usr/sbin")
        if found is None:
            print(f"{kind} is not installed and was not tried", file=sys.stderr)
        else:
            yield kind, found


async def _behind(stage: Stage, directory: Path, conn: asyncpg.Connection, kind: Kind, program: str) -> list[Promise]:
    folder = directory / kind
    folder.mkdir()
    port = free_port()
    limits = {"trusted_proxies": HOST, "office_networks": f"{NEAR}/32"}
    certificate = make_certificate(folder).path
    async with (
        serving(stage.world.platform.settings, folder, **limits) as server,
        proxy_before(
            server.port,
            port,
            kind=kind,
            program=program,
            certificate=certificate,
            folder=folder,
            seconds=SECONDS_OF_A_REQUEST,
        ) as proxy,
    ):
        believed = await _believed(proxy, server.base)
        answered = await _smuggled(stage, proxy, server.base)
        own = await _own_answers(stage, proxy, server.base)
    # the process has ended: every call that it let in is in the log
    return [believed, await _run_unanswered(conn, kind, answered), own]


async def _believed(proxy: Proxy, direct: str) -> Promise:
    promise = Promise(sentence=f"behind {proxy.kind}, nobody chooses the address that he calls from")
    for claim in CLAIMS:
        for origin in (proxy.origin, direct):
            status = await _ask(origin, FAR, claim)
            promise.hold(so=status == 404, attempt=f"{origin} {claim}: {status}")
    status = await _ask(proxy.origin, NEAR, {"X-Forwarded-For": FAR})
    promise.hold(so=status == 200, attempt=f"whoever is near: {status}")
    return promise


async def _ask(origin: str, address: str, headers: dict[str, str]) -> int:
    """Ask for the office from an address of this machine."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0), ssl=False)
    async with (
        aiohttp.ClientSession(connector=connector, trust_env=False) as session,
        session.get(f"{origin}/office/log-in", headers=headers) as answer,
    ):
        await answer.read()
        return answer.status


def _target(kind: Kind, number: int) -> str:
    return f"/v1/accounts?per=10&inner={kind}-{number}"


async def _smuggled(stage: Stage, proxy: Proxy, base: str) -> dict[str, int]:
    """Send every shape at once, and count the answers that each got."""

    turns = asyncio.Semaphore(AT_A_TIME)

    async def send(number: int) -> int:
        async with turns:
            return await send_now(number)

    async def send_now(number: int) -> int:
        target = _target(proxy.kind, number)
        headers = signed(stage.neighbour, "GET", base + target, b"")
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        inner = f"GET {target} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode()
        raw = list(shapes("/v1/senders", inner).values())[number]
        reader, writer = await proxy.connect()
        said = b""
        with contextlib.suppress(ConnectionError, OSError, TimeoutError):
            writer.write(raw)
            async with asyncio.timeout(SECONDS_AT_MOST):
                while more := await reader.read(65_536):
                    said += more
        writer.transport.abort()
        return len(re.findall(rb"HTTP/1\.[01] (?!1)\d\d\d ", said))

    names = list(shapes("", b""))
    answers = await asyncio.gather(*(send(number) for number in range(len(names))))
    return dict(zip(names, answers, strict=True))


async def _run_unanswered(conn: asyncpg.Connection, kind: Kind, answered: dict[str, int]) -> Promise:
    """A request that was hidden in another is run only where the proxy saw two, and answered two."""
    promise = Promise(sentence=f"behind {kind}, nothing hidden in a request is run")
    for number, (name, answers) in enumerate(answered.items()):
        run = await conn.fetchval(
            "select count(*) from api_logs where response_status = 200 and request_url like '%' || $1",
            _target(kind, number),
        )
        promise.hold(so=run == 0 or answers > 1, attempt=f"{name}: run {run} times, {answers} answers")
    return promise


async def _own_answers(stage: Stage, proxy: Proxy, base: str) -> Promise:
    """Whatever was sent before over the connections that the proxy keeps."""
    promise = Promise(sentence=f"behind {proxy.kind}, everybody gets the answer to what he asked")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False), trust_env=False) as session:
        for number in range(VICTIMS):
            target = "/v1/accounts" if number % 2 else "/healthz"
            headers = signed(stage.own, "GET", base + target, b"") if number % 2 else {}
            async with session.get(proxy.origin + target, headers=headers) as answer:
                body = await answer.read()
            so = answer.status == 200 and (b'"object"' in body) == bool(number % 2)
            promise.hold(so=so, attempt=f"{target}: {answer.status} {body[:40]!r}")
    return promise
