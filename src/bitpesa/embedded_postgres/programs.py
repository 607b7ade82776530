"""Running the programs of the wheel: as whom they may run, tied to us, writing to the log."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from bitpesa.embedded_postgres.identity import Identity

Arguments = Sequence[str | Path]
Process = subprocess.Popen[bytes]

LAUNCHER = Path(__file__).with_name("launch.py")


class Failed(Exception):
    """A program failed, in its own words."""


class Programs:
    """The programs in a directory, run as somebody. Each holds the log open, so that its lock tells who still runs."""

    def __init__(self, binaries: Path, identity: Identity, log: int) -> None:
        self._binaries = binaries
        self._identity = identity
        self._log = log

    def start(
        self, name: str, arguments: Arguments, *, stdin: int = subprocess.DEVNULL, stderr: int | None = None
    ) -> Process:
        """Start a program in a session of its own: Ctrl-C at the terminal is for us, and we stop it in good order."""
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), *self._launcher_arguments()]
        return subprocess.Popen(  # noqa: S603 - our own program and arguments
            [*launcher, self._binaries / name, *arguments],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=self._log if stderr is None else stderr,
            pass_fds=[self._log],
            cwd="/",  # ours may be closed to whom it runs as
            env=_environment(),
            start_new_session=True,
            umask=0o077,
        )

    def run(self, name: str, arguments: Arguments, *, reading: bytes = b"") -> None:
        """Run a program to its end, giving it something to read. What it complains of stays out of the log.

        On a full disk the log would not take it.
        """
        with self.start(name, arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                _, complaints = process.communicate(reading)
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            raise Failed(complaints.decode(errors="replace").strip())

    def _launcher_arguments(self) -> list[str]:
        # The kernel watches the thread that started a process. Any but the main one may end long before we do.
        dies_with_us = threading.current_thread() is threading.main_thread()
        return [str(os.getpid()), "yes" if dies_with_us else "no", *self._identity.arguments]


def _environment() -> dict[str, str]:
    """Ours without what would change PostgreSQL's defaults, and in the language that the log is read in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG", "TZ"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
