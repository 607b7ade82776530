"""A disk that can be filled: a small file system of its own, or, where none may be mounted, a limit on files.

The file system is the real thing: `No space left on device`, for the log of PostgreSQL as for its tables. Mounting
takes rights that containers often withhold. There the kernel's limit on the size of a file stands in for it: every
process of PostgreSQL is given one, writes beyond it fail with `File too large`, and PostgreSQL treats both alike.
"""

import os
import resource
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

SIZE_BYTES = 12 * 2**30
"""Of the small file system. It is sparse: only what is written takes room."""
LONGEST_FILE_BYTES = 64 * 1024


class Disk(Protocol):
    """Where a cluster keeps its files."""

    directory: Path
    kind: str

    def fill(self, processes: Iterable[psutil.Process]) -> None:
        """Leave no room for these processes, those of the cluster."""

    def clear(self, processes: Iterable[psutil.Process]) -> None:
        """Give them their room back."""


class SmallDisk:
    """A file system in a file, which a second file fills."""

    kind = "a file system of its own, filled to the last byte"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def fill(self, processes: Iterable[psutil.Process]) -> None:  # noqa: ARG002 - it is full for everybody
        with self._ballast.open("ab") as file:
            while free := _free_bytes(self.directory):
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)
                    continue
                with suppress(OSError):  # the book-keeping of the file system takes a little itself
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), 4096)
                    continue
                break

    def clear(self, processes: Iterable[psutil.Process]) -> None:  # noqa: ARG002 - it has room for everybody
        self._ballast.unlink(missing_ok=True)


class LimitedFiles:
    """Processes that may not write far into any file."""

    kind = "a limit on the size of files in place of a full file system"

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def fill(self, processes: Iterable[psutil.Process]) -> None:
        _limit(processes, LONGEST_FILE_BYTES)

    def clear(self, processes: Iterable[psutil.Process]) -> None:
        _limit(processes, resource.RLIM_INFINITY)


@contextmanager
def open_disk(inside: Path, *, may_mount: bool = True) -> Iterator[Disk]:
    """A disk for the clusters of a run, in a directory."""
    directory = inside / "disk"
    directory.mkdir()
    image = inside / "disk.image"
    if not (may_mount and _mounted(image, directory)):
        image.unlink(missing_ok=True)
        yield LimitedFiles(directory)
        return
    try:
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", "--lazy", directory], check=False)
        image.unlink(missing_ok=True)


def _mounted(image: Path, directory: Path) -> bool:
    if os.geteuid() != 0:
        return False
    with image.open("wb") as file:
        file.truncate(SIZE_BYTES)
    make = ["mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1", image]
    mount = ["mount", "-o", "loop", image, directory]
    try:
        for command in (make, mount):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _free_bytes(directory: Path) -> int:
    disk = os.statvfs(directory)
    return disk.f_bavail * disk.f_frsize


def _limit(processes: Iterable[psutil.Process], most_bytes: int) -> None:
    """Those that live are given the limit one by one; children inherit it."""
    for process in processes:
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            try:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
            except PermissionError:
                _limit_as_owner(process, most_bytes)


def _limit_as_owner(process: psutil.Process, most_bytes: int) -> None:
    """Root without the right to limit others (as in most containers) may still become them."""
    limit = "unlimited" if most_bytes == resource.RLIM_INFINITY else most_bytes
    command = ["prlimit", f"--pid={process.pid}", f"--fsize={limit}:unlimited"]
    subprocess.run(
        command,
        check=False,
        stderr=subprocess.DEVNULL,
        user=process.uids().real,
        group=process.gids().real,
        extra_groups=[],
    )
