"""Real `bitpesa` processes, as a person or a program starts them."""

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from unittest.mock import patch

from bitpesa.cli.client import Client
from bitpesa.cli.failures import failures_told
from bitpesa.cli.main import app

COMMAND = (sys.executable, "-m", "bitpesa.cli")


class Ended:
    """A command that ran to its end."""

    def __init__(self, status: int, output: str, complaints: str) -> None:
        self.status = status
        self.output = output
        self.complaints = complaints


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process, without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BITPESA_")} | changes


async def bitpesa(*arguments: str | Path, **changes: str) -> Ended:
    """Run a command to its end."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**changes),
    )
    output, complaints = await process.communicate()
    return Ended(process.returncode or 0, output.decode(), complaints.decode())


async def in_process(*arguments: str | Path, **changes: str) -> Ended:
    """Run a command to its end in a thread of this process, for tests that run many: starting Python takes a second."""
    output, complaints = io.StringIO(), io.StringIO()

    def run() -> int:
        try:
            with redirect_stdout(output), redirect_stderr(complaints), failures_told():
                app([str(each) for each in arguments])
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    with patch.dict(os.environ, environment(**changes), clear=True):
        status = await asyncio.to_thread(run)
    return Ended(status, output.getvalue(), complaints.getvalue())


class Sandbox:
    """A running `bitpesa sandbox --json`."""

    def __init__(self, process: asyncio.subprocess.Process, data: Path, told: dict[str, str]) -> None:
        self.process = process
        self.data = data
        self.told = told

    def client(self) -> Client:
        return Client(self.told["base_url"], self.told["api_key"], self.told["api_secret"])

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, or kill it; answers its exit status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        return await self.process.wait()


@asynccontextmanager
async def running(data: Path, *arguments: str) -> AsyncIterator[Sandbox]:
    """A sandbox on a data directory, from the moment it answers requests."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("sandbox", "--data", str(data), "--port", "0", "--json"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = await process.stdout.readline()
    assert line, (await process.stderr.read()).decode()
    sandbox = Sandbox(process, data, json.loads(line))
    try:
        yield sandbox
    finally:
        if process.returncode is None:
            await sandbox.stop()
