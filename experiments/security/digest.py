"""A digest of everything in the database, so that "nothing changed" is a comparison and no opinion."""

from typing import Any

import asyncpg

WRITTEN_ANYWAY = ("used_nonces", "api_logs", "call_counts")
"""A refused call may use up its nonce, is written into the log, and is counted."""

_TABLES = """
select c.relname as name, bool_or(a.attname = 'app_id') as of_app
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind = 'r' and c.relnamespace = current_schema::regnamespace and c.relname <> all ($1)
group by c.relname
order by c.relname
"""


class Digest:
    """Looks at every table there is, so that a new one cannot be forgotten."""

    def __init__(self, conn: asyncpg.Connection, tables: list[asyncpg.Record]) -> None:
        self._conn = conn
        self.tables = len(tables)
        self._everything = _statement(tables, of_app=False)
        self._of_app = _statement([table for table in tables if table["of_app"]], of_app=True)

    async def everything(self) -> dict[str, str]:
        """A digest of each table."""
        return dict(await self._conn.fetch(self._everything))

    async def of_app(self, app_id: Any) -> dict[str, str]:
        """A digest of the rows of one app in each table."""
        return dict(await self._conn.fetch(self._of_app, app_id))


async def digest_of(conn: asyncpg.Connection) -> Digest:
    """Get ready to look at a database."""
    return Digest(conn, await conn.fetch(_TABLES, WRITTEN_ANYWAY))


def _statement(tables: list[asyncpg.Record], *, of_app: bool) -> str:
    only = "where t.app_id = $1" if of_app else ""
    return " union all ".join(
        f"select '{table['name']}', md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) "  # noqa: S608 - its own names
        f'from "{table["name"]}" t {only}'
        for table in tables
    )
