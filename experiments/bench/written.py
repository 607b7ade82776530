"""What a request leaves in the database: every table is looked at before and after, so that nothing is missed."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

Row = dict[str, Any]
Key = tuple[Any, ...]

# Key columns by table. Everything is looked at, so a new table of the product cannot be forgotten.
_TABLES = """
select c.relname as name,
       array_agg(a.attname::text order by a.attnum) filter (where a.attnum = any (i.indkey)) as key,
       bool_or(a.attname = 'app_id') as of_app
from pg_class c
join pg_index i on i.indrelid = c.oid and i.indisprimary
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind = 'r' and c.relnamespace = current_schema::regnamespace
  -- Written beside the requests, many at a time and some of them later: the API's cost, and no part of an answer.
  and c.relname not in ('api_logs', 'call_counts')
group by c.relname
order by c.relname
"""


class Written(msgspec.Struct, frozen=True):
    """What was written: the new rows, and how many old rows changed, for each table where there were any."""

    inserted: dict[str, list[Row]]
    changed: dict[str, int]

    @property
    def shape(self) -> dict[str, tuple[int, int]]:
        """New and changed rows by table."""
        tables = sorted({*self.inserted, *self.changed})
        return {table: (len(self.inserted.get(table, ())), self.changed.get(table, 0)) for table in tables}


async def written_by(
    act: Callable[[], Awaitable[object]], conn: asyncpg.Connection, app_id: UUID | None = None
) -> Written:
    """Look, act, look again. Of tables that belong to apps only the rows of this app are looked at."""
    before = await _everything(conn, app_id)
    await act()
    after = await _everything(conn, app_id)
    inserted = {table: [row for key, row in rows.items() if key not in before[table]] for table, rows in after.items()}
    changed = {
        table: sum(row != before[table][key] for key, row in rows.items() if key in before[table])
        for table, rows in after.items()
    }
    return Written(
        {table: rows for table, rows in inserted.items() if rows}, {table: n for table, n in changed.items() if n}
    )


async def count_rows(conn: asyncpg.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = [table["name"] for table in await conn.fetch(_TABLES)]
    return {table: await conn.fetchval(f'select count(*) from "{table}"') for table in tables}  # noqa: S608 - its own name


async def _everything(conn: asyncpg.Connection, app_id: UUID | None) -> dict[str, dict[Key, Row]]:
    return {table["name"]: await _rows(conn, table, app_id) for table in await conn.fetch(_TABLES)}


async def _rows(conn: asyncpg.Connection, table: asyncpg.Record, app_id: UUID | None) -> dict[Key, Row]:
    statement = f'select * from "{table["name"]}"'  # noqa: S608 - the catalogue's own name
    if app_id is not None and table["of_app"]:
        rows = await conn.fetch(f"{statement} where app_id = $1", app_id)
    else:
        rows = await conn.fetch(statement)
    return {tuple(row[column] for column in table["key"]): dict(row) for row in rows}
