"""Bringing a database to the newest schema, and refusing one that is newer than the code."""

from importlib import resources

import asyncpg
import msgspec

from bitpesa.kernel.statements import Connection

_LOCK = 7_216_450_117  # any constant: migrations of two processes must take turns

_STEPS_TABLE = """
create table if not exists schema_steps (
    number      integer primary key,
    name        text not null,
    applied_at  timestamptz not null default clock_timestamp()
)"""


class SchemaTooNew(Exception):
    """The database was migrated by a newer release; run that release, or restore a back-up from before it."""


class SchemaTooOld(Exception):
    """The database lacks migrations; run `bitpesa migrate`."""


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


async def migrate(database_url: str) -> list[str]:
    """Apply the missing steps, each in its own transaction, and return their names. Raises SchemaTooNew."""
    conn = await asyncpg.connect(database_url)
    try:
        await conn.execute("select pg_advisory_lock($1)", _LOCK)
        await conn.execute(_STEPS_TABLE)
        done = await _applied(conn)
        _refuse_newer(done)
        missing = [step for step in migrations() if step.number > done]
        for step in missing:
            async with conn.transaction():
                await conn.execute(step.text)
                await conn.execute("insert into schema_steps (number, name) values ($1, $2)", step.number, step.name)
        return [step.name for step in missing]
    finally:
        await conn.close()


async def require_current(database_url: str) -> None:
    """Make sure the database has exactly the schema of this release. Raises SchemaTooNew or SchemaTooOld."""
    conn = await asyncpg.connect(database_url)
    try:
        await require_current_on(conn)
    finally:
        await conn.close()


async def require_current_on(conn: Connection) -> None:
    """The same, over a connection that is open already. Raises SchemaTooNew or SchemaTooOld."""
    done = await _applied(conn)
    _refuse_newer(done)
    if done < _newest():
        raise SchemaTooOld(f"the database is at schema step {done}, this release needs {_newest()}: bitpesa migrate")


async def _applied(conn: Connection) -> int:
    """The newest step that was applied. Only looks: those who ask may not be allowed to create tables."""
    if await conn.fetchval("select to_regclass('schema_steps')") is None:
        return 0
    return int(await conn.fetchval("select coalesce(max(number), 0) from schema_steps"))


def _newest() -> int:
    return migrations()[-1].number


def _refuse_newer(done: int) -> None:
    if done > _newest():
        raise SchemaTooNew(f"the database is at schema step {done}, this release knows only {_newest()}")
