"""Looking at a database: its catalogues, its statistics, its queues; and what is found in them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
import msgspec

from bitpesa.kernel.database.statements import Connection, Row, Statement, load
from bitpesa.ops.health import rules
from bitpesa.ops.health.model import (
    HealthReport,
    Index,
    Limits,
    Measured,
    Quarantine,
    Queue,
    Session,
    Slot,
    Slow,
    Table,
    Waste,
)
from bitpesa.schema.migrate import applied_step, index_names, newest_step

T = TypeVar("T")

MOST_SLOW = 10
STATISTICS = "pg_stat_statements"
TUPLES = "pgstattuple"

HOW_TO_COUNT_STATEMENTS = (
    "set shared_preload_libraries = 'pg_stat_statements', restart PostgreSQL, "
    "and run `create extension pg_stat_statements` in this database"
)
HOW_TO_MEASURE_TABLES = "run `create extension pgstattuple` in this database"
HOW_TO_BE_LET_MEASURE = "grant pg_stat_scan_tables to this role"
HOW_TO_SEE_OTHERS = "grant pg_read_all_stats to this role"

_sql = load(__package__, "health.sql")

# Not among the named statements: they can be prepared only where their extension is.
_STATEMENTS = r"""
select left(regexp_replace(query, '\s+', ' ', 'g'), 160) as statement, calls, mean_exec_time as mean_milliseconds
from pg_stat_statements
where dbid = (select oid from pg_database where datname = current_database()) and calls >= $1
order by mean_exec_time desc
limit $2
"""
_WASTE = """
select c.relname as table, (a.dead_tuple_len + a.approx_free_space)::bigint as wasted_bytes,
    (a.dead_tuple_percent + a.approx_free_percent) / 100 as wasted_share
from pg_class c
cross join lateral pgstattuple_approx(c.oid) a
where c.relnamespace = current_schema::regnamespace and c.relkind = 'r' and c.relname = any($1::text[])
  and pg_relation_size(c.oid) >= $2
"""


async def examine(conn: Connection, real_time: Callable[[], datetime], limits: Limits | None = None) -> HealthReport:
    """Look at the database and judge what is seen.

    `conn` must be in no transaction; `real_time` is this machine's clock, which the database's is compared with.
    """
    facts = await _sql.facts.one(conn)
    measured = await _measure(conn, facts, real_time, limits or Limits())
    return HealthReport(
        taken_at=facts["taken_at"],
        server=facts["server"],
        schema_step=measured.schema_step,
        size_bytes=facts["size_bytes"],
        checks=rules.CHECKS,
        findings=tuple(rules.judge(measured, limits or Limits())),
    )


async def _measure(conn: Connection, facts: Row, real_time: Callable[[], datetime], limits: Limits) -> Measured:
    step, newest = await applied_step(conn), newest_step()
    clocks = await _sql.app_clocks.one(conn) if step == newest else None  # another schema has other tables
    slow, why_not_slow = await _slow(conn, limits)
    tables = await _all(conn, _sql.tables, Table)
    waste, why_not_waste = await _waste(conn, tables, limits)
    unseen = {"statements": why_not_slow, "bloat": why_not_waste}
    unseen["transactions"] = "" if await _sql.sees_everything.value(conn) else HOW_TO_SEE_OTHERS
    return Measured(
        settings={row["name"]: row["setting"] for row in await _sql.set_for_us.rows(conn)},
        schema_step=step,
        newest_step=newest,
        clock_off_seconds=await _clock_off(conn, real_time),
        clocks_ahead_seconds=clocks["ahead_seconds"] if clocks else 0,
        live_clocks_moved=clocks["live_apps"] if clocks else 0,
        queues=await _all(conn, _sql.queues, Queue) if clocks else (),
        tables=tables,
        waste=waste,
        indexes=await _all(conn, _sql.indexes, Index),
        expected_indexes=index_names() if step == newest else frozenset(),
        sessions=await _all(conn, _sql.sessions, Session),
        slots=await _all(conn, _sql.slots, Slot),
        connections=facts["connections"],
        connections_allowed=facts["connections_allowed"],
        oldest_xid_age=facts["oldest_xid_age"],
        slow=slow,
        unseen={check: how for check, how in unseen.items() if how},
        quarantine=await _all(conn, _sql.quarantine, Quarantine) if clocks else (),
    )


async def _all(conn: Connection, statement: Statement, kind: type[T]) -> tuple[T, ...]:
    rows = await statement.rows(conn)
    return tuple(msgspec.convert(dict(row), kind) for row in rows)


async def _clock_off(conn: Connection, real_time: Callable[[], datetime]) -> float:
    """How far the database's clock is ahead of ours, in seconds: it answers in the middle of the round trip."""
    before = real_time()
    there = await _sql.database_clock.value(conn)
    after = real_time()
    return float((there - (before + (after - before) / 2)).total_seconds())


async def _slow(conn: Connection, limits: Limits) -> tuple[tuple[Slow, ...], str]:
    """The slowest of the statements that are run often, or how to have them counted."""
    try:
        rows = await _of_extension(conn, STATISTICS, _STATEMENTS, limits.slow_calls, MOST_SLOW)
    except asyncpg.ObjectNotInPrerequisiteStateError:  # the extension is there, and its library was not loaded
        rows = None
    if rows is None:
        return (), HOW_TO_COUNT_STATEMENTS
    return tuple(msgspec.convert(dict(row), Slow) for row in rows), ""


async def _waste(conn: Connection, tables: tuple[Table, ...], limits: Limits) -> tuple[tuple[Waste, ...], str]:
    """What of the tables' files holds nothing, or how to find out. Small tables cannot waste much."""
    names = [table.name for table in tables]
    try:
        rows = await _of_extension(conn, TUPLES, _WASTE, names, limits.wasted_bytes)
    except asyncpg.InsufficientPrivilegeError:
        return (), HOW_TO_BE_LET_MEASURE
    if rows is None:
        return (), HOW_TO_MEASURE_TABLES
    return tuple(msgspec.convert(dict(row), Waste) for row in rows), ""


async def _of_extension(conn: Connection, extension: str, statement: str, *args: Any) -> list[Row] | None:
    """Run a statement in which an extension's own names are found, wherever it was installed; None without it."""
    schemas = {row["name"]: row["schema"] for row in await _sql.extensions.rows(conn)}
    if extension not in schemas:
        return None
    async with conn.transaction(readonly=True):
        await _sql.find_names_in.run(conn, schemas[extension])
        rows: list[Row] = await conn.fetch(statement, *args)
        return rows
