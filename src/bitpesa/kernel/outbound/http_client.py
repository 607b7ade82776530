"""Calls to the outside, over HTTP: bounded in time and size, never redirected, never into our own network.

Outcomes are values. The address filter sits where sockets are made, so that what was checked is what is connected to,
whatever the name resolves to a moment later.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from bitpesa.kernel.outbound.addresses import is_public

LONGEST_BODY_KEPT_BYTES = 64 * 1024
LONGEST_HEADERS_KEPT_BYTES = 16 * 1024
MAX_BYTES_BESIDE_BODY = 1024 * 1024
"""How much of an answer may be something else than its body: headers, chunk sizes, trailers."""
LOOK_UPS_AT_A_TIME = 64
# Shorter than what common servers grant an idle connection, so that we never write into one that is being closed.
SECONDS_A_CONNECTION_IS_KEPT = 1.5

_PRINTABLE_ASCII = "".join(map(chr, range(0x21, 0x7F)))

LookUp = Callable[[str], Awaitable[Sequence[str]]]
"""Finds the addresses of a host name. Raises OSError."""


class Delivered(msgspec.Struct, frozen=True):
    """The other side answered. Of a long body only the beginning is kept: 64 KiB, unless more is asked for."""

    status: int
    headers: dict[str, str]
    body: bytes
    retry_after: str | None = None
    """When the other side wants to be asked again, in its own words: seconds, or an HTTP date."""


class TimedOut(msgspec.Struct, frozen=True):
    """The other side did not answer in time. `status` is set when it began to answer and did not come to an end."""

    status: int | None = None


class Failed(msgspec.Struct, frozen=True):
    """No connection, or it broke. The other side may or may not have got the message."""

    reason: str


class Refused(msgspec.Struct, frozen=True):
    """We do not call there: the address is not on the public internet."""

    reason: str


Outcome = Delivered | TimedOut | Failed | Refused


class _AddressRefused(Exception):
    """The host leads to an address that we do not call."""


class _TooMuchBesideBody(aiohttp.ClientError):
    """The answer has headers without end."""


class _Protocol(ResponseHandler):
    """One connection, which knows how often it was used and what it has received since the last request."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.requests = 0
        self.received_bytes = 0

    def set_response_params(self, **parameters: Any) -> None:
        """Make the connection ready for a request."""
        self.requests += 1
        self.received_bytes = 0
        super().set_response_params(**parameters)

    def data_received(self, data: bytes) -> None:
        """Read what came, unless it is nothing but headers for too long."""
        self.received_bytes += len(data)
        super().data_received(data)
        body = self._payload
        if self.received_bytes - (body.total_bytes if body else 0) > MAX_BYTES_BESIDE_BODY:
            problem = _TooMuchBesideBody()
            self.set_exception(problem)
            if body is not None:
                body.set_exception(problem)
            self.abort()

    @property
    def died_unheard(self) -> bool:
        """Whether the connection was kept from an earlier request and brought not one byte of an answer to this one."""
        return self.requests > 1 and self.received_bytes == 0


_connection: ContextVar[ResponseHandler | None] = ContextVar("connection", default=None)
"""The connection that the request of this task was written to."""


class _Connector(aiohttp.TCPConnector):
    """Says which connection it gave to a request."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        ours: type[ResponseHandler] = _Protocol
        self._factory = partial(ours, asyncio.get_running_loop())

    async def connect(self, *arguments: Any, **named: Any) -> Any:
        """Take a kept connection, or make one."""
        connection = await super().connect(*arguments, **named)
        _connection.set(connection.protocol)
        return connection


class OutboundHttp:
    """Makes calls to the outside until closed; connections are kept and used again for a moment."""

    def __init__(self, look_up: LookUp | None = None, *, watched_by: Sequence[aiohttp.TraceConfig] = ()) -> None:
        self._threads = ThreadPoolExecutor(LOOK_UPS_AT_A_TIME, thread_name_prefix="look-up")
        self._look_up = look_up or self._ask_system
        self._watched_by = list(watched_by)
        self._sessions: dict[tuple[bool, bool], aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        connect_seconds: float,
        total_seconds: float,
        allow_private: bool = False,
    ) -> Outcome:
        """Post a body and read the answer. `allow_private` lets the call go to addresses of our own network.

        The body may arrive twice: it must be safe to repeat, as webhooks are. An answer whose body breaks off is an
        answer, with as much of the body as came.
        """
        most_bytes = LONGEST_BODY_KEPT_BYTES
        call = _Request("POST", url, body, headers, connect_seconds, most_bytes, allow_private, may_break_off=True)
        return await self._call(call, total_seconds)

    async def get(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        connect_seconds: float,
        total_seconds: float,
        most_bytes: int,
        allow_private: bool = False,
    ) -> Outcome:
        """Get what is at a URL: of a longer body only `most_bytes` are read, so ask for one more than you take."""
        call = _Request("GET", url, None, headers, connect_seconds, most_bytes, allow_private)
        return await self._call(call, total_seconds)

    async def _call(self, request: "_Request", total_seconds: float) -> Outcome:
        """Make a call; once more on a fresh connection when a kept one was closed before it brought anything."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + total_seconds
        _connection.set(None)
        outcome = await self._try(request, total_seconds, fresh=False)
        used = _connection.get()
        left = deadline - loop.time()
        if isinstance(outcome, Failed) and isinstance(used, _Protocol) and used.died_unheard and left > 0:
            return await self._try(request, left, fresh=True)
        return outcome

    async def _try(self, request: "_Request", total_seconds: float, *, fresh: bool) -> Outcome:
        answer: aiohttp.ClientResponse | None = None
        try:
            async with self._session(allow_private=request.allow_private, fresh=fresh).request(
                request.method,
                _wire_url(request.url),
                data=request.body,
                headers={"Accept-Encoding": "identity", **request.headers},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=total_seconds, connect=request.connect_seconds),
            ) as answer:
                return Delivered(
                    answer.status,
                    _readable(answer.headers),
                    await _read_bounded(answer, request.most_bytes, may_break_off=request.may_break_off),
                    answer.headers.get("Retry-After"),
                )
        except TimeoutError:
            return TimedOut(answer.status if answer else None)
        except _AddressRefused as refusal:
            return Refused(str(refusal))
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            return Failed(_reason(problem))

    def _session(self, *, allow_private: bool, fresh: bool) -> aiohttp.ClientSession:
        """One session with the filter and one without: a connection made without it is never used with it.

        And each of them once more, in which no connection is kept: `fresh`.
        """
        kind = allow_private, fresh
        if kind not in self._sessions:
            kept: dict[str, Any] = {"keepalive_timeout": SECONDS_A_CONNECTION_IS_KEPT}
            self._sessions[kind] = aiohttp.ClientSession(
                connector=_Connector(
                    resolver=_Resolver(self._look_up, allow_private=allow_private),
                    use_dns_cache=False,
                    limit=0,
                    socket_factory=_any_socket if allow_private else _public_socket,
                    **({"force_close": True} if fresh else kept),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                trace_configs=self._watched_by,
                # What is beside a body is bounded as a whole, by the connection.
                max_line_size=MAX_BYTES_BESIDE_BODY,
                max_field_size=MAX_BYTES_BESIDE_BODY,
                max_headers=MAX_BYTES_BESIDE_BODY,
            )
        return self._sessions[kind]

    async def _ask_system(self, host: str) -> Sequence[str]:
        """Look a name up in threads of our own: names that never resolve must not starve other users of threads."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _addresses_of, host)
        return list(dict.fromkeys(found))


class _Request(msgspec.Struct, frozen=True):
    """A call to make; `may_break_off` says that an answer counts even when the end of its body is missing."""

    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str]
    connect_seconds: float
    most_bytes: int
    allow_private: bool
    may_break_off: bool = False


class _Resolver(AbstractResolver):
    """Resolves names to checked addresses; look-ups of the same name at the same time are one."""

    def __init__(self, look_up: LookUp, *, allow_private: bool) -> None:
        self._look_up = look_up
        self._allow_private = allow_private
        self._under_way: dict[str, asyncio.Task[Sequence[str]]] = {}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the base class has it; both families do
    ) -> list[ResolveResult]:
        """Find the addresses of a name, refusing all of them when one is not public."""
        addresses = await asyncio.shield(self._task(host))
        if not self._allow_private and not all(map(is_public, addresses)):
            raise _AddressRefused("address not allowed")
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Stop looking."""
        for task in self._under_way.values():
            task.cancel()

    def _task(self, host: str) -> asyncio.Task[Sequence[str]]:
        task = self._under_way.get(host)
        if task is None:
            task = self._under_way[host] = asyncio.ensure_future(_found(self._look_up, host))
            task.add_done_callback(lambda done: self._forget(host, done))
        return task

    def _forget(self, host: str, done: asyncio.Task[Sequence[str]]) -> None:
        self._under_way.pop(host, None)
        if not done.cancelled():
            done.exception()  # whoever asked may have stopped waiting: the failure counts as seen


async def _found(look_up: LookUp, host: str) -> Sequence[str]:
    addresses = await look_up(host)
    if not addresses:
        raise OSError("host not found")
    return addresses


def _addresses_of(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as problem:  # a label too long for DNS
        raise OSError("host not found") from problem
    return [str(sockaddr[0]) for *_, sockaddr in found]


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=numeric)


def _public_socket(target: Any) -> socket.socket:
    """Make the socket of a connection unless its address is not public: literal addresses meet no resolver."""
    if not is_public(str(target[4][0])):
        raise _AddressRefused("address not allowed")
    return _any_socket(target)


def _any_socket(target: Any) -> socket.socket:
    return socket.socket(target[0], target[1], target[2])


def _wire_url(text: str) -> URL:
    """Read a URL, leaving path and query as they are written; only what HTTP cannot carry is percent-encoded."""
    head, _, rest = text.partition("://")
    cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    authority = rest[:cut]
    if not authority.isascii():
        authority = URL(f"{head}://{authority}").raw_authority
    target = quote(rest[cut:], safe=_PRINTABLE_ASCII)
    return URL(f"{head}://{authority}{target}", encoded=True)


async def _read_bounded(answer: aiohttp.ClientResponse, most_bytes: int, *, may_break_off: bool) -> bytes:
    body = bytearray()
    try:
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > most_bytes:
                answer.close()  # what follows is never read, so the connection is of no more use
                break
    except (aiohttp.ClientError, ConnectionError):
        if not may_break_off:
            raise
    return bytes(body[:most_bytes])


def _readable(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as one text each, in valid Unicode; repeated ones are joined, and those are left out that do not fit."""
    kept: dict[str, str] = {}
    room = LONGEST_HEADERS_KEPT_BYTES
    for name, value in headers.items():
        text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        size = len(name) + len(text)
        if size > room:
            continue
        room -= size
        kept[name] = f"{kept[name]}, {text}" if name in kept else text
    return kept


def _reason(problem: Exception) -> str:
    """Say what went wrong in words that may be shown to the owner of the URL: no addresses, no inner state."""
    match problem:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return "not a valid URL"
        case aiohttp.ClientConnectorDNSError():
            return "host not found"
        case aiohttp.ClientSSLError():
            return "TLS handshake failed"
        case aiohttp.ClientConnectorError():
            return "could not connect"
        case aiohttp.ClientResponseError():
            return "not an HTTP answer"
        case _TooMuchBesideBody():
            return "headers too long"
        case aiohttp.ClientError() | OSError():
            return "connection lost"
        case _:
            return "not a valid URL"
