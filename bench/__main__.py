"""`python -m bench`: measure create_and_fund over HTTP beside what PostgreSQL could do, and print one table."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from bench.ceiling import Pgbench, find_pgbench
from bench.fixture import make_payers
from bench.rounds import Contest, Round, prepare_contest
from bench.table import report, results
from bitpesa.schema.migrate import migrate
from rig.deployment import DURABLE, Deployment, api_running, plan_deployment, start_database
from rig.machine import Circumstances, circumstances

PAYERS = 100
FULL = (5, 4.0)
QUICK = (1, 1.0)
EVIDENCE = Path(__file__).parent.parent / "docs" / "evidence"


def main() -> None:
    """Measure, print, and keep what was printed if asked to."""
    asked = _read_arguments(sys.argv[1:])
    with _deployed(asked.directory, asked.processes) as (deployment, where):
        payers = asyncio.run(make_payers(deployment.settings, PAYERS))
        pgbench = Pgbench(find_pgbench(), deployment.database_url, deployment.directory)
        with api_running(deployment):
            contest = prepare_contest(deployment, payers, pgbench)
            rounds = [_play(contest, number, asked) for number in range(1, asked.rounds + 1)]
    text = report(results(rounds), where, _notes(contest, rounds, asked))
    print(text)
    if asked.write:
        print(f"\nwritten to {_keep(text, contest, where)}", file=sys.stderr)


@contextmanager
def _deployed(inside: Path | None, processes: int) -> Iterator[tuple[Deployment, Circumstances]]:
    """A migrated database in a directory that goes away again, and a plan for the processes on it."""
    with (
        tempfile.TemporaryDirectory(prefix="bitpesa-bench-", dir=inside) as name,
        start_database(Path(name)) as server,
    ):
        asyncio.run(migrate(server.dsn))
        where = circumstances(postgres=asyncio.run(_version(server.dsn)), directory=Path(name))
        yield plan_deployment(server.dsn, processes, Path(name)), where


def _play(contest: Contest, number: int, asked: argparse.Namespace) -> Round:
    print(f"round {number} of {asked.rounds}", file=sys.stderr, flush=True)
    return contest.play(asked.seconds)


async def _version(database_url: str) -> str:
    """The server's version, once it is sure that it waits for the disk: otherwise nothing here means anything."""
    conn = await asyncpg.connect(database_url)
    try:
        for setting, needed in DURABLE.items():
            value = await conn.fetchval("select current_setting($1)", setting)
            if value != needed:
                raise RuntimeError(f"{setting} is {value}: what is measured must be durable")
        return f"PostgreSQL {await conn.fetchval('show server_version')}"
    finally:
        await conn.close()


def _notes(contest: Contest, rounds: Sequence[Round], asked: argparse.Namespace) -> list[str]:
    rows = ", ".join(f"{new} {table}" for table, (new, _) in contest.shape.items() if new)
    changed = ", ".join(f"{count} {table}" for table, (_, count) in contest.shape.items() if count)
    busy = max(each.busy for each in rounds)
    return [
        f"medians of {asked.rounds} rounds, each run {asked.seconds:g} s long, ours and the ceiling in turn",
        f"{asked.processes} API processes, no worker; the load generator used {busy:.0%} of a core",
        f"both sides write per request, counted in every run: {rows}; and change {changed}; synchronous_commit=on",
    ]


def _keep(text: str, contest: Contest, where: Circumstances) -> Path:
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    path = EVIDENCE / f"bench-{where.date.partition(' ')[0]}.md"
    path.write_text(
        f"# create_and_fund beside its ceiling\n\nMade by `make bench ARGS=--write`.\n\n{text}\n\n"
        f"## What the ceiling runs\n\n```sql\n{contest.statement}\n```\n",
        encoding="utf-8",
    )
    return path


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, which proves only that it runs")
    parser.add_argument("--rounds", type=int, help=f"how many rounds (default {FULL[0]})")
    parser.add_argument("--seconds", type=float, help=f"how long each run of a round takes (default {FULL[1]:g})")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="API processes (default: one per core)"
    )
    parser.add_argument(
        "--directory", type=Path, help="where the database keeps its files meanwhile (default: temporary)"
    )
    parser.add_argument("--write", action="store_true", help="keep the table in docs/evidence/")
    asked = parser.parse_args(arguments)
    rounds, seconds = QUICK if asked.quick else FULL
    asked.rounds = asked.rounds or rounds
    asked.seconds = asked.seconds or seconds
    return asked


if __name__ == "__main__":
    main()
