"""The HTTP side of a process: API, files by link, back office, portal elsewhere; by uvicorn until told to stop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from bitpesa.api.application import make_v1
from bitpesa.api.reference.document import published
from bitpesa.api.report_files import FOLDER, ReportFiles, report_links
from bitpesa.api.routes import roots
from bitpesa.server.connection_limits import DEFAULT_LIMITS, Limits, bounded
from bitpesa.server.forwarded import TrustedProxies
from bitpesa.server.problems import CannotGoOn
from bitpesa.web.backoffice.application import make_office
from bitpesa.web.backoffice.site import HOME as OFFICE
from bitpesa.web.portal.application import make_portal
from bitpesa.wiring import Platform

GRACE_SECONDS = 30
BACKLOG = 2048
PORTS_TRIED = 5
OTHER_LOOPBACKS = {"localhost": "::1", "127.0.0.1": "::1", "0.0.0.0": "::1", "::1": "127.0.0.1"}  # noqa: S104 # nosec B104
"""To what else `localhost` may lead where we answer on an address of this machine. `::` takes both anyway."""


class Front:
    """Hands a request to whom its first segment belongs, and to the portal when that is nobody.

    By the raw path: the API answers whatever is signed. Who called is found out here, for all of them.
    """

    def __init__(self, rooms: Mapping[bytes, ASGIApp], portal: Starlette, proxies: TrustedProxies) -> None:
        self._rooms = rooms
        self._portal = portal
        self._proxies = proxies

    def end_streams(self) -> None:
        """Let the streams that pages listen to end; they would be waited for otherwise."""
        self._portal.state.stopping.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        room = None
        if scope["type"] == "http":
            room = self._rooms.get(_first_segment(scope["raw_path"]))
            scope.update(self._proxies.resolved(scope))
        await (room or self._portal)(scope, receive, send)


def _first_segment(raw_path: bytes) -> bytes:
    return raw_path.lstrip(b"/").partition(b"/")[0]


def make_front(platform: Platform) -> Front:
    """Everything a process answers over HTTP."""
    api = make_v1(platform)
    files = ReportFiles(platform.database, report_links(platform.settings))
    office = make_office(platform)
    rooms: dict[bytes, ASGIApp] = {
        **dict.fromkeys(roots(), api),
        FOLDER.encode(): files,
        OFFICE.strip("/").encode(): office,
    }
    return Front(rooms, make_portal(platform, published), TrustedProxies(platform.settings.trusted_proxies))


def listen(host: str, port: int) -> socket.socket:
    """Take the address to answer on, before anything slow is started. Port 0 takes any. Raises CannotGoOn."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        raise CannotGoOn(f"cannot listen on {host}:{port}: {problem.strerror}") from problem
    return listener


def listen_everywhere(host: str, port: int) -> list[socket.socket]:
    """Take the address, and where it is of this machine what else `localhost` may lead to. Raises CannotGoOn.

    Some clients try `::1` first and nothing else, whatever answers at `127.0.0.1`. Both get the same port.
    """
    other = OTHER_LOOPBACKS.get(host)
    if other is None or not _has_address(other):
        return [listen(host, port)]
    tries_left = PORTS_TRIED if port == 0 else 1
    while True:
        first = listen(_numeric(host), port)
        try:
            return [first, listen(other, first.getsockname()[1])]
        except CannotGoOn:  # somebody has that port there
            first.close()
            tries_left -= 1
            if tries_left == 0:
                raise


def _numeric(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _has_address(host: str) -> bool:
    """Whether this machine has an address: containers often come without IPv6."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


@asynccontextmanager
async def answering(
    front: ASGIApp, listeners: socket.socket | Sequence[socket.socket], limits: Limits = DEFAULT_LIMITS
) -> AsyncIterator[None]:
    """Answer requests while the block runs; at its end those in flight are finished first."""
    server = _Server(
        uvicorn.Config(
            front,
            http=bounded(limits),
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,  # uvicorn would believe whoever calls from this machine, and a variable of its own
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    sockets = [listeners] if isinstance(listeners, socket.socket) else list(listeners)
    serving = asyncio.create_task(server.serve(sockets=sockets), name="http")
    try:
        yield
    finally:
        if isinstance(front, Front):
            front.end_streams()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """uvicorn, without its own idea of signals: the command decides what a signal means."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


async def stop_asked() -> None:
    """Wait until somebody asks this process to stop, by Ctrl-C or SIGTERM."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()
