"""The deployment under test: a PostgreSQL as durable as in production, and the API in processes of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from bitpesa.kernel.embedded_postgres import Server, start_server
from bitpesa.kernel.encryption import new_master_key
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


def plan_deployment(database_url: str, processes: int, directory: Path) -> Deployment:
    """Decide on ports and keys for so many API processes."""
    ports = _free_ports(processes)
    origins = tuple(f"http://{HOST}:{port}" for port in ports)
    settings = Settings(database_url=database_url, master_keys=(new_master_key(),), sandbox_origins=origins)
    return Deployment(settings, ports, directory)


@contextmanager
def api_running(deployment: Deployment) -> Iterator[None]:
    """Run the API while the block runs, without a worker. A process that ends by itself fails the block."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(_process(deployment, f"api-{port}", ["serve", "--host", HOST, "--port", str(port)]))
            for port in deployment.ports
        ]
        _wait_until_answering(deployment, running)
        yield
        _require_alive(deployment, running)


@contextmanager
def _process(deployment: Deployment, name: str, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    code = "from bitpesa.cli.main import main; main()"
    with (deployment.directory / f"{name}.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdout=output, stderr=output, env=_environment(deployment)
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(deployment: Deployment) -> dict[str, str]:
    """Ours without anybody's settings, and with those of the deployment."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BITPESA_")}
    settings = deployment.settings
    return {
        **ours,
        variable_of("database_url"): settings.database_url,
        variable_of("master_keys"): ",".join(settings.master_keys),
        variable_of("sandbox_origins"): ",".join(settings.sandbox_origins),
    }


def _wait_until_answering(deployment: Deployment, running: Sequence[subprocess.Popen[bytes]]) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    for port in deployment.ports:
        while not _answers(port):
            _require_alive(deployment, running)
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"nothing answers on port {port} after {SECONDS_TO_START:.0f} seconds")
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _answers(port: int) -> bool:
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


def _free_ports(count: int) -> tuple[int, ...]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return tuple(each.getsockname()[1] for each in sockets)
