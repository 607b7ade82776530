"""What a killed supervisor may leave: processes that use the cluster, and a `postmaster.pid` that means nobody."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from bitpesa.embedded_postgres import locks
from bitpesa.embedded_postgres.cluster import read_status
from bitpesa.embedded_postgres.problems import DidNotStart

SECONDS_TO_NOTICE = 0.3  # a backend whose server was killed notices by itself, unless it is busy
STEPS = ((signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
FAST_SHUTDOWN = (signal.SIGINT, 60.0)  # only the server itself understands it so


def stop_leftovers(data: Path, log: int) -> None:
    """Stop whatever still uses the cluster and wait until its last process is gone, which the log's lock tells."""
    if locks.take(log, patience_seconds=SECONDS_TO_NOTICE):
        return
    server = read_status(data / "postgres")
    if server and server.pid in _processes_of(data) and _stop([server.pid], log, *FAST_SHUTDOWN):
        return
    if not any(_stop(_processes_of(data), log, *step) for step in STEPS):
        pids = ", ".join(map(str, _processes_of(data))) or "unknown"
        raise DidNotStart(f"An earlier PostgreSQL still uses {data} and cannot be stopped. Its processes: {pids}")


def _stop(pids: list[int], log: int, step: signal.Signals, patience_seconds: float) -> bool:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, step)
    return locks.take(log, patience_seconds=patience_seconds)


def forget_reused_pid(data: Path) -> None:
    """Remove a `postmaster.pid` whose process id belongs to a stranger by now, as it does after a container restarts.

    PostgreSQL itself only sees that such a process lives, and would refuse to start. One that lives no more is left to
    it: it also looks whether backends of that server are still about.
    """
    file = data / "postgres" / "postmaster.pid"
    try:
        os.kill(int(file.read_text().partition("\n")[0]), 0)
    except (FileNotFoundError, ProcessLookupError):
        return
    except (PermissionError, ValueError):
        pass
    if not _processes_of(data):
        file.unlink()


def _processes_of(data: Path) -> list[int]:
    """Find the processes by their working directory: the cluster, or one that was being made."""
    import psutil  # noqa: PLC0415 - slow to import, and needed after a crash only

    def uses(process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and Path(process.cwd()).parent == data
        except psutil.Error:  # gone, a zombie, or somebody else's
            return False

    return [process.pid for process in psutil.process_iter() if uses(process)]
