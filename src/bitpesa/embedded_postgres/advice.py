"""What to do about a start that failed, as far as its own words let us guess."""

import os
from pathlib import Path

BYTES_TO_START_WITH = 16 * 1024 * 1024  # one more segment of write-ahead log


def advice(data: Path, words: str) -> str:
    """Say what the person at the terminal can do; nothing when the words speak for themselves."""
    if _free_bytes(data) < BYTES_TO_START_WITH or "Check free disk space" in words:
        return "Its disk is full: make room, or choose another directory with --data."
    refused = any(sign in words for sign in ("bitpesa: cannot run", "ermission denied", "not permitted"))
    if os.geteuid() == 0 and refused:
        return (
            "PostgreSQL refuses to run as root, and becoming another user for it is not permitted here. "
            "Start bitpesa as an ordinary user, or name a PostgreSQL of your own with --database-url."
        )
    return ""


def _free_bytes(data: Path) -> int:
    nearest = next(place for place in (data, *data.absolute().parents) if place.exists())
    disk = os.statvfs(nearest)
    return disk.f_bavail * disk.f_frsize
