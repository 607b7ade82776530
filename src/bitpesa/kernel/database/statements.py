"""Named SQL statements: they live in `<noun>.sql` beside the code, and are run by name.

A file holds statements under headers of the form

    -- name: lock_transaction(app_id, id)
    -- Why the statement is as it is.
    select ... where app_id = $1 and id = $2

The header names the parameters in order; a house test compares them with the `$n` in the text. A statement that names
the rows of another one, which is carried out before it on a sheet, says so: `-- name: b(rows) after a`.
"""

import re
from importlib import resources
from typing import Any, TypeAlias

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy | asyncpg.Pool
"""A database connection, as handed to nouns. Only edges obtain one. A pool serves statements that stand alone."""

Row: TypeAlias = asyncpg.Record

_HEADER = re.compile(r"^-- name: (\w+)\(([^)]*)\)(?: after (\w+))?\s*$", re.MULTILINE)


NAMES: dict[str, str] = {}
"""The name of each statement by its text, for whoever tells people of what ran."""


class Statement(msgspec.Struct, frozen=True, eq=False):
    """One SQL statement with the names of its parameters, in order."""

    name: str
    parameters: tuple[str, ...]
    text: str
    after: str | None = None
    """The statement whose rows this one names."""

    async def rows(self, conn: Connection, *args: Any) -> list[Row]:
        """Run it and return every row."""
        rows: list[Row] = await conn.fetch(self.text, *args)
        return rows

    async def row(self, conn: Connection, *args: Any) -> Row | None:
        """Run it and return the first row, or None."""
        return await conn.fetchrow(self.text, *args)

    async def one(self, conn: Connection, *args: Any) -> Row:
        """Run a statement that always answers a row."""
        row = await conn.fetchrow(self.text, *args)
        if row is None:
            raise LookupError(f"{self.name} answered no row")
        return row

    async def value(self, conn: Connection, *args: Any) -> Any:
        """Run it and return the first column of the first row, or None."""
        return await conn.fetchval(self.text, *args)

    async def run(self, conn: Connection, *args: Any) -> int:
        """Run it and return how many rows it changed."""
        status = await conn.execute(self.text, *args)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


class Statements(dict[str, Statement]):
    """The statements of one file; an unknown name is an error at import, not at run time."""

    def __getattr__(self, name: str) -> Statement:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def load(package: str, file: str) -> Statements:
    """Read the named statements of `file` in `package`."""
    statements = parse(resources.files(package).joinpath(file).read_text(encoding="utf-8"))
    NAMES.update((statement.text, name) for name, statement in statements.items())
    return statements


def parse(text: str) -> Statements:
    """Cut a file of SQL into its named statements."""
    statements = Statements()
    headers = list(_HEADER.finditer(text))
    for header, following in zip(headers, [*headers[1:], None], strict=True):
        name = header.group(1)
        if name in statements:
            raise ValueError(f"statement {name} is defined twice")
        if hasattr(Statements, name):
            raise ValueError(f"a statement cannot be called {name}: that is a word of dictionaries")
        end = following.start() if following else len(text)
        parameters = tuple(p.strip() for p in header.group(2).split(",") if p.strip())
        statements[name] = Statement(name, parameters, text[header.end() : end].strip(), header.group(3))
    return statements
