"""The deployment under test: a PostgreSQL as durable as in production, and `bitpesa` in processes of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bitpesa.embedded_postgres import Server, start_server
from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.settings import Settings, variable_of

HOST = "127.0.0.1"
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 30.0
SECONDS_BETWEEN_LOOKS = 0.02


class Deployment(msgspec.Struct, frozen=True):
    """A database and what is needed to run processes of ours on it."""

    settings: Settings
    ports: tuple[int, ...]
    """Where the API answers: one port per process."""
    directory: Path
    """For the files of the run."""

    @property
    def database_url(self) -> str:
        """How to connect to the database."""
        return self.settings.database_url

    @property
    def origins(self) -> tuple[str, ...]:
        """Where clients find the API."""
        return self.settings.sandbox_origins


def start_database(directory: Path) -> Server:
    """Start an empty PostgreSQL that loses nothing."""
    return start_server(directory / "data", settings=DURABLE)


def plan_deployment(database_url: str, processes: int, directory: Path, **settings: Any) -> Deployment:
    """Decide on ports and keys for so many API processes; `settings` are those that differ from the defaults."""
    ports = free_ports(processes)
    origins = tuple(f"http://{HOST}:{port}" for port in ports)
    chosen = Settings(database_url=database_url, master_keys=(new_master_key(),), sandbox_origins=origins, **settings)
    return Deployment(chosen, ports, directory)


@contextmanager
def api_running(deployment: Deployment) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run the API while the block runs, without a worker. A process that ends by itself fails the block."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(_process(deployment, f"api-{port}", serve_arguments(port))) for port in deployment.ports
        ]
        _wait_until_answering(deployment, running)
        yield running
        _require_alive(deployment, running)


def serve_arguments(port: int) -> list[str]:
    """What `bitpesa` is told to be the API at a port."""
    return ["serve", "--host", HOST, "--port", str(port)]


def start_process(deployment: Deployment, name: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start `bitpesa` with these arguments on the deployment; what it says goes to a log of that name."""
    code = "from bitpesa.cli.main import main; main()"
    with (deployment.directory / f"{name}.log").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env=environment(deployment),
        )


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make it when it does not."""
    process.terminate()
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _process(deployment: Deployment, name: str, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = start_process(deployment, name, arguments)
    try:
        yield process
    finally:
        stop_process(process)


def environment(deployment: Deployment) -> dict[str, str]:
    """Ours without anybody's settings, and with those of the deployment that are not the defaults."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BITPESA_")}
    usual = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    theirs = msgspec.structs.asdict(deployment.settings)
    return ours | {variable_of(name): _written(value) for name, value in theirs.items() if value != usual[name]}


def _written(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _wait_until_answering(deployment: Deployment, running: Sequence[subprocess.Popen[bytes]]) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    for port in deployment.ports:
        while not answers(port):
            _require_alive(deployment, running)
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"nothing answers on port {port} after {SECONDS_TO_START:.0f} seconds")
            time.sleep(SECONDS_BETWEEN_LOOKS)


def answers(port: int) -> bool:
    """Whether the process does more than listen: it listens before it can answer."""
    request = f"GET /v1/nothing HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n"
    try:
        with socket.create_connection((HOST, port), timeout=SECONDS_TO_START) as connection:
            connection.sendall(request.encode())
            return connection.recv(8).startswith(b"HTTP/")
    except OSError:
        return False


def _require_alive(deployment: Deployment, running: Sequence[subprocess.Popen[bytes]]) -> None:
    if any(process.poll() is not None for process in running):
        said = "\n".join(log.read_text(errors="replace")[-2000:] for log in sorted(deployment.directory.glob("*.log")))
        raise RuntimeError(f"a process of the deployment ended by itself. It said:\n{said}")


def free_ports(count: int) -> tuple[int, ...]:
    """So many ports that nobody listens on just now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return tuple(each.getsockname()[1] for each in sockets)
