"""Says in one line, before anything is tried, why this machine cannot prepare `.venv`; says nothing where it can.

Run by the Python that is to make it, with nothing installed, however old: hence the plain words.
"""

import platform
import sys
import sysconfig

OLDEST_PYTHON = (3, 11)
OLDEST_GLIBC = (2, 28)
"""What the wheels are built for (manylinux_2_28)."""


def why_not(python, system, machine, abi, libc):
    """Why a machine cannot run it; None when it can. `abi` is Python's own, `libc` a name and a version."""
    if python < OLDEST_PYTHON:
        return "bitpesa needs Python 3.11 or newer, and this is {}.{}. Name one: make run PYTHON=python3.12".format(
            *python
        )
    if "musl" in abi:
        return (
            "bitpesa brings PostgreSQL along as a wheel, and there is none for musl (Alpine): "
            "use a Linux with glibc, such as Debian or its container images."
        )
    if system == "linux" and libc[0] == "glibc" and _version(libc[1]) < OLDEST_GLIBC:
        return "bitpesa's wheels need glibc 2.28 or newer (Debian 10, RHEL 8), and this machine has {}.".format(libc[1])
    if system == "darwin" and machine == "x86_64":
        return (
            "bitpesa needs wheels that are no longer made for Intel Macs (cryptography, cbor2): "
            "use a Linux container or virtual machine there."
        )
    return None


def _version(text):
    """The first two numbers of a version; those that say nothing are taken for new ones."""
    parts = text.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else OLDEST_GLIBC


if __name__ == "__main__":
    sys.exit(
        why_not(
            tuple(sys.version_info[:2]),
            sys.platform,
            platform.machine(),
            str(sysconfig.get_config_var("SOABI") or "") + str(sysconfig.get_config_var("HOST_GNU_TYPE") or ""),
            platform.libc_ver(),
        )
    )
