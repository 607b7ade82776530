"""Programs that a few tests ask, and that no lock file can bring: Debian has a package of each one's name."""

import os
import shutil

import pytest


def program(name: str) -> str:
    """Where a program is. Without it the test is skipped, but not in CI, which installs it."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip(f"{name} is not installed: `apt-get install {name}` lets this test run")
    assert found is not None, f"CI installs the package {name}"
    return found
