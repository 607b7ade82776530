"""A whole sandbox in this process: API, worker and portal over a migrated database with a demo organisation in it."""

import asyncio
import ipaddress
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import msgspec

from bitpesa.sandbox.demo_link import link_to
from bitpesa.sandbox.demo_organisation import DemoAccess, prepare_demo
from bitpesa.schema.migrate import migrate
from bitpesa.server.connection_limits import limits_of
from bitpesa.server.deployment import Place, remember_portal, settings_at
from bitpesa.server.http import answering, make_front
from bitpesa.server.metrics import measured, showing_metrics
from bitpesa.server.tracing import tracing
from bitpesa.settings import Settings
from bitpesa.wiring import Platform, open_platform
from bitpesa.worker.loops import run_worker

RUNNING_FILE = "sandbox.json"


class RunningSandbox(msgspec.Struct, frozen=True):
    """Where a running sandbox answers, and the demo app's key."""

    base_url: str
    api_key: str
    api_secret: str
    portal_url: str
    organisation_url: str = ""
    """Opens the organisation of the key in the portal, for whoever has signed up there."""

    def __repr__(self) -> str:
        return f"RunningSandbox({self.base_url!r})"


@asynccontextmanager
async def running_sandbox(place: Place, listeners: Sequence[socket.socket]) -> AsyncIterator[RunningSandbox]:
    """Run a sandbox while the block runs; yields once it answers requests."""
    await migrate(place.database_url)
    host, port = listeners[0].getsockname()[:2]
    settings = sandbox_settings(place, host, port)
    async with tracing(settings) as traces, open_platform(settings, traces.watching) as platform:
        access = await platform.database.run(prepare_demo, platform.vault)
        front, limits = traces.traced(measured(make_front(platform), settings)), limits_of(settings)
        async with _working(platform), showing_metrics(platform), answering(front, listeners, limits):
            running = _described(access, settings, host, port)
            with _written_down(place, running):
                yield running


def sandbox_settings(place: Place, host: str, port: int) -> Settings:
    """The settings of a sandbox on a laptop: its own address is an origin, and webhooks may go to this machine."""
    settings = settings_at(place)
    origins = dict.fromkeys([*(f"http://{name}:{port}" for name in _names_of(host)), *settings.sandbox_origins])
    return msgspec.structs.replace(settings, sandbox_origins=tuple(origins), allow_private_webhooks=True)


def sandbox_running_at(data: Path) -> RunningSandbox | None:
    """The sandbox that runs on a data directory now, if there is one."""
    try:
        running = msgspec.json.decode((data / RUNNING_FILE).read_bytes(), type=RunningSandbox)
    except (OSError, msgspec.DecodeError):
        return None
    return running if _answers(running.base_url) else None


@asynccontextmanager
async def _working(platform: Platform) -> AsyncIterator[None]:
    """Do due work while the block runs. When the work ends by a fault, so does the block."""
    async with asyncio.TaskGroup() as group:
        worker = group.create_task(run_worker(platform, alone=True), name="worker")
        yield
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


@contextmanager
def _written_down(place: Place, running: RunningSandbox) -> Iterator[None]:
    """Leave word in the data directory, readable by this user only, so that `bitpesa demo` finds the sandbox.

    Where its portal was stays there afterwards: links that the terminal shows between two runs lead to it.
    """
    path = place.data / RUNNING_FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(running))
    draft.replace(path)
    remember_portal(place, running.portal_url.rstrip("/"))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _described(access: DemoAccess, settings: Settings, host: str, port: int) -> RunningSandbox:
    root = f"http://{_names_of(host)[0]}:{port}"
    organisation = settings.portal + link_to(settings.master_keys, access.organisation_id)
    return RunningSandbox(f"{root}/v1", access.key, access.secret, f"{root}/", organisation)


def _names_of(host: str) -> list[str]:
    """The names under which clients on this machine may call, the usual one first."""
    own = f"[{host}]" if ":" in host else host
    if host == "localhost" or _is_loopback_or_any(host):
        return list(dict.fromkeys(["localhost", "127.0.0.1", own]))
    return [own]


def _is_loopback_or_any(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _answers(base_url: str) -> bool:
    host, _, port = base_url.removeprefix("http://").removesuffix("/v1").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True
    except OSError:
        return False
