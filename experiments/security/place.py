"""The deployment that is attacked: API and worker in processes of their own, whose log and memory can be looked at."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from bitpesa.settings import Settings, variable_of

HOST = "127.0.0.1"
COMMAND = (sys.executable, "-m", "bitpesa.cli")
SECONDS_TO_START = 60
SECONDS_TO_STOP = 60

HARSH = {
    "max_connections": 120,
    "request_head_seconds": 2,
    "request_body_seconds": 3,
    "answer_seconds": 3,
    "max_bodies_bytes": 48 * 1024 * 1024,
    "max_body_bytes": 4 * 1024 * 1024,
}
"""Limits that are soon reached, so that an experiment takes seconds. What they bound does not depend on their size."""


class Server(msgspec.Struct):
    """A running process of the deployment."""

    process: asyncio.subprocess.Process
    port: int
    log: Path

    @property
    def base(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def live_base(self) -> str:
        """The same process under the origin of the live environment."""
        return f"http://localhost:{self.port}"

    @property
    def memory_bytes(self) -> int:
        """How much memory it has now."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def serving(settings: Settings, directory: Path, **limits: Any) -> AsyncIterator[Server]:
    """`bitpesa serve` while the block runs, from the moment it answers."""
    port = free_port()
    origins = {"sandbox_origins": f"http://{HOST}:{port}", "live_origins": f"http://localhost:{port}"}
    async with _process(settings, directory, "serve", ("--port", str(port)), **origins, **limits) as server:
        server.port = port
        async with asyncio.timeout(SECONDS_TO_START):
            while not await _answers(server):
                await asyncio.sleep(0.05)
        yield server


@asynccontextmanager
async def working(settings: Settings, directory: Path) -> AsyncIterator[Server]:
    """`bitpesa worker` while the block runs."""
    async with _process(settings, directory, "worker", ()) as worker:
        yield worker


@asynccontextmanager
async def _process(
    settings: Settings, directory: Path, command: str, arguments: tuple[str, ...], **changes: Any
) -> AsyncIterator[Server]:
    log = directory / f"{command}-{free_port()}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, command, *arguments, stdout=output, stderr=output, env=environment(settings, changes)
        )
    try:
        yield Server(process, 0, log)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), SECONDS_TO_STOP)
        except TimeoutError:
            process.kill()
            await process.wait()


def environment(settings: Settings, changes: dict[str, Any]) -> dict[str, str]:
    """Ours without anybody's settings, and with those of the deployment."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BITPESA_")}
    given = {
        "database_url": settings.database_url,
        "master_keys": ",".join(settings.master_keys),
        "documents_directory": settings.documents_directory,
        "allow_private_webhooks": "true" if settings.allow_private_webhooks else "false",
        **changes,
    }
    return {**ours, **{variable_of(name): str(value) for name, value in given.items()}}


async def _answers(server: Server) -> bool:
    if not server.is_running:
        raise RuntimeError(f"it ended by itself. It said:\n{server.log.read_text(errors='replace')[-2000:]}")
    try:
        reader, writer = await asyncio.open_connection(HOST, server.port)
    except OSError:
        return False
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    return b" 200 " in said
