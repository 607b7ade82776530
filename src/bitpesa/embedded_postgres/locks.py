"""Locks on files that the kernel drops when their holders die, however they die.

`DIR/lock` is held by the supervisor alone: free means that no supervisor lives. `DIR/postgres.log` is locked too, and
its descriptor is inherited by PostgreSQL as standard error: free means that no process of the cluster lives. Neither
needs to trust a process id written down before a crash.
"""

import fcntl
import os
import time
from pathlib import Path

from bitpesa.embedded_postgres.problems import AlreadyRunning

SECONDS_BETWEEN_TRIES = 0.005


def hold_directory(data: Path) -> int:
    """Take the lock of a supervisor; closing the descriptor gives it back."""
    descriptor = open_private(data / "lock", os.O_RDWR)
    try:
        _hold(descriptor, data)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_private(path: Path, flags: int) -> int:
    """Open a file, made if missing, that belongs to the owner of its directory even when root is the first to come."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
    owner = path.parent.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def take(descriptor: int, *, patience_seconds: float = 0.0) -> bool:
    """Try to lock an open file for as long as given; say whether it worked."""
    give_up_at = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(SECONDS_BETWEEN_TRIES)
        else:
            return True


def _hold(descriptor: int, data: Path) -> None:
    if not take(descriptor):
        raise AlreadyRunning(data, _holder(descriptor))
    os.pwrite(descriptor, f"{os.getpid():<20}\n".encode(), 0)  # always as long: never read half written


def _holder(descriptor: int) -> int | None:
    written = os.pread(descriptor, 21, 0).strip()
    return int(written) if written.isdigit() else None
