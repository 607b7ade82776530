"""The ceiling: PostgreSQL alone, driven by pgbench, writing exactly the rows that a request of ours was seen to write.

The statement is made from those rows, values and all, with new identifiers and times: what the product comes to write,
the ceiling writes as well. It is one round trip and one commit, and reads nothing but who pays.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bitpesa.embedded_postgres.binaries import find_binaries
from experiments.bench.payer import Payer
from experiments.bench.written import Row, Written

THREADS = 2

PAYERS = """
drop table if exists bench.payers;
create table bench.payers (n integer primary key, app_id uuid not null, key_id uuid not null, sender_id uuid not null,
    balance_id uuid not null, held_id uuid not null);
"""

# One transaction per request: who pays is left to chance, as the load generator has it.
ONE = """\
\\set n random(1, :payers)
select bench.write_requests(array[:n::integer]);
"""

# Many requests per transaction. In the order of the payers: two batches would deadlock if each took its own.
BATCH = """\
select bench.write_requests(array(
    select (1 + floor(random() * :payers))::integer from generate_series(1, :batch) order by 1));
"""


NUMBERS = {
    ("events", "seq"),
    ("untold_events", "seq"),
    ("webhook_deliveries", "event_seq"),
    ("webhook_logs", "event_seq"),
}
"""Columns with the number of an event. The database draws it, here beforehand, since others point at it."""


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of pgbench came to. Latencies are in seconds, and there only when they were asked for."""

    transactions: int
    per_second: float
    latencies: list[float] = []


class Pgbench(msgspec.Struct, frozen=True):
    """A pgbench and where it may keep its files."""

    program: Path
    database_url: str
    directory: Path

    def run(
        self, script: str, *, clients: int, seconds: float, payers: int, batch: int = 1, timed: bool = False
    ) -> Ceiling:
        """Run a script for about so many seconds. Raises CalledProcessError."""
        for old in self.directory.glob("pgbench_log.*"):
            old.unlink()
        (self.directory / "script.sql").write_text(script)
        threads = min(THREADS, clients)
        command = [str(self.program), "--no-vacuum", "--protocol=prepared", "--file=script.sql"]
        command += [f"--client={clients}", f"--jobs={threads}", f"--time={max(round(seconds), 1)}"]
        command += [f"--define=payers={payers}", f"--define=batch={batch}"]
        if timed:
            command.append("--log")
        finished = subprocess.run(
            [*command, self.database_url], cwd=self.directory, stdout=subprocess.PIPE, text=True, check=True
        )
        return Ceiling(
            transactions=int(_number(r"transactions actually processed: (\d+)", finished.stdout)),
            per_second=_number(r"tps = ([\d.]+)", finished.stdout),
            latencies=[seconds for log in self.directory.glob("pgbench_log.*") for seconds in _logged(log)],
        )


def find_pgbench() -> Path:
    """The pgbench of the embedded PostgreSQL, or the one on the path. Raises FileNotFoundError."""
    beside = find_binaries() / "pgbench"
    if beside.exists():
        return beside
    elsewhere = shutil.which("pgbench")
    if elsewhere is None:
        raise FileNotFoundError("there is no pgbench: neither with the embedded PostgreSQL nor on the path")
    return Path(elsewhere)


async def prepare(conn: asyncpg.Connection, payers: Sequence[Payer], written: Written) -> str:
    """Give the database the function that writes what a request of the first payer wrote; answers its text."""
    await conn.execute("create schema if not exists bench")
    await conn.execute(PAYERS)
    rows = [(n, p.app_id, p.key_id, p.sender_id, p.balance_id, p.held_id) for n, p in enumerate(payers, start=1)]
    await conn.copy_records_to_table("payers", schema_name="bench", records=rows)
    columns = {table: await columns_of(conn, table) for table in written.inserted}
    function = function_text(payers[0], written, columns)
    await conn.execute(function)
    await conn.execute("analyze bench.payers")
    return function


def function_text(payer: Payer, written: Written, columns: dict[str, list[str]]) -> str:
    """The function that writes the rows for each payer of an array, in one statement."""
    words = Words(payer, written)
    steps = [
        f"written_{number} as (\n    insert into {table} ({', '.join(columns[table])}){overriding(table)}\n"  # noqa: S608
        f"    select {', '.join(words.of(table, row, column) for column in columns[table])}\n    from requests)"
        for number, (table, row) in enumerate(_in_order(written), start=1)
    ]
    return "\n".join(
        [
            "create or replace function bench.write_requests(who integer[]) returns void language plpgsql as $bench$",
            "declare many bigint; begin",
            "with requests as materialized (",
            f"    select payers.*, {', '.join(words.made)}",
            "    from unnest(who) with ordinality as wanted (n, position) join bench.payers using (n)",
            "    order by position),",
            ",\n".join(steps),
            "select count(*) into many from requests; end $bench$",
        ]
    )


class Words:
    """How the values of the rows seen are written for further requests."""

    def __init__(self, payer: Payer, written: Written, known: dict[Any, str] | None = None) -> None:
        (transaction,) = written.inserted["transactions"]
        self._known: dict[Any, str] = {
            payer.app_id: "app_id",
            payer.key_id: "key_id",
            payer.sender_id: "sender_id",
            payer.balance_id: "balance_id",
            payer.held_id: "held_id",
            transaction["external_id"]: "external_id",
            **(known or {}),
        }
        values = [value for rows in written.inserted.values() for row in rows for value in row.values()]
        self._moment = min(value for value in values if isinstance(value, datetime))
        new_ids = dict.fromkeys(value for value in values if isinstance(value, UUID) and value not in self._known)
        self._known |= {value: f"id_{number}" for number, value in enumerate(new_ids, start=1)}
        events = written.inserted.get("events", ())
        self._numbers = {row["seq"]: f"number_{number}" for number, row in enumerate(events, start=1)}
        self.made = [
            "date_trunc('milliseconds', clock_timestamp()) as moment",
            "replace(gen_random_uuid()::text, '-', '') as external_id",
            *(f"uuidv7() as {self._known[value]}" for value in new_ids),
            *(f"nextval(pg_get_serial_sequence('events', 'seq')) as {name}" for name in self._numbers.values()),
        ]

    def of(self, table: str, row: Row, column: str) -> str:
        """An expression for what was seen in a column."""
        return self._numbers[row[column]] if (table, column) in NUMBERS else self.word(row[column])

    def word(self, value: Any) -> str:
        """An expression for a value that was seen."""
        if isinstance(value, UUID | str) and value in self._known:
            return self._known[value]
        if isinstance(value, bytes):  # a hash: as many bytes that nobody used yet
            return f"substring(uuid_send(gen_random_uuid()) from 1 for {len(value)})"
        if isinstance(value, datetime):
            return self._time(value - self._moment)
        return _literal(value)

    def _time(self, later: timedelta) -> str:
        whole = round(later.total_seconds())
        return f"moment + interval '{whole} seconds'" if whole else "moment"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | Decimal):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"the ceiling cannot write {value!r} yet")


def _in_order(written: Written) -> Iterator[tuple[str, Row]]:
    """The rows with the postings first, since PostgreSQL carries out the last step of a `with` first.

    So a balance, which everybody else waits for meanwhile, is locked last and for as short as can be.
    """
    for table in sorted(written.inserted, key=lambda table: (table != "ledger_postings", table)):
        for row in written.inserted[table]:
            yield table, row


async def columns_of(conn: asyncpg.Connection, table: str) -> list[str]:
    """The columns that are given a value by whoever writes a row, and numbers that others point at."""
    rows = await conn.fetch(
        "select attname as name, attidentity <> '' as is_numbered from pg_attribute "
        "where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum",
        table,
    )
    return [row["name"] for row in rows if not row["is_numbered"] or (table, row["name"]) in NUMBERS]


def overriding(table: str) -> str:
    """What has the database take a number that was drawn beforehand."""
    return " overriding system value" if table == "events" else ""


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"pgbench said nothing like {pattern!r}:\n{text}")
    return float(found.group(1))


def _logged(log: Path) -> Iterator[float]:
    """The latencies of a log, whose lines are client, transaction, microseconds and more."""
    for line in log.read_text().splitlines():
        yield int(line.split()[2]) / 1_000_000
