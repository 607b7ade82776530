"""Rows that cannot be read, and how those beside them are read all the same.

asyncpg decodes what a statement answers as a whole: one moment outside the calendar, or JSON that is none of ours, and
none of its rows arrive. What is read for many apps at once is therefore read with `read_all`, which says with which
statement it failed, and read again by `read_apart`, which tells the rows that can be read from those that cannot.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec
import structlog

from bitpesa.kernel.database.statements import Connection, Row, Statement
from bitpesa.kernel.values import json

T = TypeVar("T")

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


class Undecodable(msgspec.Struct, frozen=True):
    """Stands in a row for a value that could not be decoded, and says why."""

    problem: str


class UnreadableRow(ValueError):
    """A row holds a value that cannot be decoded."""


class UnreadableRows(Exception):
    """Some of the rows that a statement answers cannot be read; nothing is known yet of which."""

    def __init__(self, statement: Statement, args: Sequence[Any], read: Callable[[Row], Any]) -> None:
        super().__init__(f"{statement.name} answered rows that cannot be read")
        self.statement = statement
        self.arguments = args
        self.read = read


class Apart(msgspec.Struct, Generic[T], frozen=True):
    """The rows that could be read, and those that could not, each with its problem."""

    read: list[T]
    unreadable: list[tuple[Row, Exception]]


async def read_all(conn: Connection, statement: Statement, args: Sequence[Any], read: Callable[[Row], T]) -> list[T]:
    """Run a statement and read its rows. Raises UnreadableRows when one of them cannot be read."""
    try:
        return [read(row) for row in await statement.rows(conn, *args)]
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        raise
    except Exception as problem:
        raise UnreadableRows(statement, args, read) from problem


async def read_readable(
    conn: Connection, statement: Statement, args: Sequence[Any], read: Callable[[Row], T]
) -> list[T]:
    """Run a statement that changes nothing and read its rows, without those that cannot be read: the log names them."""
    try:
        return await read_all(conn, statement, args, read)
    except UnreadableRows as unreadable:
        apart = await read_apart(conn, unreadable)
    for row, problem in apart.unreadable:
        log.error("rows.unreadable", statement=statement.name, row=names_of(row), exc_info=problem)
    return apart.read


async def read_apart(conn: Connection, unreadable: UnreadableRows) -> Apart[Any]:
    """Run the statement again, and read each of its rows by itself."""
    async with _patient(conn) as patient:
        rows = await unreadable.statement.rows(patient, *unreadable.arguments)
    apart: Apart[Any] = Apart([], [])
    for row in rows:
        try:
            apart.read.append(unreadable.read(_decoded(row)))
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
            apart.unreadable.append((row, problem))
    return apart


def names_of(row: Row) -> dict[str, str]:
    """What tells a row from others, and nothing of what it says: it goes into a log."""
    return {name: str(value) for name, value in row.items() if name in ("app_id", "id", "delivery_id", "seq")}


def _decoded(row: Row) -> Row:
    """The row, if all of it could be decoded. Raises UnreadableRow."""
    for name, value in row.items():
        if isinstance(value, Undecodable):
            raise UnreadableRow(f"{name}: {value.problem}")
    return row


@asynccontextmanager
async def _patient(conn: Connection) -> AsyncIterator[Connection]:
    """A connection on which a value that cannot be decoded stands as `Undecodable`."""
    if isinstance(conn, asyncpg.Pool):
        async with conn.acquire() as one, _patient(one) as patient:
            yield patient
        return
    for name, (encode, decode) in _PATIENT.items():
        await conn.set_type_codec(name, encoder=encode, decoder=decode, schema="pg_catalog", format="tuple")
    for name in _JSON:
        await conn.set_type_codec(name, encoder=_as_text, decoder=_json, schema="pg_catalog")
    try:
        yield conn
    finally:
        await restore_codecs(conn)


async def restore_codecs(conn: Any) -> None:
    """Read values as every connection does."""
    for name in (*_PATIENT, *_JSON):
        await conn.reset_type_codec(name, schema="pg_catalog")
    await set_codecs(conn)


async def set_codecs(conn: Any) -> None:
    """JSON goes back and forth as the bytes that it is; what is bytes already was written before."""
    await conn.set_type_codec("json", encoder=_as_bytes, decoder=json.decode, schema="pg_catalog", format="binary")
    await conn.set_type_codec("jsonb", encoder=json.encode_text, decoder=json.decode, schema="pg_catalog")


def _as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.encode(value)


def _as_text(value: Any) -> str:
    return _as_bytes(value).decode()


def _json(text: str) -> Any:
    try:
        return json.decode(text)
    except json.NotJson as problem:
        return Undecodable(str(problem))


def _moment(value: tuple[int]) -> datetime | Undecodable:
    try:
        return _EPOCH + timedelta(microseconds=value[0])
    except OverflowError as problem:
        return Undecodable(str(problem))


def _day(value: tuple[int]) -> date | Undecodable:
    try:
        return _EPOCH.date() + timedelta(days=value[0])
    except OverflowError as problem:
        return Undecodable(str(problem))


def _span(value: tuple[int, int, int]) -> timedelta | Undecodable:
    months, days, microseconds = value
    try:
        return timedelta(days=days + 30 * months, microseconds=microseconds)
    except OverflowError as problem:
        return Undecodable(str(problem))


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _from_moment(moment: datetime) -> tuple[int]:
    return (_microseconds(moment - _EPOCH),)


def _from_day(day: date) -> tuple[int]:
    return ((day - _EPOCH.date()).days,)


def _from_span(span: timedelta) -> tuple[int, int, int]:
    return (0, 0, _microseconds(span))


_PATIENT = {
    "timestamptz": (_from_moment, _moment),
    "date": (_from_day, _day),
    "interval": (_from_span, _span),
}
_JSON = ("json", "jsonb")
