"""Turn into PostgreSQL: tie this process to its parent, become whom it should run as, and execute the program.

Run by path in an interpreter of its own (`python -I -S launch.py PARENT DIES_WITH_PARENT HOW UID GID PROGRAM ...`), so
it imports only what is quick to import. A process of its own rather than code between fork and exec, which is unsafe
once a process has threads. The process id stays, so PostgreSQL is the direct child of who asked.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

COULD_NOT_BECOME = 126

PR_SET_PDEATHSIG = 1
PR_GET_SECUREBITS = 27
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CLONE_NEWUSER = 0x10000000
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

libc = ctypes.CDLL(None, use_errno=True)
is_linux = sys.platform == "linux"


def main(arguments: list[str]) -> None:
    """Become, tie and execute, in this order: changing identity would undo the tie."""
    parent, dies_with_parent, how, uid, gid, *program = arguments
    try:
        if how == "account":
            become_account(int(uid), int(gid))
        elif how == "namespace":
            enter_namespace(int(uid), int(gid))
        if dies_with_parent == "yes":
            die_with(int(parent))
        os.execv(program[0], program)  # noqa: S606 - no shell is wanted
    except OSError as problem:
        print(f"bitpesa: cannot run {program[0]} ({how} {uid}): {problem}", file=sys.stderr)  # noqa: T201 - to the log
        sys.exit(COULD_NOT_BECOME)


def become_account(uid: int, gid: int) -> None:
    """Become another user for good, keeping (on Linux, where permitted) the right to look into closed directories."""
    keeps_capabilities = is_linux and _keep_capabilities()
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if keeps_capabilities:
        _reduce_capabilities()


def enter_namespace(uid: int, gid: int) -> None:
    """Be known by other numbers than our own, in a user namespace that holds nobody else."""
    ours = os.geteuid(), os.getegid()
    if not is_linux:
        raise OSError("user namespaces need Linux")
    _checked(libc.unshare(CLONE_NEWUSER), "user namespace")
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{uid} {ours[0]} 1")
    (own / "gid_map").write_text(f"{gid} {ours[1]} 1")


def die_with(parent: int) -> None:
    """Have the kernel ask for a fast shutdown when the parent dies; elsewhere than on Linux the next start does."""
    if is_linux:
        _checked(libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0), "parent death signal")
    if os.getppid() != parent:
        sys.exit("bitpesa: the supervisor died before PostgreSQL started")


def _keep_capabilities() -> bool:
    """Let capabilities outlive the change of user, also for access(), with which `initdb` looks for `postgres`."""
    bits = libc.prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)
    return bool(libc.prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0)


def _reduce_capabilities() -> None:
    """Drop all capabilities but one that opens directories, the weaker if there is a choice, which we hand on."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice, for the lower and the upper 32
    _checked(libc.capget(header, sets), "capabilities")
    permitted = sets[1]
    kept = next((cap for cap in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if permitted & 1 << cap), None)
    mask = 0 if kept is None else 1 << kept
    _checked(libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)), "capabilities")
    if kept is not None:
        _checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept, 0, 0), "ambient capability")


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    main(sys.argv[1:])
