"""Where the processes of PostgreSQL share what outgrows their common memory: in `/dev/shm`, if that is of use."""

import os
import stat
import sys
from pathlib import Path

PLACE = Path("/dev/shm")  # noqa: S108 # nosec B108 - only asked about; PostgreSQL's files in it are its own
LEAST_FREE_BYTES = 16 * 1024 * 1024


def kind(place: Path = PLACE) -> str:
    """The value of `dynamic_shared_memory_type`: files among the data (`mmap`) where there is no room elsewhere.

    Containers come with a small `/dev/shm`, and some with none; PostgreSQL would stop in the middle of a query.
    """
    return "posix" if sys.platform != "linux" or _is_of_use(place) else "mmap"


def _is_of_use(place: Path) -> bool:
    try:
        found, disk = place.stat(), os.statvfs(place)
    except OSError:
        return False
    # Root lends PostgreSQL another identity, so what root may write says nothing.
    is_writable = bool(found.st_mode & stat.S_IWOTH) or (os.geteuid() != 0 and os.access(place, os.W_OK | os.X_OK))
    return is_writable and disk.f_bavail * disk.f_frsize >= LEAST_FREE_BYTES
