"""PostgreSQL under attack: clusters that are killed and started again, and a second one that follows the first."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg
import psutil

from bitpesa.embedded_postgres import DidNotStart, Server, start_server
from bitpesa.embedded_postgres.binaries import find_binaries
from bitpesa.embedded_postgres.identity import give, identities_for_new_cluster
from bitpesa.embedded_postgres.log import open_log
from bitpesa.embedded_postgres.programs import Programs
from bitpesa.kernel.database.pool import UNREACHABLE
from experiments.harness.deployment import DURABLE

SETTINGS = {**DURABLE, "wal_level": "replica", "max_wal_senders": "5", "hot_standby": "on", "max_connections": "100"}
FORGETFUL = {**SETTINGS, "synchronous_commit": "off", "wal_writer_delay": "2s"}
"""Acknowledges before it writes: with this the experiment must find that something is lost."""
SECONDS_TO_FOLLOW = 60.0
SECONDS_TO_NOTICE = 10.0


class Cluster:
    """A PostgreSQL that is started again whenever it is gone."""

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self.data = data
        self.settings = settings
        self._server: Server | None = None

    @property
    def dsn(self) -> str:
        """How to connect to the server itself."""
        return self._running.dsn

    @property
    def sockets(self) -> Path:
        """The directory of its socket."""
        return Path(self.dsn.partition("host=")[2].partition("&")[0].replace("%2F", "/"))

    @property
    def is_alive(self) -> bool:
        """Whether that process runs."""
        return self._server is not None and self._server.process_is_alive()

    @property
    def answers(self) -> bool:
        """Whether somebody who connects gets an answer."""
        return self.is_alive and asyncio.run(_answers(self.dsn))

    def start(self) -> bool:
        """Start the server, or what is left of it; tells whether it answers. On a full disk it does not."""
        self.stop()
        try:
            self._server = start_server(self.data, settings=self.settings)
        except DidNotStart:
            return False
        return True

    def stop(self) -> None:
        """Stop the server; one that was killed leaves nothing behind."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def kill(self) -> None:
        """Kill the first process; the others notice by themselves, or are made to at the next start."""
        if self._server is not None and self.is_alive:
            os.kill(self._server.pid, signal.SIGKILL)
        while self.is_alive:
            time.sleep(0.001)

    def kill_everything(self) -> None:
        """Kill every process at once, as when the machine loses its power."""
        victims = self.processes()
        for victim in victims:
            _kill(victim)
        psutil.wait_procs(victims, timeout=10)

    def kill_child(self, choice: float) -> str | None:
        """Kill one of the others; `choice` between 0 and 1 picks. Answers what it was, None when there was none.

        Comes back when the first process has noticed, which lets nobody in from then on until all is recovered: who
        asked a moment earlier would be told that the server answers.
        """
        _, *children = self.processes() or [None]
        if not children:
            return None
        victim = children[int(choice * len(children))]
        kind = _kind(victim)
        if not _kill(victim):
            return None
        give_up_at = time.monotonic() + SECONDS_TO_NOTICE
        while victim.is_running():  # a dead process runs, for psutil, until its parent has noticed
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"PostgreSQL does not notice that its {kind} is dead")
            time.sleep(0.001)
        return kind

    def processes(self) -> list[psutil.Process]:
        """All processes that there are just now, the first one first."""
        if self._server is None:
            return []
        try:
            first = psutil.Process(self._server.pid)
            return [first, *sorted(first.children(), key=lambda child: child.pid)]
        except psutil.NoSuchProcess:
            return []

    @property
    def _running(self) -> Server:
        if self._server is None:
            raise LookupError(f"no server runs in {self.data}")
        return self._server


@contextmanager
def open_cluster(data: Path, settings: Mapping[str, str] = SETTINGS) -> Iterator[Cluster]:
    """A running cluster, stopped at the end."""
    cluster = Cluster(data, settings)
    if not cluster.start():
        raise RuntimeError(f"PostgreSQL does not start in {data}")
    try:
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def open_standby(primary: Cluster, data: Path) -> Iterator[Cluster]:
    """A second cluster that follows the first; from then on the first acknowledges what both have on their disks."""
    with ExitStack() as stack:
        back_up(primary.dsn, data, "--write-recovery-conf")
        standby = stack.enter_context(open_cluster(data, primary.settings))
        asyncio.run(_wait_for_each_other(primary.dsn))
        yield standby


def promote(standby: Cluster) -> None:
    """Make a standby the primary; comes back when it takes writes."""
    asyncio.run(_promote(standby.dsn))


def back_up(dsn: str, data: Path, *options: str) -> Path:
    """Copy a running cluster to a data directory of its own, with the log that the copy needs; where it lies then."""
    data.mkdir(mode=0o700)
    cluster = data / "postgres"
    cluster.mkdir(mode=0o700)
    identity = identities_for_new_cluster(data)[0]
    give(cluster, identity)
    log = open_log(data)
    try:
        arguments = [
            "--pgdata",
            cluster,
            "--dbname",
            dsn,
            "--checkpoint",
            "fast",
            "--wal-method",
            "stream",
            "--no-sync",
        ]
        Programs(find_binaries(), identity, log).run("pg_basebackup", [*arguments, *options])
    finally:
        os.close(log)
    return cluster


async def _answers(dsn: str) -> bool:
    try:
        conn = await asyncpg.connect(dsn)
    except UNREACHABLE:
        return False
    await conn.close()
    return True


async def _wait_for_each_other(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute("alter system set synchronous_standby_names = '*'")
        await conn.execute("select pg_reload_conf()")
        give_up_at = time.monotonic() + SECONDS_TO_FOLLOW
        while await conn.fetchval("select count(*) from pg_stat_replication where sync_state = 'sync'") == 0:
            if time.monotonic() > give_up_at:
                raise TimeoutError("the standby does not follow")
            await asyncio.sleep(0.05)
    finally:
        await conn.close()


async def _promote(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        if not await conn.fetchval("select pg_promote(true, 60)"):
            raise TimeoutError("the standby is not promoted")
        # Nobody follows it yet: waiting for a standby that is not there would be waiting for ever.
        await conn.execute("alter system reset synchronous_standby_names")
        await conn.execute("select pg_reload_conf()")
    finally:
        await conn.close()


def _kind(process: psutil.Process) -> str:
    """What a process of PostgreSQL does: `backend` for those that serve a connection."""
    try:
        title = " ".join(process.cmdline())
    except psutil.Error:
        return "backend"
    known = ("walwriter", "checkpointer", "background writer", "autovacuum", "startup", "walsender", "logical")
    return next((name for name in known if name in title), "backend")


def _kill(process: psutil.Process) -> bool:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True
