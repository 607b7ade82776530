"""Where and when it was measured: without that a figure says nothing."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure depends on beside our code."""

    date: str
    commit: str
    machine: str
    postgres: str
    storage: str


def circumstances(*, postgres: str, directory: Path) -> Circumstances:
    """Look around. `directory` is where the database keeps its files."""
    return Circumstances(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=_commit(),
        machine=f"{os.cpu_count()} cores, {_processor()}, {_memory_gib():.0f} GiB",
        postgres=postgres,
        storage=_file_system(directory),
    )


def _commit() -> str:
    """The commit, marked when files differ from it; "unknown" outside a checkout."""
    command = ["git", "describe", "--always", "--dirty=, with changes", "--abbrev=12", "--exclude=*"]
    try:
        finished = subprocess.run(
            command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return finished.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _file_system(directory: Path) -> str:
    """The kind of file system: on one in memory the disk is not waited for, and the figures mean nothing."""
    place = directory.resolve()
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown file system"
    under = [(len(where), kind) for _, where, kind, *_ in mounts if place.is_relative_to(where)]
    kind = max(under)[1] if under else "unknown file system"
    return f"{kind}, IN MEMORY: nothing is durable here" if kind in ("tmpfs", "ramfs") else kind
