"""Programs that a few tests ask, and that no lock file can bring: Debian has a package of each one's name."""

import os
import shutil

import pytest

WANTED = ("bash", "chromium", "curl", "hledger", "openssl")
"""By some test or other: which of them are missing is told before the first test."""


def program(name: str) -> str:
    """Where a program is. Without it the test is skipped, but not in CI, which installs it."""
    found = program_if_there(name)
    if found is None:
        pytest.skip(f"{name} is not installed: `apt-get install {name}` lets this test run")
    return found


def program_if_there(name: str) -> str | None:
    """The same for a test that has something to say without it: None where it is not installed, but not in CI."""
    found = shutil.which(name)
    assert found is not None or os.environ.get("CI") != "true", f"CI installs the package {name}"
    return found


def missing() -> list[str]:
    """Those of the wanted programs that are not installed."""
    return [name for name in WANTED if shutil.which(name) is None]
