"""Where we are led by others' URLs: never into our own network, whatever a host is called or resolves to."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from unittest.mock import patch

from aiohttp import web

from bitpesa.cli.client import Client
from bitpesa.kernel.outbound import addresses, http_client
from bitpesa.kernel.outbound.addresses import may_be_called
from bitpesa.kernel.outbound.http_client import Delivered, Failed, OutboundHttp, Outcome, Refused, TimedOut
from experiments.security.findings import Chapter, Promise
from experiments.security.stage import Stage
from tests.journeys.world import ok

HOSTS = """
127.0.0.1 127.255.255.254 127.1 127.0.1 0177.0.0.1 017700000001 0x7f.0.0.1 0x7f000001 2130706433 127.0.0.1.
localhost localhost. LOCALHOST 0.0.0.0 0 00 10.0.0.1 100.64.0.1 100.100.100.200 169.254.169.254 169.254.170.2
168.63.129.16 172.16.0.1 192.0.0.192 192.168.1.1 192.88.99.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255
[::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::ffff:0:127.0.0.1]
[64:ff9b::7f00:1] [64:ff9b::169.254.169.254] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:a9fe:a9fe::]
[2001:0:7f00:1::] [fe80::1] [fe80::1%25lo] [fc00::1] [fd00:ec2::254] [fd20:ce::254] [ff02::1] [2001:db8::1]
[5f00::1] １２７.0.0.1 ①②⑦.⓪.⓪.① 127。0。0。1 ١٢٧.٠.٠.١ 127.0.0.1%00.example.com user@127.0.0.1
example.com@127.0.0.1 example.com:443@127.0.0.1 user:pass@[::1]
""".split()
"""Ways to write an address that is not on the public internet."""

RESOLVED = """
127.0.0.1 10.1.2.3 100.64.1.1 169.254.169.254 172.31.255.255 192.168.0.1 0.0.0.0 255.255.255.255 ::1 :: ::ffff:127.0.0.1
::ffff:a9fe:a9fe 64:ff9b::7f00:1 2002:7f00:1:: fe80::1 fd00:ec2::254 ff02::1 not-an-address
""".split()
"""What a name may lead to."""

URLS = """
https://example.com:0/ https://example.com:22/ https://example.com:25/ https://example.com:99999/ https://example.com:x/
ftp://example.com/ file:///etc/passwd gopher://example.com/ javascript:alert(1) //example.com/ /etc/passwd https://
https:///path https://example.com\\@127.0.0.1/ https://example.com/#a https://exa%20mple.com\\t/ http://example.com/
""".split()
"""What is no URL that a live app may have called."""

PATIENCE = {"connect_seconds": 5, "total_seconds": 5}


class Canary:
    """A server in our own network. Whatever it hears broke a promise."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        """Hear a request."""
        self.heard.append(f"{request.method} {request.host}{request.path}")
        if request.path == "/redirect":
            return web.Response(status=302, headers={"Location": f"http://127.0.0.1:{self.port}/led"})
        return web.Response(text="heard")


@asynccontextmanager
async def canary() -> AsyncIterator[Canary]:
    """A canary on every address of this machine that an experiment may lead to."""
    bird = Canary()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", bird.answer)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    try:
        listener = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        listener = socket.create_server(("", 0))
    await web.SockSite(runner, listener).start()
    bird.port = listener.getsockname()[1]
    try:
        yield bird
    finally:
        await runner.cleanup()


async def outbound(stage: Stage) -> Chapter:
    """Lead us astray in every way there is."""
    async with canary() as bird, OutboundHttp() as http:
        return Chapter(
            "Calls to the outside",
            [
                await _addresses(bird, http),
                await _names(bird),
                await _mixed(bird),
                await _changing(bird),
                await _redirects(bird, http),
                _refused_urls(),
                await _registered(stage),
                await _opted_in(bird, http),
                await _delivered_live(stage, bird),
            ],
        )


async def _both(http: OutboundHttp, url: str, *, allow_private: bool = False) -> list[Outcome]:
    """What becomes of a webhook to a URL, and of a document from there."""
    return [
        await http.post(url, b"{}", {}, **PATIENCE, allow_private=allow_private),
        await http.get(url, {}, **PATIENCE, most_bytes=100, allow_private=allow_private),
    ]


async def _addresses(bird: Canary, http: OutboundHttp) -> Promise:
    promise = Promise(sentence="an address that is not public is not called, however it is written")
    for host in HOSTS:
        for scheme in ("http", "https"):
            url = f"{scheme}://{host}:{bird.port}/"
            outcomes = await _both(http, url)
            promise.hold(so=_is_silent(outcomes, bird), attempt=f"{scheme}://{host}: {outcomes}, heard {bird.heard}")
            bird.heard.clear()
    promise.figure = f"{len(HOSTS)} spellings"
    return promise


async def _names(bird: Canary) -> Promise:
    promise = Promise(sentence="a name that leads to such an address is not called")
    for address in RESOLVED:
        async with OutboundHttp(_leading_to([address])) as http:
            outcomes = await _both(http, f"http://name.example:{bird.port}/")
        promise.hold(so=_is_silent(outcomes, bird), attempt=f"{address}: {outcomes}, heard {bird.heard}")
        bird.heard.clear()
    return promise


async def _mixed(bird: Canary) -> Promise:
    promise = Promise(sentence="nor is one that leads there among other places")
    for several in (["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["2606:4700::1111", "::1"]):
        async with OutboundHttp(_leading_to(several)) as http:
            outcomes = await _both(http, f"http://name.example:{bird.port}/")
        promise.hold(
            so=all(isinstance(outcome, Refused) for outcome in outcomes) and not bird.heard,
            attempt=f"{several}: {outcomes}, heard {bird.heard}",
        )
    return promise


async def _changing(bird: Canary) -> Promise:
    """The first answer is taken for public, the next is not: whoever looks up twice is led astray.

    127.0.0.2 stands for the public address, so that nobody outside is called for an experiment.
    """
    promise = Promise(sentence="what was checked is what is connected to")
    for first, then in (("127.0.0.2", "127.0.0.1"), ("127.0.0.1", "127.0.0.2")):
        answers = iter([first, *[then] * 100])
        asked = 0

        async def look_up(_host: str, answers: "iter[str]" = answers) -> Sequence[str]:
            nonlocal asked
            asked += 1
            return [next(answers)]

        with patch.object(http_client, "is_public", lambda address: address == "127.0.0.2"):
            async with OutboundHttp(look_up) as http:
                outcome = await http.post(f"http://name.example:{bird.port}/", b"", {}, **PATIENCE)
        expected = Delivered if first == "127.0.0.2" else Refused
        promise.hold(
            so=isinstance(outcome, expected) and asked == 1, attempt=f"{first} then {then}: {outcome}, asked {asked}"
        )
        bird.heard.clear()
    return promise


async def _redirects(bird: Canary, http: OutboundHttp) -> Promise:
    promise = Promise(sentence="nobody is followed elsewhere")
    outcomes = await _both(http, f"http://127.0.0.1:{bird.port}/redirect", allow_private=True)
    for outcome, heard in zip(outcomes, bird.heard, strict=False):
        so = isinstance(outcome, Delivered) and outcome.status == 302
        promise.hold(so=so, attempt=f"{heard}: {outcome}")
    promise.hold(so=len(bird.heard) == len(outcomes), attempt=f"heard {bird.heard}")
    bird.heard.clear()
    return promise


def _refused_urls() -> Promise:
    promise = Promise(sentence="what is no public HTTPS URL is refused as soon as it is named")
    for url in URLS:
        promise.hold(so=not may_be_called(url, live=True, allow_private=True), attempt=url)
    for host in HOSTS:
        if addresses.is_address(host.rpartition("@")[2].strip("[]")):
            url = f"https://{host}/"
            promise.hold(so=not may_be_called(url, live=True, allow_private=False), attempt=url)
    return promise


async def _registered(stage: Stage) -> Promise:
    """A deployment that does not opt in: the API itself says no."""
    promise = Promise(sentence="a live app cannot even register one")
    async with _client(stage) as client:
        for host in HOSTS:
            if not addresses.is_address(host.rpartition("@")[2].strip("[]")):
                continue
            wanted = {"url": f"https://{host}/", "events": ["transaction.paid_out"]}
            heard = await client.post("/webhooks", {"webhook": wanted})
            promise.hold(so=heard.status == 422, attempt=f"webhook to {host}: {heard.status}")
            paper = {"upload": f"https://{host}/a.png", "upload_file_name": "a.png"}
            heard = await client.post("/documents", {"document": paper})
            promise.hold(so=heard.status == 422, attempt=f"document from {host}: {heard.status}")
    return promise


async def _opted_in(bird: Canary, http: OutboundHttp) -> Promise:
    """Without this, all that is silent above could be silent for want of a canary that hears."""
    promise = Promise(sentence="with the deployment's leave the sandbox calls its own network")
    for host in ("127.0.0.1", "localhost"):
        outcomes = await _both(http, f"http://{host}:{bird.port}/", allow_private=True)
        promise.hold(so=len(bird.heard) == len(outcomes), attempt=f"{host}: {outcomes}, heard {bird.heard}")
        bird.heard.clear()
    return promise


async def _delivered_live(stage: Stage, bird: Canary) -> Promise:
    """The deployment opts in, and a name leads into its network: a live webhook goes nowhere all the same."""
    promise = Promise(sentence="live never calls it, whatever the deployment allows the sandbox")
    promise.hold(so=stage.world.platform.settings.allow_private_webhooks, attempt="the deployment did not opt in")
    async with _client(stage) as client:
        wanted = {"url": f"https://localhost:{bird.port}/hook", "events": ["payout_method.created"]}
        registered = await client.post("/webhooks", {"webhook": wanted})
        promise.hold(so=registered.status == 201, attempt=f"registering a name: {registered.body}")
        created = await client.post("/payout_methods", {"payout_method": ok("00")["payout_method"]})
        promise.hold(so=created.status == 201, attempt=f"making an event: {created.body}")
        await stage.world.drain()
        logs = (await client.get("/logs/webhooks")).object
        errors = {log["metadata"]["response"].get("error") for log in logs}
        promise.hold(so=errors == {"address not allowed"}, attempt=f"deliveries ended with {errors or 'nothing'}")
        promise.figure = f"{len(logs)} deliveries refused"
    promise.hold(so=not bird.heard, attempt=f"heard {bird.heard}")
    return promise


def _client(stage: Stage) -> Client:
    """A client of the live app, at the world's own process."""
    base = stage.world.base_url.replace("127.0.0.1", "localhost")
    return Client(base, stage.live.key, stage.live.secret)


def _leading_to(found: Sequence[str]) -> http_client.LookUp:
    async def look_up(_host: str) -> Sequence[str]:
        return found

    return look_up


def _is_silent(outcomes: Sequence[Outcome], bird: Canary) -> bool:
    """Whether no call arrived: it was refused, or there was nowhere to go. A TLS handshake would have been a call."""
    quiet = all(
        isinstance(outcome, Refused | TimedOut) or (isinstance(outcome, Failed) and "TLS" not in outcome.reason)
        for outcome in outcomes
    )
    return quiet and not bird.heard
