"""Sheets: the rows that a piece of work writes, set down one noun after the other and written as one statement.

Each noun keeps its own statement, which takes rows as JSON and answers one row for each that it wrote. A sheet puts the
statements it needs behind one another in a single one: one round trip and one commit, with nothing half done. It is
refused as a whole as soon as one of them writes fewer rows than it was handed: so a statement says what it relies on by
its conditions, and whatever turned out otherwise shows in the count.

PostgreSQL takes what is handed over for a hundred rows, for which it would rather read a whole table than look each of
them up. A statement that joins tables to its rows has them with `limit json_array_length($1)`: that is true, and taken
for a tenth of that.

Sheets of one shape fit on one another: rows of many requests go into the same statement (design decision 8b).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from bitpesa.kernel.database.coalescing import Together
from bitpesa.kernel.database.statements import Connection, Statement
from bitpesa.kernel.values import json

Fields = Mapping[str, Any]
"""A row that is to be written, by column."""

Hear = Callable[[Sequence[dict[str, Any]]], None]
"""Hears the rows that a statement answered, as JSON has them; those of other sheets may be among them."""

MOST_REMEMBERED = 20_000

Shape = tuple[tuple[Statement, bool], ...]

_COUNTED = "(select count(*) from {})"
_HEARD = "(select json_agg(step) from {} step)"


class UnwritableRows(ValueError):
    """Rows hold what JSON cannot say."""


class Memory:
    """What a process remembers of rows that seldom change. Whoever uses it has its sheet check that it is still so."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._facts: OrderedDict[Hashable, Any] = OrderedDict()

    def recall(self, key: Hashable) -> Any:
        """What is remembered under a key, or None."""
        return self._facts.get(key)

    def remember(self, key: Hashable, fact: Any) -> None:
        """Remember; what was remembered for longest is forgotten when there is too much."""
        self._facts[key] = fact
        if len(self._facts) > self._most:
            self._facts.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """Forget, since it may be wrong."""
        self._facts.pop(key, None)


class Sheet:
    """The rows of one piece of work, by statement, in the order in which the statements are carried out."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.rows: dict[Statement, list[Fields]] = {}
        self.hears: dict[Statement, Hear] = {}
        self._memory = Memory() if memory is None else memory
        self._recalled: list[Hashable] = []
        self.versions: dict[UUID, str] = {}
        """The versions of rows that were read to be written, by their ids: they must be the same when they are."""

    @property
    def shape(self) -> Shape:
        """Which statements it consists of, and which of them are to answer their rows."""
        return tuple((statement, statement in self.hears) for statement in self.rows)

    def add(self, statement: Statement, rows: Sequence[Fields], hear: Hear | None = None) -> None:
        """Set rows down for a statement."""
        self.rows.setdefault(statement, []).extend(rows)
        if hear is not None:
            self.hears[statement] = hear

    def recall(self, key: Hashable) -> Any:
        """What the process remembers under a key, or None. Whoever uses it sets down a check of it."""
        fact = self._memory.recall(key)
        if fact is not None:
            self._recalled.append(key)
        return fact

    def remember(self, key: Hashable, fact: Any) -> None:
        """Remember what was read, for the next sheets."""
        self._memory.remember(key, fact)

    def forget(self) -> None:
        """Forget all that it relied on: it was refused, and this may be why."""
        for key in self._recalled:
            self._memory.forget(key)


async def write(conn: Connection, sheets: Sequence[Sheet]) -> None:
    """Write sheets of one shape, all or none. Raises SerializationError when one of them relied on what is not so."""
    for problem in await _write_and_tell(conn, sheets):
        if problem is not None:
            raise problem


async def _write_and_tell(conn: Connection, sheets: Sequence[Sheet]) -> list[Exception | None]:
    """Write sheets of one shape, all or none, and tell each what was answered; answers who could not take that."""
    shape = sheets[0].shape
    if not shape:
        return [None] * len(sheets)
    rows = [[row for sheet in sheets for row in sheet.rows[statement]] for statement, _ in shape]
    answered = await conn.fetchrow(_composed(shape), *_encoded(rows), list(map(len, rows)))
    heard = [statement for statement, is_heard in shape if is_heard]
    return [_tell(sheet, heard, answered) for sheet in sheets]


def _encoded(rows: Sequence[Sequence[Fields]]) -> list[bytes]:
    """The rows as JSON. Raises UnwritableRows: then nothing was handed to the database."""
    try:
        return [json.encode(each) for each in rows]
    except (TypeError, ValueError, OverflowError) as problem:
        raise UnwritableRows(str(problem)) from problem


def _tell(sheet: Sheet, heard: Sequence[Statement], answered: Any) -> Exception | None:
    """Have a sheet hear what was answered. What it makes of that is its own affair: others were written as well."""
    try:
        for position, statement in enumerate(heard, start=1):
            sheet.hears[statement](answered[position] or [])
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
        return problem
    return None


class Scribe:
    """Writes the sheets of a process: those that come while its hands are busy together, as far as they fit."""

    def __init__(self, pool: asyncpg.Pool, *, hands: int, unreachable: tuple[type[Exception], ...]) -> None:
        self._pool = pool
        self._unreachable = unreachable
        self._together: Together[Sheet, None] = Together(self._write_all, hands=hands, alike=lambda sheet: sheet.shape)

    async def write(self, sheet: Sheet) -> None:
        """Write a sheet; only its own faults are raised, never those of others that were written with it."""
        if sheet.rows:
            await self._together.do(sheet)

    async def _write_all(self, sheets: Sequence[Sheet]) -> list[Exception | None]:
        async with self._pool.acquire() as conn:
            try:
                return await _write_and_tell(conn, sheets)
            except self._unreachable:  # nobody knows whether it was written: it must not be written again
                raise
            except (asyncpg.PostgresError, UnwritableRows) as problem:
                refusal = problem
            if len(sheets) == 1:
                return [refusal]
            return [await self._write_alone(conn, sheet) for sheet in sheets]  # one of them spoilt it for all

    async def _write_alone(self, conn: Connection, sheet: Sheet) -> Exception | None:
        try:
            return (await _write_and_tell(conn, [sheet]))[0]
        except self._unreachable:
            raise
        except (asyncpg.PostgresError, UnwritableRows) as problem:
            refusal: Exception = problem
            return refusal


@lru_cache(maxsize=256)
def _composed(shape: Shape) -> str:
    """The statements behind one another, as one.

    PostgreSQL works the counts out from left to right, and with each carries out its statement. Nothing that one of
    them writes is seen by another, unless that names its rows.
    """
    steps = [
        f"{statement.name} as (\n{statement.text.replace('$1', f'${number}')}\n)"
        for number, (statement, _) in enumerate(shape, start=1)
    ]
    counts = [_COUNTED.format(statement.name) for statement, _ in shape]
    heard = [_HEARD.format(statement.name) for statement, is_heard in shape if is_heard]
    answers = [f"require_written(array[{', '.join(counts)}], ${len(shape) + 1})", *heard]
    return f"with {', '.join(steps)}\nselect {', '.join(answers)}"
