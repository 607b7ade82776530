"""The rows of mail on its way."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.statements import Connection, load
from bitpesa.kernel.values.ids import new_id

_sql = load(__package__, "mail.sql")


class Claimed(msgspec.Struct, frozen=True):
    """A mail that this process is to hand over, for the so-manieth time."""

    id: UUID
    recipient: str
    subject: str
    sealed_text: bytes
    tries: int
    on_behalf_of: UUID


async def insert(conn: Connection, recipient: str, subject: str, sealed_text: bytes, on_behalf_of: UUID | None) -> None:
    """Write a mail that is due at once."""
    await _sql.insert_mail.run(conn, new_id(), recipient, subject, sealed_text, on_behalf_of)


async def claim(conn: Connection, free: Free, lease: timedelta) -> list[Claimed]:
    """Take due mail, in turns between those who have it sent; nobody else takes it until the lease ends."""
    return [Claimed(**row) for row in await _sql.claim.rows(conn, free.after, free.places, lease)]


async def end(conn: Connection, mail_id: UUID, *, is_sent: bool, problem: str | None) -> None:
    """Note that a mail was sent, or that it never will be, and erase its text."""
    await _sql.end.run(conn, mail_id, is_sent, problem)


async def put_off(conn: Connection, mail_id: UUID, delay: timedelta, problem: str) -> None:
    """Note when a mail is tried again, and why."""
    await _sql.put_off.run(conn, mail_id, delay, problem)


async def delete_old(conn: Connection, age: timedelta, most: int) -> int:
    """Delete mail that is done with; answers how many."""
    return await _sql.delete_old.run(conn, age, most)


async def sealed_texts(conn: Connection) -> list[bytes]:
    """Read the sealed texts of mail on its way."""
    return [row["sealed_text"] for row in await _sql.sealed_texts.rows(conn)]


async def lock_sealed_texts(conn: Connection) -> dict[UUID, bytes]:
    """Read the sealed texts of mail on its way, and keep others from changing them."""
    return {row["id"]: row["sealed_text"] for row in await _sql.lock_sealed_texts.rows(conn)}


async def set_sealed_texts(conn: Connection, ids: Sequence[UUID], sealed_texts: Sequence[bytes]) -> None:
    """Write sealed texts."""
    await _sql.set_sealed_texts.run(conn, ids, sealed_texts)
