"""Sharing a data directory: a command uses the server of a running sandbox, or one that it starts for itself.

Who joins holds a shared lock on the directory meanwhile, so that a command whose own server others have joined waits
for them before it stops the server. A sandbox does not wait: it is stopped by somebody who means it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bitpesa.embedded_postgres import sockets
from bitpesa.embedded_postgres.cluster import read_status
from bitpesa.embedded_postgres.problems import AlreadyRunning
from bitpesa.embedded_postgres.server import Server, start_server

SECONDS_WITHOUT_SIGN = 120.0
SECONDS_BETWEEN_TRIES = 0.01


@contextmanager
def join_or_start(data: Path) -> Iterator[str]:
    """Yield how to connect to the server of a data directory; one that had to be started is stopped at the end."""
    with ExitStack() as until_left:
        yield _join_or_start(data, until_left)


def _join_or_start(data: Path, until_left: ExitStack) -> str:
    give_up_at = time.monotonic() + SECONDS_WITHOUT_SIGN
    while True:
        try:
            server = start_server(data)
        except AlreadyRunning:
            if time.monotonic() > give_up_at:
                raise
        else:
            until_left.callback(_stop_when_alone, server)
            return server.dsn
        with ExitStack() as joined:
            joined.callback(os.close, _lock(data, fcntl.LOCK_SH))
            status = read_status(data.resolve() / "postgres")
            if status and status.is_ready and sockets.answers(status.sockets):
                until_left.push(joined.pop_all())
                return sockets.dsn(status.sockets)
        if status and not status.is_ready:  # it recovers, which takes what it takes
            give_up_at = time.monotonic() + SECONDS_WITHOUT_SIGN
        time.sleep(SECONDS_BETWEEN_TRIES)


def _stop_when_alone(server: Server) -> None:
    try:
        os.close(_lock(server.data, fcntl.LOCK_EX))
    finally:
        server.stop()


def _lock(directory: Path, kind: int) -> int:
    descriptor = os.open(directory, os.O_RDONLY)
    fcntl.flock(descriptor, kind)
    return descriptor
