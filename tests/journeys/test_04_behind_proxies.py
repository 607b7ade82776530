"""Scenario 04, with the proxies of an operator in front: haproxy and nginx as Debian has them, by TLS."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from bitpesa.cli.client import Client
from bitpesa.server.http import answering, listen, make_front
from experiments.harness.proxies import HOST, KINDS, Kind, Proxy, proxy_before
from experiments.harness.smuggling import shapes
from tests.journeys.world import World
from tests.programs import program
from tests.web.kit.tls import make_certificate

SPOOFED = {
    "X-Forwarded-For": "10.9.0.7",
    "X-Forwarded-Proto": "http",
    "Forwarded": "for=10.9.0.7",
    "X-Real-IP": "10.9.0.7",
}
SECONDS = 60


class Behind(msgspec.Struct):
    """A proxy, and what the server behind it was asked: each request's path and query, address and scheme."""

    proxy: Proxy
    asked: list[tuple[str, str, str]] = []
    port: int = 0


@asynccontextmanager
async def behind(world: World, kind: Kind, folder: Path, *, seconds: int = 60, **changes: Any) -> AsyncIterator[Behind]:
    """The world's server once more, with a proxy in front of it."""
    found = program(kind, package="nginx-light" if kind == "nginx" else None)
    listener, free = listen(HOST, 0), listen(HOST, 0)
    port, proxy_port = listener.getsockname()[1], free.getsockname()[1]
    free.close()
    origins = (f"https://{HOST}:{proxy_port}", f"http://{HOST}:{port}")
    settings = msgspec.structs.replace(world.platform.settings, sandbox_origins=origins, **changes)
    front = make_front(msgspec.structs.replace(world.platform, settings=settings))
    asked: list[tuple[str, str, str]] = []

    async def noting(scope, receive, send):
        await front(scope, receive, send)
        query = scope["query_string"].decode()
        asked.append((f"{scope['path']}?{query}" if query else scope["path"], scope["client"][0], scope["scheme"]))

    async with (
        answering(noting, listener),
        proxy_before(
            port,
            proxy_port,
            kind=kind,
            program=found,
            certificate=make_certificate(folder).path,
            folder=folder,
            seconds=seconds,
        ) as proxy,
    ):
        yield Behind(proxy, asked, port)
    front.end_streams()


async def ask(url: str, **headers: str) -> int:
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.get(url, ssl=False, headers=headers) as answer,
    ):
        await answer.read()
        return answer.status


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_signed_for_the_origin_of_the_proxy_is_answered(
    world: World, tmp_path: Path, kind: Kind
) -> None:
    async with behind(world, kind, tmp_path, trusted_proxies=(HOST,)) as place:
        url, body = f"{place.proxy.origin}/v1/accounts", b""
        async with aiohttp.ClientSession(trust_env=False) as session:
            for origin, status in ((place.proxy.origin, 200), (f"http://{HOST}:1", 401), ("https://evil.example", 401)):
                headers = world.client.signed("GET", f"{origin}/v1/accounts", body)
                spoofed = {"X-Forwarded-Host": origin.partition("://")[2], "X-Forwarded-Proto": "http"}
                async with session.get(url, ssl=False, headers={**headers, **spoofed}) as answer:
                    assert answer.status == status, origin


@pytest.mark.parametrize("kind", KINDS)
async def test_who_calls_is_believed_from_trusted_proxies_alone(world: World, tmp_path: Path, kind: Kind) -> None:
    async with behind(world, kind, tmp_path, trusted_proxies=("192.0.2.0/24",)) as place:
        assert await ask(f"{place.proxy.origin}/healthz", **SPOOFED) == 200
        assert await ask(f"http://{HOST}:{place.port}/healthz", **SPOOFED) == 200
        assert place.asked == [("/healthz", HOST, "http")] * 2
    # the client calls from where the proxy does: both are proxies then, and the furthest of them is who called
    folder = tmp_path / "trusting"
    folder.mkdir()
    async with behind(world, kind, folder, trusted_proxies=(HOST,)) as place:
        assert await ask(f"{place.proxy.origin}/healthz") == 200
        assert place.asked == [("/healthz", HOST, "https")]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_does_not_choose_who_it_is(world: World, tmp_path: Path, kind: Kind) -> None:
    """The proxy listens where its client's address is another than its own."""
    async with behind(
        world, kind, tmp_path, trusted_proxies=("127.0.0.1/32",), office_networks=("10.9.0.0/16",)
    ) as place:
        assert await ask_from("127.0.0.77", place.proxy, "/office/log-in", SPOOFED) == 404
        assert place.asked == [("/office/log-in", "127.0.0.77", "https")]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_office_is_near_for_whom_the_proxy_saw(world: World, tmp_path: Path, kind: Kind) -> None:
    async with behind(world, kind, tmp_path, trusted_proxies=(HOST,), office_networks=("127.0.0.77/32",)) as place:
        assert await ask_from("127.0.0.77", place.proxy, "/office/log-in", SPOOFED) == 200
        assert await ask_from("127.0.0.78", place.proxy, "/office/log-in", {"X-Forwarded-For": "127.0.0.77"}) == 404


async def ask_from(address: str, proxy: Proxy, path: str, headers: dict[str, str]) -> int:
    """Ask a proxy from an address of this machine of one's choice."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0), ssl=False)
    async with (
        aiohttp.ClientSession(connector=connector, trust_env=False) as session,
        session.get(proxy.origin + path, headers=headers) as answer,
    ):
        await answer.read()
        return answer.status


@pytest.mark.parametrize("kind", KINDS)
async def test_the_server_reads_what_the_proxy_answers_for(world: World, tmp_path: Path, kind: Kind) -> None:
    """Whatever is hidden in a request, it is not run unless it was answered, and nobody else gets its answer."""
    async with behind(world, kind, tmp_path, trusted_proxies=(HOST,), seconds=4) as place:
        names = list(shapes("", b""))
        answered = dict(zip(names, await asyncio.gather(*(_smuggle(place, n) for n in range(len(names)))), strict=True))
        for number, name in enumerate(names):
            run = sorted(path for path, _, _ in place.asked if path.endswith(f"={number}"))
            assert len(run) <= answered[name], f"{name}: {run}"
        async with Client(f"{place.proxy.origin}/v1", world.client.key, world.client._secret) as client:
            client._session.connector._ssl = False
            for _ in range(20):
                found = await client.get("/accounts")
                assert (found.status, "object" in found.body) == (200, True)


async def _smuggle(place: Behind, number: int) -> int:
    """Send one shape, and count the answers until the proxy hangs up."""
    inner = f"GET /healthz?inner={number} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    raw = list(shapes(f"/v1/senders?outer={number}", inner).values())[number]
    reader, writer = await place.proxy.connect()
    said = b""
    with contextlib.suppress(ConnectionError, OSError):
        writer.write(raw)
        async with asyncio.timeout(SECONDS):
            while more := await reader.read(65_536):
                said += more
    writer.transport.abort()
    with_status = len(re.findall(rb"HTTP/1\.[01] (?!1)\d\d\d ", said))
    return with_status or int(bool(said))  # HTTP/0.9 is answered without one
