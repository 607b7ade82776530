"""Bringing a database to the newest schema, and refusing one that is newer than the code."""

import re
from functools import cache
from importlib import resources

import asyncpg
import msgspec

from bitpesa.kernel.database.statements import Connection

_LOCK = 7_216_450_117  # any constant: migrations of two processes must take turns

_STEPS_TABLE = """
create table if not exists schema_steps (
    number      integer primary key,
    name        text not null,
    applied_at  timestamptz not null default clock_timestamp()
)"""


_INDEX = re.compile(
    r"^(?P<what>create|drop)\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+(?:not\s+)?exists\s+)?(?P<name>\w+)",
    re.MULTILINE | re.IGNORECASE,
)


class SchemaTooNew(Exception):
    """The database was migrated by a newer release; run that release, or restore a back-up from before it."""


class SchemaTooOld(Exception):
    """The database lacks migrations; run `bitpesa migrate`."""


class SchemaInUse(Exception):
    """A step may not be applied while others use the database; stop them, then run `bitpesa migrate`."""


class Migration(msgspec.Struct, frozen=True):
    """One numbered step of the schema."""

    number: int
    name: str
    text: str


def migrations() -> list[Migration]:
    """Every step this release knows, in order."""
    files = [f for f in resources.files(__package__).iterdir() if f.name.endswith(".sql")]
    steps = [Migration(int(f.name[:4]), f.name, f.read_text(encoding="utf-8")) for f in files]
    return sorted(steps, key=lambda step: step.number)


@cache
def index_names() -> frozenset[str]:
    """The indexes that the steps make by name and leave; those of keys and constraints are not among them."""
    there: set[str] = set()
    for step in migrations():
        for found in _INDEX.finditer(step.text):
            (there.add if found["what"].lower() == "create" else there.discard)(found["name"])
    return frozenset(there)


async def migrate(database_url: str) -> list[str]:
    """Apply the missing steps, each in its own transaction; answers their names. Raises SchemaTooNew, SchemaInUse."""
    conn = await asyncpg.connect(database_url)
    try:
        await conn.execute("select pg_advisory_lock($1)", _LOCK)
        await conn.execute(_STEPS_TABLE)
        done = await applied_step(conn)
        _refuse_newer(done)
        missing = [step for step in migrations() if step.number > done]
        for step in missing:
            await _apply(conn, step)
        return [step.name for step in missing]
    finally:
        await conn.close()


async def _apply(conn: Connection, step: Migration) -> None:
    try:
        async with conn.transaction():
            await conn.execute(step.text)
            await conn.execute("insert into schema_steps (number, name) values ($1, $2)", step.number, step.name)
    except asyncpg.ObjectInUseError as refusal:
        raise SchemaInUse(f"{step.name}: {refusal}") from refusal


async def require_current(database_url: str) -> None:
    """Make sure the database has exactly the schema of this release. Raises SchemaTooNew or SchemaTooOld."""
    conn = await asyncpg.connect(database_url)
    try:
        await require_current_on(conn)
    finally:
        await conn.close()


async def require_current_on(conn: Connection) -> None:
    """The same, over a connection that is open already. Raises SchemaTooNew or SchemaTooOld."""
    done = await applied_step(conn)
    _refuse_newer(done)
    if done < newest_step():
        raise SchemaTooOld(
            f"the database is at schema step {done}, this release needs {newest_step()}: bitpesa migrate"
        )


async def applied_step(conn: Connection) -> int:
    """The newest step that was applied. Only looks: those who ask may not be allowed to create tables."""
    if await conn.fetchval("select to_regclass('schema_steps')") is None:
        return 0
    return int(await conn.fetchval("select coalesce(max(number), 0) from schema_steps"))


def newest_step() -> int:
    """The number of the newest step that this release knows."""
    return migrations()[-1].number


def _refuse_newer(done: int) -> None:
    if done > newest_step():
        raise SchemaTooNew(f"the database is at schema step {done}, this release knows only {newest_step()}")
