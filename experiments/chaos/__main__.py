"""`python -m experiments.chaos`: hurt a working deployment in every way we know, and see whether anything was lost."""

import argparse
import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from bitpesa.schema.migrate import migrate
from experiments.chaos.check import Finding, check
from experiments.chaos.cluster import FORGETFUL, SETTINGS, Cluster, open_cluster
from experiments.chaos.crew import SECONDS_BETWEEN_LOOKS, Crew, open_crew
from experiments.chaos.disk import Disk, open_disk
from experiments.chaos.failover import FailedOver, fail_over
from experiments.chaos.fixture import Players, Receiving, make_players
from experiments.chaos.journal import read_heard, read_journal
from experiments.chaos.load import SECONDS_TO_FINISH, Plan, open_load
from experiments.chaos.poison import Spoilt, ended, mend, quarantined, release, spoil
from experiments.chaos.report import Run, keep, report, work_done
from experiments.chaos.settling import DAYS, DoesNotSettle, settle
from experiments.chaos.storm import Storm
from experiments.chaos.wire import Wire, open_wire
from experiments.harness.deployment import HOST, Deployment, environment, free_ports, plan_deployment
from experiments.harness.machine import Circumstances, circumstances

KILLS = 40
CLIENTS = 12
API_PROCESSES = 2
COUNTED = ("transactions", "recipients", "ledger_postings", "events", "webhook_deliveries")

# What a person would wait for is shortened; what protects money is as it is delivered.
SHORTENED = {
    "allow_private_webhooks": True,
    "webhook_connect_timeout_seconds": 1.0,
    "webhook_timeout_seconds": 2.0,
    "webhook_retry_delays_seconds": (1.0, 2.0, 3.0, 5.0, 8.0),
}


def main() -> None:
    """Run, print, keep; exit with 1 when a promise was broken."""
    asked = _read_arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="bitpesa-chaos-", dir=asked.directory) as name:
        with _staged(Path(name), asked) as stage:
            run = _play(stage, asked)
        if asked.keep_files:
            shutil.copytree(name, asked.keep_files, dirs_exist_ok=True, ignore=shutil.ignore_patterns("disk*", "wire"))
    text = report(run, stage.where)
    print(text)
    if not asked.print_only:
        print(f"\nwritten to {keep(text, run, stage.where)}", file=sys.stderr)
    sys.exit(0 if run.holds else 1)


class Stage(msgspec.Struct, kw_only=True):
    """Everything that runs, ready to be hurt. `standbys`: what ends after the processes that use it."""

    where: Circumstances
    directory: Path
    disk: Disk
    cluster: Cluster
    wire: Wire
    deployment: Deployment
    players: Players
    receivers: subprocess.Popen[str]
    crew: Crew
    standbys: ExitStack

    @property
    def journal(self) -> Path:
        """What the load writes down."""
        return self.directory / "journal.jsonl"

    @property
    def heard(self) -> Path:
        """What the receivers write down."""
        return self.directory / "heard.jsonl"

    @property
    def bases(self) -> tuple[str, ...]:
        """Where clients find the API."""
        return tuple(f"{origin}/v1" for origin in self.deployment.origins)


@contextmanager
def _dead_port() -> Iterator[int]:
    """A port at which nobody listens: held, or somebody else on this machine would answer there sooner or later."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield held.getsockname()[1]


@contextmanager
def _staged(directory: Path, asked: argparse.Namespace) -> Iterator[Stage]:
    """A deployment with a database on a disk of its own, that answers; it goes away again."""
    directory.chmod(0o711)  # PostgreSQL may run as somebody else
    with ExitStack() as stack:
        disk = stack.enter_context(open_disk(directory, may_mount=not asked.no_mount))
        standbys = stack.enter_context(ExitStack())
        cluster = stack.enter_context(
            open_cluster(disk.directory / "first", FORGETFUL if asked.forgetful else SETTINGS)
        )
        asyncio.run(migrate(cluster.dsn))
        where = circumstances(postgres=asyncio.run(_version(cluster.dsn)), directory=disk.directory)
        wire = stack.enter_context(open_wire(directory / "wire", cluster.sockets))
        deployment = plan_deployment(wire.dsn, API_PROCESSES, directory, **SHORTENED)
        receiving = Receiving(*free_ports(1), stack.enter_context(_dead_port()))
        receivers = stack.enter_context(_receiving(receiving.port, directory / "heard.jsonl"))
        players = asyncio.run(make_players(deployment.settings, receiving))
        crew = stack.enter_context(open_crew(deployment))
        yield Stage(
            where=where,
            directory=directory,
            disk=disk,
            cluster=cluster,
            wire=wire,
            deployment=deployment,
            players=players,
            receivers=receivers,
            crew=crew,
            standbys=standbys,
        )


def _play(stage: Stage, asked: argparse.Namespace) -> Run:
    """The storm, the fail-overs, the calm after them, and the check."""
    storm = Storm(stage.cluster, stage.crew, stage.wire, stage.disk, asked.seed)
    plan = Plan(
        bases=stage.bases,
        players=stage.players.quiet,
        noisy=stage.players.noisy,
        clients=CLIENTS,
        seed=asked.seed,
        journal=str(stage.journal),
    )
    with open_load(plan) as load:
        _say("one app is noisy, one is poisoned")
        spoilt = asyncio.run(spoil(stage.players.poisoned, stage.bases, stage.journal, storm.cluster.dsn))
        _say(f"a storm of {asked.kills} kills")
        began = time.monotonic()
        storm.rage(asked.kills)
        storm_seconds = time.monotonic() - began
        failed_over = _fail_over(stage, storm, asked.failovers)
        _say("no more harm is done")
        load.ask_to_stop()
        give_up_at = time.monotonic() + SECONDS_TO_FINISH
        while load.is_running and time.monotonic() < give_up_at:
            storm.watch(SECONDS_BETWEEN_LOOKS)
        played = load.played()
    storm.wait_for_cluster()
    stage.receivers.send_signal(signal.SIGUSR1)
    findings = [work_done(asked.kills, played), *_settle(stage, storm, spoilt)]
    _say("everybody is asked what is true")
    operations = read_journal(stage.journal)
    return Run(
        kills=storm.kills,
        accidents=storm.accidents,
        ended=stage.crew.ended,
        disk=stage.disk.kind,
        seed=asked.seed,
        storm_seconds=storm_seconds,
        played=played,
        clock_moves=sum(each.kind == "clock" and each.is_acknowledged for each in operations),
        rows=asyncio.run(_count(storm.cluster.dsn)),
        failed_over=failed_over,
        findings=[
            *findings,
            *asyncio.run(check(storm.cluster.dsn, operations, read_heard(stage.heard))),
            *_second_opinions(stage),
        ],
    )


def _fail_over(stage: Stage, storm: Storm, times: int) -> FailedOver | None:
    """Fail over so often, each time to a fresh standby; the worst of what clients noticed."""
    noticed = []
    for number in range(times):
        _say("a fail-over")
        place = stage.disk.directory / f"standby-{number}"
        noticed.append(fail_over(storm, place, stage.wire, stage.journal, stage.standbys))
    return max(noticed, key=lambda each: each.refused_seconds, default=None)


def _settle(stage: Stage, storm: Storm, spoilt: Sequence[Spoilt]) -> Iterator[Finding]:
    """Everybody's work is done beside the poisoned rows; these are where they belong, and end once they are mended."""
    dsn, poisoned = storm.cluster.dsn, stage.players.poisoned.app_id
    _say("time passes until nothing is left to be done, beside what is poisoned")
    yield _settled("after the storm everything that is due gets done, beside a poisoned app", stage, storm, {poisoned})
    yield from asyncio.run(quarantined(spoilt, dsn))
    _say("what is poisoned is mended and released")
    asyncio.run(mend(spoilt, dsn))
    yield asyncio.run(release(stage.deployment, dsn))
    yield _settled("then the poisoned app's gets done as well", stage, storm, set(), days=0)
    yield asyncio.run(ended(spoilt, dsn))


def _settled(sentence: str, stage: Stage, storm: Storm, but_for: set[UUID], days: int = DAYS) -> Finding:
    players, dsn = stage.players.everybody, storm.cluster.dsn
    try:
        asyncio.run(settle(players, stage.bases, stage.journal, dsn, storm.tend, days=days, but_for=but_for))
    except DoesNotSettle as problem:
        return Finding(sentence, 1, (str(problem),))
    return Finding(sentence, 0, ())


def _second_opinions(stage: Stage) -> Iterator[Finding]:
    """The product's own audit, and hledger on its export: two more who should find nothing."""
    command = [sys.executable, "-m", "bitpesa.cli"]
    surroundings = environment(stage.deployment)
    audit = subprocess.run([*command, "audit"], env=surroundings, capture_output=True, text=True, check=False)
    yield Finding("`bitpesa audit` finds nothing", audit.returncode, () if audit.returncode == 0 else (audit.stdout,))
    if shutil.which("hledger") is None:
        return
    books = stage.directory / "books.journal"
    with books.open("wb") as file:
        subprocess.run([*command, "export", "--format", "hledger"], env=surroundings, stdout=file, check=True)
    checked = subprocess.run(["hledger", "check", "-f", books], capture_output=True, text=True, check=False)
    yield Finding(
        "`hledger check` believes the exported books",
        checked.returncode,
        () if checked.returncode == 0 else (checked.stderr,),
    )


@contextmanager
def _receiving(port: int, heard: Path) -> Iterator[subprocess.Popen[str]]:
    """The receivers of webhooks, from the moment they listen."""
    command = [sys.executable, "-m", "experiments.chaos.receivers", str(port), str(heard)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise RuntimeError("the receivers do not listen")
            yield process
        finally:
            process.terminate()


async def _version(database_url: str) -> str:
    conn = await asyncpg.connect(database_url)
    try:
        return f"PostgreSQL {await conn.fetchval('show server_version')}"
    finally:
        await conn.close()


async def _count(database_url: str) -> dict[str, int]:
    conn = await asyncpg.connect(database_url)
    try:
        return {table: await conn.fetchval(f"select count(*) from {table}") for table in COUNTED}  # noqa: S608 - ours
    finally:
        await conn.close()


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m experiments.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how many processes are killed (default {KILLS})")
    parser.add_argument("--failovers", type=int, default=1, help="how often the primary dies for good (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="repeats the choices of another run (default 1)")
    parser.add_argument("--directory", type=Path, help="where files are kept meanwhile (default: temporary)")
    parser.add_argument("--no-mount", action="store_true", help="fill the disk as where no file system may be mounted")
    parser.add_argument(
        "--forgetful", action="store_true", help="let PostgreSQL acknowledge before it writes, and see the loss found"
    )
    parser.add_argument("--keep-files", type=Path, help="keep the journals and logs of the run in this directory")
    parser.add_argument("--print-only", action="store_true", help="do not keep the table in docs/evidence/")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
