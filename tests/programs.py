"""Programs that a few tests ask, and that no lock file can bring: Debian has a package of each."""

import os
import shutil

import pytest

WANTED = ("bash", "chromium", "curl", "haproxy", "hledger", "javac", "nginx", "openssl")
"""By some test or other: which of them are missing is told before the first test."""

# Where administrators' programs are, which the path of an ordinary user leaves out.
_ALSO_IN = "/usr/sbin"


def program(name: str, *, package: str | None = None) -> str:
    """Where a program is. Without it the test is skipped, but not in CI, which installs it.

    `package`: what brings it, where that has another name.
    """
    found = program_if_there(name, package=package)
    if found is None:
        pytest.skip(f"{name} is not installed: `apt-get install {package or name}` lets this test run")
    return found


def program_if_there(name: str, *, package: str | None = None) -> str | None:
    """The same for a test that has something to say without it: None where it is not installed, but not in CI."""
    found = shutil.which(name) or shutil.which(name, path=_ALSO_IN)
    assert found is not None or os.environ.get("CI") != "true", f"CI installs the package {package or name}"
    return found


def missing() -> list[str]:
    """Those of the wanted programs that are not installed."""
    return [name for name in WANTED if shutil.which(name) is None and shutil.which(name, path=_ALSO_IN) is None]
