"""What a killed supervisor may leave: processes that use the cluster, and a `postmaster.pid` that means nobody."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from bitpesa.kernel.embedded_postgres import locks
from bitpesa.kernel.embedded_postgres.cluster import read_status
from bitpesa.kernel.embedded_postgres.problems import DidNotStart

SECONDS_TO_NOTICE = 0.3  # a backend whose server was killed notices by itself, unless it is busy
STEPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


def stop_leftovers(cluster: Path, log: int) -> None:
    """Stop whatever still uses the cluster and wait until its last process is gone, which the log's lock tells."""
    if locks.take(log, patience_seconds=SECONDS_TO_NOTICE):
        return
    for step, patience in STEPS:
        found = _processes_of(cluster)
        if step == signal.SIGINT:  # a fast shutdown, which only the server itself understands
            found = [pid for pid in found if pid == _server_of(cluster)]
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, step)
        if locks.take(log, patience_seconds=patience if found else SECONDS_TO_NOTICE):
            return
    pids = ", ".join(map(str, _processes_of(cluster)))
    raise DidNotStart(f"An earlier PostgreSQL still uses {cluster} and cannot be stopped. Its processes: {pids}")


def forget_reused_pid(cluster: Path) -> None:
    """Remove a `postmaster.pid` whose process id belongs to a stranger by now, as it does after a container restarts.

    PostgreSQL itself only sees that such a process lives, and would refuse to start. One that lives no more is left to
    it: it also looks whether backends of that server are still about.
    """
    file = cluster / "postmaster.pid"
    try:
        os.kill(int(file.read_text().partition("\n")[0]), 0)
    except (FileNotFoundError, ProcessLookupError):
        return
    except (PermissionError, ValueError):
        pass
    if not _processes_of(cluster):
        file.unlink()


def _server_of(cluster: Path) -> int | None:
    status = read_status(cluster)
    return status.pid if status else None


def _processes_of(cluster: Path) -> list[int]:
    """Find the processes by their working directory, where PostgreSQL stays from its start to its end."""
    import psutil  # noqa: PLC0415 - slow to import, and needed after a crash only

    def uses(process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and process.cwd() == str(cluster)
        except psutil.Error:  # gone, a zombie, or somebody else's
            return False

    return [process.pid for process in psutil.process_iter() if uses(process)]
