"""A supervisor in one process: it holds the directory, and the server is its child until it is stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from bitpesa.embedded_postgres import locks, shared_memory, sockets
from bitpesa.embedded_postgres import log as server_log
from bitpesa.embedded_postgres.advice import advice
from bitpesa.embedded_postgres.binaries import find_binaries, major_version
from bitpesa.embedded_postgres.cluster import SYNC_METHOD, make_cluster, read_status
from bitpesa.embedded_postgres.identity import identity_of_cluster
from bitpesa.embedded_postgres.leftovers import forget_reused_pid, stop_leftovers
from bitpesa.embedded_postgres.problems import DidNotStart, MadeByAnotherVersion
from bitpesa.embedded_postgres.programs import Process, Programs

SECONDS_BETWEEN_LOOKS = 0.002

# A fast shutdown writes a checkpoint, which takes as long as the disk does. Each further step makes the next start
# recover instead, and loses nothing.
STOPPING = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, None))

SETTINGS = {
    # Small beside a browser, and as durable as in production.
    "shared_buffers": "128MB",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    # Nobody replicates a sandbox, so it writes no more than its own recovery needs.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "1GB",
    "recovery_init_sync_method": SYNC_METHOD,
    # Reads of a small database come from memory; worker processes for them are only more to start.
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The application tells its own story of every refused statement. Here it would fill the disk, and quote customers.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "log_destination": "stderr",
    "logging_collector": "off",
    "listen_addresses": "",
}


class Server:
    """A running server. It stops with `stop()`, at the end of a `with` block, or (on Linux) when this process dies."""

    def __init__(self, data: Path, process: Process, socket_directory: Path, held: ExitStack) -> None:
        self.data = data
        self.pid = process.pid
        self.dsn = sockets.dsn(socket_directory)
        self._process = process
        self._held = held

    def process_is_alive(self) -> bool:
        """Whether the server process still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Shut down, cutting off who is still connected, and wait for it; again is harmless."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _it: BaseException | None, _at: TracebackType | None) -> None:
        self.stop()


def start_server(data: Path, *, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server of a data directory, making both if need be; come back when it answers."""
    binaries = find_binaries()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        shared = {"dynamic_shared_memory_type": shared_memory.kind()}  # now, whatever it was when the data were made
        return _start(data.resolve(), binaries, {**SETTINGS, **shared, **(settings or {})})
    except OSError as problem:
        what = f"PostgreSQL could not be started in {data}."
        raise DidNotStart(what, advice=advice(data, str(problem)), words=str(problem)) from problem


def _start(data: Path, binaries: Path, settings: Mapping[str, str]) -> Server:
    cluster = data / "postgres"
    with ExitStack() as held:
        held.callback(os.close, locks.hold_directory(data))
        log = _log_of_nobody(data)
        held.callback(os.close, log)
        if not cluster.exists():
            make_cluster(data, binaries, log, durable=settings["fsync"] != "off")
        identity = identity_of_cluster(cluster)
        socket_directory = sockets.make_socket_directory(cluster, identity)
        held.callback(sockets.remove_socket_directory, socket_directory)
        start = os.fstat(log).st_size
        process = Programs(binaries, identity, log).start("postgres", _arguments(cluster, socket_directory, settings))
        held.callback(_stop, process)
        if not _becomes_ready(cluster, process):
            raise _reason(cluster, binaries, server_log.last_lines(log, start))
        return Server(data, process, socket_directory, held.pop_all())


def _log_of_nobody(data: Path) -> int:
    """Open and lock the log, which nobody else holds once every earlier process of the cluster is gone."""
    log = server_log.open_log(data)
    try:
        stop_leftovers(data, log)
        forget_reused_pid(data)
        return server_log.rotated(data, log)
    except BaseException:
        os.close(log)
        raise


def _arguments(cluster: Path, socket_directory: Path, settings: Mapping[str, str]) -> list[str]:
    ours = {"unix_socket_directories": f'"{socket_directory}"', "port": str(sockets.PORT)}
    return ["-D", str(cluster), *(f"--{name}={value}" for name, value in {**settings, **ours}.items())]


def _becomes_ready(cluster: Path, process: Process) -> bool:
    """Wait until the server answers, or ends. Recovering from a crash takes what it takes."""
    while process.poll() is None:
        status = read_status(cluster)
        if status and status.pid == process.pid and status.is_ready:
            return True
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return False


def _reason(cluster: Path, binaries: Path, log: str) -> DidNotStart:
    made_by, have = (cluster / "PG_VERSION").read_text().strip(), major_version(binaries)
    if made_by != have:
        return MadeByAnotherVersion(cluster, made_by=made_by, have=have)
    return DidNotStart(f"PostgreSQL did not start in {cluster}.", advice=advice(cluster, log), words=log)


def _stop(process: Process) -> None:
    for step, patience in STOPPING:
        if process.poll() is None:
            process.send_signal(step)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
