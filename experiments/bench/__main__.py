"""`python -m experiments.bench`: measure every figure we hold ourselves to, in one run, and print one table."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec

from bitpesa.embedded_postgres import start_server
from bitpesa.schema.migrate import migrate
from experiments.bench import (
    create_and_fund,
    flows,
    growth,
    memory,
    neighbours,
    payouts,
    processes,
    reads,
    startup,
    stored,
    webhooks,
)
from experiments.bench.figure import Figure
from experiments.bench.fixture import make_payers
from experiments.bench.stage import FULL, GROWTH, QUICK, Form, Stage, copied
from experiments.bench.table import report
from experiments.harness.deployment import DURABLE, plan_deployment
from experiments.harness.machine import Circumstances, circumstances

PAYERS = 100
ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence"
RESULTS = ROOT / "bench.json"

# So that the time of a commit can be asked for afterwards: what webhooks are timed from.
SETTINGS = {**DURABLE, "track_commit_timestamp": "on"}

PARTS = (
    "create_and_fund",
    "processes",
    "flows",
    "payouts",
    "neighbours",
    "growth",
    "reads",
    "webhooks",
    "memory",
    "startup",
)
ON_STORED = {"growth", "reads", "webhooks"}


def main() -> None:
    """Measure, print, and keep what was printed if asked to."""
    asked = _read_arguments(sys.argv[1:])
    began, others = time.monotonic(), os.getloadavg()[0]
    with _staged(asked.directory, asked.form) as (stage, where):
        run = _Run(stage, asked)
        run.measure()
    minutes = (time.monotonic() - began) / 60
    took = f"{minutes:.1f} minutes in all; before it began others kept {others:.1f} processes busy on this machine"
    text = report(run.figures, where, [*_notes(asked.form, asked.processes), *run.notes, took])
    print(text)
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode([each.to_json() for each in run.figures])) + b"\n")
    print(f"\nwritten to {RESULTS.name}", file=sys.stderr)
    if asked.write or asked.is_whole:
        print(f"written to {_keep(text, run.appendix, where).relative_to(ROOT)}", file=sys.stderr)


class _Run:
    """The parts that were asked for, one after the other, and what they found."""

    def __init__(self, stage: Stage, asked: argparse.Namespace) -> None:
        self._stage = stage
        self._asked = asked
        self.figures: list[Figure] = []
        self.notes: list[str] = []
        self.appendix: list[str] = []

    def measure(self) -> None:
        stage, parts = self._stage, self._asked.only
        if "create_and_fund" in parts:
            self._part("create_and_fund", self._create_and_fund)
        for part, module in (
            ("processes", processes),
            ("flows", flows),
            ("payouts", payouts),
            ("neighbours", neighbours),
        ):
            if part in parts:
                self._part(part, lambda module=module: module.measure(stage))
        if ON_STORED & set(parts):
            names: list[str] = []
            self._part("stored transactions", lambda: names.extend(stored.store(stage)) or [])
            if "growth" in parts:
                self._part("growth", lambda: growth.measure(stage, names))
                self.appendix += _weights(growth.weigh(stage, names[-1]), stage.form.stored[-1])
            if "webhooks" in parts:  # before the reads leave something in the database
                self._part("webhooks", lambda: webhooks.measure(stage, names[0]))
            if "reads" in parts:
                self._part("reads", lambda: reads.measure(stage, names[0]))
        for part, module in (("memory", memory), ("startup", startup)):
            if part in parts:
                self._part(part, lambda module=module: module.measure(stage))

    def _part(self, name: str, measure: Callable[[], list[Figure]]) -> None:
        began = time.monotonic()
        print(name, file=sys.stderr, flush=True)
        self.figures += measure()
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    def _create_and_fund(self) -> list[Figure]:
        with copied(self._stage, "contest", processes=self._asked.processes) as deployment:
            figures, contest, rounds = create_and_fund.measure(self._stage, deployment)
        busy = max(each.busy for each in rounds)
        rows = ", ".join(f"{new} {table}" for table, (new, _) in contest.shape.items() if new)
        changed = ", ".join(f"{count} {table}" for table, (_, count) in contest.shape.items() if count)
        self.notes += [
            f"the load generator is a process of its own, not pinned: it used {busy:.0%} of a core",
            f"both sides of create_and_fund write per request, counted in every run: {rows}; and change {changed}",
        ]
        self.appendix += ["## What the ceiling runs", "", "```sql", contest.statement, "```", ""]
        return figures


@contextmanager
def _staged(inside: Path | None, form: Form) -> Iterator[tuple[Stage, Circumstances]]:
    """A server with a database of payers in a directory that goes away again."""
    with (
        tempfile.TemporaryDirectory(prefix="bitpesa-bench-", dir=inside) as name,
        start_server(Path(name) / "data", settings=SETTINGS) as server,
    ):
        asyncio.run(migrate(server.dsn))
        where = circumstances(postgres=asyncio.run(_version(server.dsn)), directory=Path(name))
        base = plan_deployment(server.dsn, 1, Path(name))
        yield Stage(base=base, payers=asyncio.run(make_payers(base.settings, PAYERS)), form=form), where


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


def _notes(form: Form, processes: int) -> list[str]:
    return [
        f"medians of {form.rounds} rounds, each run {form.seconds:g} s long, both sides in turn; synchronous_commit=on",
        f"{processes} API processes for create_and_fund; 8 connections and 100 balances where nothing else is said",
    ]


def _weights(tables: Sequence[tuple[str, int, int]], stored: int) -> list[str]:
    rows = [
        f"| {name} | {rows / stored:,.0f} | {indexes / stored:,.0f} |"
        for name, rows, indexes in tables
        if rows + indexes >= stored
    ]
    head = ["| table | rows | indexes |", "| --- | ---: | ---: |"]
    return [f"## Bytes per transaction, {stored:,} stored", "", *head, *rows, ""]


def _keep(text: str, appendix: Sequence[str], where: Circumstances) -> Path:
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    path = EVIDENCE / f"bench-{where.date.partition(' ')[0]}.md"
    more = "\n".join(appendix)
    path.write_text(f"# Benchmark\n\nMade by `make bench`.\n\n{text}\n\n{more}", encoding="utf-8")
    return path


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m experiments.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of everything: it runs")
    parser.add_argument("--growth", action="store_true", help="up to a million stored transactions; takes longer")
    parser.add_argument("--only", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help=f"how many rounds (default {FULL.rounds})")
    parser.add_argument("--seconds", type=float, help=f"how long each run of a round takes (default {FULL.seconds:g})")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="API processes (default: one per core)"
    )
    parser.add_argument(
        "--directory", type=Path, help="where the database keeps its files meanwhile (default: temporary)"
    )
    parser.add_argument(
        "--write", action="store_true", help="keep the table in docs/evidence/, as a whole run does by itself"
    )
    asked = parser.parse_args(arguments)
    form = QUICK if asked.quick else GROWTH if asked.growth else FULL
    changes = {"rounds": asked.rounds, "seconds": asked.seconds}
    asked.form = msgspec.structs.replace(form, **{name: value for name, value in changes.items() if value})
    asked.is_whole = not asked.only and not asked.quick
    asked.only = asked.only.split(",") if asked.only else list(PARTS)
    unknown = set(asked.only) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {min(unknown)}")
    return asked


if __name__ == "__main__":
    main()
