"""These start real servers and kill them. They run as whoever runs the tests: root as well as an ordinary user."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bitpesa.embedded_postgres import (
    AlreadyRunning,
    DidNotStart,
    MadeByAnotherVersion,
    PostgresNotInstalled,
    PostgresUnavailable,
    Server,
    join_or_start,
    shared_memory,
    start_server,
)
from bitpesa.embedded_postgres.binaries import find_binaries

FAST = {"fsync": "off"}  # what is killed here is processes, and the kernel keeps what they wrote

PROGRAM = """
import sys, threading
from pathlib import Path
from bitpesa.embedded_postgres import PostgresUnavailable, join_or_start, start_server

how, data = sys.argv[1], Path(sys.argv[2])

def start():
    global server
    server = start_server(data, settings={"fsync": "off"})

print("awake", flush=True)
sys.stdin.readline()
try:
    if how == "in a thread":
        thread = threading.Thread(target=start)
        thread.start()
        thread.join()
    elif how == "shared":
        with join_or_start(data):
            print("started", flush=True)
            sys.stdin.readline()
        sys.exit()
    else:
        start()
except PostgresUnavailable as problem:
    print(type(problem).__name__, flush=True)
else:
    print("started", server.pid, flush=True)
    sys.stdin.readline()
    server.stop()
"""


class Supervisor:
    """Another Python that supervises a server, told what to do by lines of text."""

    def __init__(self, data: Path, how: str = "plainly") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, how, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.hear() == "awake"

    def go_on(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def start(self) -> str:
        self.go_on()
        return self.hear()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def supervisor(data: Path, how: str = "plainly") -> Iterator[Supervisor]:
    other = Supervisor(data, how)
    with other.process:
        try:
            yield other
        finally:
            other.process.kill()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory that all may use, one after the other: it is meant to survive what they do to it."""
    data = tmp_path_factory.mktemp("survivor") / "data"
    with start(data) as server:
        execute(server.dsn, "create table kept (id uuid)")
    yield data
    start(data).stop()  # tidies up after the last one killed


def execute(dsn: str, statement: str, *arguments: Any) -> Any:
    async def run() -> Any:
        conn = await asyncpg.connect(dsn)
        try:
            return await conn.fetchval(statement, *arguments)
        finally:
            await conn.close()

    return asyncio.run(run())


def keep(dsn: str) -> UUID:
    kept: UUID = execute(dsn, "insert into kept values (gen_random_uuid()) returning id")
    return kept


def has(dsn: str, kept: UUID) -> bool:
    return bool(execute(dsn, "select exists (select from kept where id = $1)", kept))


def start(data: Path) -> Server:
    return start_server(data, settings=FAST)


def log_of(data: Path) -> str:
    return (data / "postgres.log").read_text()


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


def test_a_first_start_makes_a_private_directory_and_a_durable_database_named_bitpesa(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    with start_server(data) as server:
        asked = "select array[current_database(), current_setting('fsync'), current_setting('synchronous_commit'),"
        assert execute(server.dsn, f"{asked} current_setting('timezone'), current_setting('server_encoding')]") == [
            *("bitpesa", "on", "on", "UTC", "UTF8")
        ]
        assert server.process_is_alive()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert sorted(entry.name for entry in data.iterdir()) == ["lock", "postgres", "postgres.log"]


def test_a_stop_is_clean_and_the_next_start_finds_the_data(data: Path) -> None:
    server = start(data)
    kept = keep(server.dsn)
    server.stop()
    server.stop()
    assert not server.process_is_alive()
    log = log_of(data)
    with start(data) as again:
        assert has(again.dsn, kept)
    assert "not properly shut down" not in log_of(data).removeprefix(log)


def test_a_stop_does_not_wait_for_who_is_connected(data: Path) -> None:
    async def stop_while_connected() -> None:
        server = start(data)
        conn = await asyncpg.connect(server.dsn)
        server.stop()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await conn.fetchval("select 1")
        await conn.close()

    asyncio.run(stop_while_connected())


def test_settings_can_be_overridden(data: Path) -> None:
    with start_server(data, settings={**FAST, "max_connections": "300"}) as server:
        assert execute(server.dsn, "show max_connections") == "300"


def test_ctrl_c_at_the_terminal_does_not_reach_the_server_behind_our_back(data: Path) -> None:
    with start(data) as server:
        assert os.getsid(server.pid) == server.pid


def test_the_server_has_no_right_of_root_but_to_look_into_directories(data: Path) -> None:
    with start(data) as server:
        assert execute(server.dsn, "select 1") == 1
        status = Path(f"/proc/{server.pid}/status")
        if status.exists():
            capabilities = next(line for line in status.read_text().splitlines() if line.startswith("CapEff"))
            assert int(capabilities.split()[1], 16) in {0, 1 << 1, 1 << 2}


def test_a_killed_server_is_noticed_and_the_next_start_recovers_what_was_committed(data: Path) -> None:
    server = start(data)
    kept = keep(server.dsn)
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.process_is_alive())
    server.stop()
    log = log_of(data)
    with start(data) as again:
        assert has(again.dsn, kept)
    assert "not properly shut down" in log_of(data).removeprefix(log)


def test_backends_left_by_a_killed_server_are_stopped_first(data: Path) -> None:
    async def kill_under_a_busy_backend() -> None:
        server = start(data)
        conn = await asyncpg.connect(server.dsn)
        busy = asyncio.create_task(conn.execute("do $$ begin loop end loop; end $$"))
        watcher = await asyncpg.connect(server.dsn)
        running = "select count(*) from pg_stat_activity where state = 'active' and query like 'do %'"
        while not await watcher.fetchval(running):
            pass
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not server.process_is_alive())
        server.stop()
        with start(data) as again:
            assert again.process_is_alive()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await busy
        for each in (conn, watcher):
            each.terminate()

    asyncio.run(kill_under_a_busy_backend())


@pytest.mark.parametrize("how", ["plainly", "in a thread"])
def test_a_killed_supervisor_leaves_nothing_that_hinders_the_next_start(data: Path, how: str) -> None:
    with supervisor(data, how) as killed:
        assert killed.start().startswith("started")
        with join_or_start(data) as dsn:
            kept = keep(dsn)
        killed.kill()
    with start(data) as server:
        assert has(server.dsn, kept)


@pytest.mark.skipif(sys.platform != "linux", reason="only the Linux kernel tells a process that its parent died")
def test_a_server_ends_with_its_supervisor(data: Path) -> None:
    with supervisor(data) as killed:
        pid = int(killed.start().split()[1])
        killed.kill()
        until(lambda: not Path(f"/proc/{pid}/exe").exists() and not (data / "postgres" / "postmaster.pid").exists())


def test_everything_killed_at_once_is_recovered(data: Path) -> None:
    with supervisor(data) as killed:
        pid = int(killed.start().split()[1])
        with join_or_start(data) as dsn:
            kept = keep(dsn)
        os.kill(pid, signal.SIGKILL)
        killed.kill()
    with start(data) as server:
        assert has(server.dsn, kept)


def test_a_process_id_in_use_by_a_stranger_does_not_look_like_a_server(data: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    with stranger:
        (data / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{data / 'postgres'}\n")
        with start(data) as server:
            assert execute(server.dsn, "select 1") == 1
        stranger.kill()


def test_a_second_instance_is_refused_with_directory_and_process(data: Path) -> None:
    with start(data) as server, pytest.raises(AlreadyRunning) as refused:
        start(data)
    assert str(data) in str(refused.value)
    assert f"process {os.getpid()}" in str(refused.value)
    assert not server.process_is_alive()


def test_of_two_starts_at_once_one_wins(data: Path) -> None:
    with supervisor(data) as one, supervisor(data) as other:
        one.go_on()
        other.go_on()
        assert sorted(answer.split()[0] for answer in (one.hear(), other.hear())) == ["AlreadyRunning", "started"]


def test_a_deep_directory_with_odd_letters_works(data: Path, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a rather long name, with 'quotes'"] * 5)
    deep.parent.mkdir(parents=True)
    data.rename(deep)
    try:
        with start(deep) as server:
            assert execute(server.dsn, "select 1") == 1
    finally:
        deep.rename(data)


def test_a_first_start_that_was_killed_half_way_leaves_only_litter(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with supervisor(data) as killed:
        killed.go_on()
        until(lambda: any(data.glob("postgres.unfinished-*/base")))
        killed.kill()
    assert not (data / "postgres").exists()
    with start(data) as server:
        assert execute(server.dsn, "select current_database()") == "bitpesa"
    assert not list(data.glob("postgres.unfinished-*"))


def test_a_command_joins_the_server_of_a_running_sandbox_and_leaves_it_running(data: Path) -> None:
    with supervisor(data) as sandbox:
        assert sandbox.start().startswith("started")
        for _ in range(2):
            with join_or_start(data) as dsn:
                assert execute(dsn, "select 1") == 1


def test_a_command_alone_starts_a_server_and_stops_it(data: Path) -> None:
    with join_or_start(data) as dsn:
        assert execute(dsn, "select 1") == 1
        with pytest.raises(AlreadyRunning):
            start(data)
    with start(data) as server:
        assert server.process_is_alive()


def test_a_command_whose_server_others_joined_waits_for_them(data: Path) -> None:
    with supervisor(data, "shared") as first:
        assert first.start() == "started"
        with join_or_start(data) as dsn:
            first.go_on()
            assert execute(dsn, "select 1") == 1
            assert first.process.poll() is None
        assert first.process.wait() == 0


def test_a_failed_start_quotes_the_log_and_frees_the_directory(data: Path) -> None:
    with pytest.raises(DidNotStart, match='invalid value for parameter "shared_buffers"') as failed:
        start_server(data, settings={"shared_buffers": "plenty"})
    assert str(data) in str(failed.value)
    with start(data) as server:
        assert server.process_is_alive()


def test_data_of_another_major_version_is_named_as_such(data: Path) -> None:
    version = data / "postgres" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("17\n")
    with pytest.raises(MadeByAnotherVersion, match=r"made by PostgreSQL 17, and the one installed here is 18"):
        start(data)
    version.write_text(ours)


def test_a_directory_that_cannot_be_made_is_a_clear_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DidNotStart, match="Not a directory"):
        start(tmp_path / "file" / "data")


def test_a_missing_wheel_is_told_with_what_to_do() -> None:
    with pytest.raises(PostgresNotInstalled, match=r"bitpesa\[sandbox\].*--database-url"):
        find_binaries("no_such_wheel")
    assert issubclass(PostgresNotInstalled, PostgresUnavailable)


def test_a_log_that_has_grown_large_is_rotated_at_the_next_start(data: Path) -> None:
    os.truncate(data / "postgres.log", 10_000_001)
    with start(data):
        pass
    assert (data / "postgres.log").stat().st_size < 100_000
    assert (data / "postgres.log.1").stat().st_size == 10_000_001


# -- where its processes share memory


def test_shared_memory_lies_among_the_data_where_there_is_no_room_elsewhere(tmp_path: Path) -> None:
    assert shared_memory.kind(tmp_path / "missing") == "mmap"
    assert shared_memory.kind(Path("/proc")) == "mmap"  # there, and of no use
    tmp_path.chmod(0o1777)
    assert shared_memory.kind(tmp_path) == "posix"


def test_a_small_place_is_of_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o1777)
    monkeypatch.setattr(shared_memory, "LEAST_FREE_BYTES", 1 << 62)
    assert shared_memory.kind(tmp_path) == "mmap"


async def test_data_made_with_room_are_started_without_it_and_the_other_way_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("mmap", "posix", "mmap"):
        monkeypatch.setattr(shared_memory, "kind", lambda kind=kind: kind)
        server = await asyncio.to_thread(start_server, tmp_path / "data", settings=FAST)
        with server:
            conn = await asyncpg.connect(server.dsn)
            try:
                assert await conn.fetchval("show dynamic_shared_memory_type") == kind
                await conn.execute("set min_parallel_table_scan_size = 0")
                await conn.execute("set parallel_setup_cost = 0; set parallel_tuple_cost = 0")
                assert await conn.fetchval("select sum(reltuples) is not null from pg_class")
            finally:
                await conn.close()
