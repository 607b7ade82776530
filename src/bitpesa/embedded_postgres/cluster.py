"""The cluster, `DIR/postgres`: made whole or not at all, and the file in which its server says how it is doing."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

from bitpesa.embedded_postgres import shared_memory
from bitpesa.embedded_postgres.advice import advice
from bitpesa.embedded_postgres.identity import give, identities_for_new_cluster
from bitpesa.embedded_postgres.problems import DidNotStart
from bitpesa.embedded_postgres.programs import Failed, Programs

USER = DATABASE = "bitpesa"
UNFINISHED = "postgres.unfinished-"

# Text sorts by code point, on every machine and after every upgrade of its C library. Naming sizes spares `initdb`
# half a dozen trial starts. Nobody listens on the network; the rule for hosts holds should somebody make it listen.
INITDB = (
    *("--username", USER, "--encoding", "UTF8"),
    *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
    *("--auth-local", "trust", "--auth-host", "reject"),
    *("--set", "max_connections=100", "--set", "shared_buffers=128MB"),
    *("--set", "timezone=UTC", "--no-instructions", "--no-sync"),
)

# Linux can flush a whole file system at once: 0.2 s for a new cluster, against 3 s for its files one by one.
SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"


class Status(msgspec.Struct, frozen=True):
    """What `postmaster.pid` says."""

    pid: int
    sockets: Path
    is_ready: bool


def read_status(cluster: Path) -> Status | None:
    """Read what the server says about itself, if it is that far."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        pid, _data, _started, _port, sockets, _host, _memory, state = (line.strip() for line in lines)
        return Status(int(pid), Path(sockets), state == "ready")
    except (FileNotFoundError, ValueError):  # not there, or not yet written to its end
        return None


def make_cluster(data: Path, binaries: Path, log: int, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there when it is whole: a kill in between leaves only litter."""
    for litter in data.glob(f"{UNFINISHED}*"):
        shutil.rmtree(litter, ignore_errors=True)
    failures = []
    for identity in identities_for_new_cluster(data):
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=data))
        try:
            if give(unfinished, identity):
                _fill(unfinished, Programs(binaries, identity, log), durable=durable)
                unfinished.rename(data / "postgres")
                _sync(data)
                return
        except Failed as failure:
            failures.append(str(failure))
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    words = "\n".join(dict.fromkeys(failures))
    raise DidNotStart(f"PostgreSQL could not make its files in {data}.", advice=advice(data, words), words=words)


def _fill(unfinished: Path, programs: Programs, *, durable: bool) -> None:
    shared = ["--set", f"dynamic_shared_memory_type={shared_memory.kind()}"]
    programs.run("initdb", ["-D", unfinished, *INITDB, *shared])
    create_database = f"create database {DATABASE} strategy file_copy\n".encode()
    alone = ["--single", "-F", "-c", "exit_on_error=on", "-c", "log_min_messages=error", "-D", str(unfinished)]
    programs.run("postgres", [*alone, "template1"], reading=create_database)
    if durable:
        programs.run("initdb", ["-D", unfinished, "--sync-only", "--sync-method", SYNC_METHOD])


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
