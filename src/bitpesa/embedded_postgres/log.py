"""The server's log, `DIR/postgres.log`: kept from growing without bound, and quoted when a start fails."""

import os
from pathlib import Path

from bitpesa.embedded_postgres import locks

BYTES_BEFORE_ROTATION = 10_000_000
LINES_QUOTED = 15


def open_log(data: Path) -> int:
    """Open the log for appending. It is not locked yet."""
    return locks.open_private(_path(data), os.O_RDWR | os.O_APPEND)


def rotated(data: Path, log: int) -> int:
    """Swap a log that has grown large, and that we hold the lock of, for a new one; the old one stays as `.1`."""
    if os.fstat(log).st_size < BYTES_BEFORE_ROTATION:
        return log
    path = _path(data)
    path.replace(path.with_suffix(".log.1"))
    fresh = open_log(data)
    locks.take(fresh)
    os.close(log)
    return fresh


def last_lines(log: int, since: int) -> str:
    """Quote the end of what was written after a position."""
    lines = os.pread(log, os.fstat(log).st_size - since, since).decode(errors="replace").splitlines()
    return "\n".join(lines[-LINES_QUOTED:])


def _path(data: Path) -> Path:
    return data / "postgres.log"
