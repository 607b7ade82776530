"""The rows of lists, their entries, and hits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.payments.screening.model import Entry, Hit, Kind, Listed, ListFile, ListInfo, Match

ROWS_AT_ONCE = 1000
MOST_PROBLEMS_KEPT = 100

_sql = load(__package__, "screening.sql")


async def replace_list(
    conn: Connection, name: str, file: ListFile, *, loaded_by: str, sandbox_only: bool, version: UUID
) -> None:
    """Put the entries of a file in the place of those that the list had."""
    entries = file.entries
    await _sql.replace_list.run(
        conn,
        name,
        file.format,
        sandbox_only,
        len(entries),
        version,
        loaded_by,
        file.name,
        file.sha256,
        file.problems[:MOST_PROBLEMS_KEPT],
    )
    await _sql.empty_list.run(conn, name)
    for start in range(0, len(entries), ROWS_AT_ONCE):
        await _sql.insert_entries.run(conn, name, [_entry_json(e) for e in entries[start : start + ROWS_AT_ONCE]])
    await _sql.begin_edition.run(conn)


async def delete_list(conn: Connection, name: str) -> ListInfo | None:
    """Take a list away with everybody on it; None when there is none of that name."""
    row = await _sql.delete_list.row(conn, name)
    if row is None:
        return None
    await _sql.begin_edition.run(conn)
    return _list(row)


async def edition(conn: Connection) -> int:
    """Which edition of the lists is in use; 0 while there is no list."""
    return int(await _sql.edition.value(conn))


async def lists(conn: Connection) -> list[ListInfo]:
    """Every list."""
    return [_list(row) for row in await _sql.lists.rows(conn)]


async def entries_after(conn: Connection, list_: str, uid: str, limit: int) -> list[Listed]:
    """Some of those on any list, in the order of lists and ids, from behind one."""
    rows = await _sql.entries_after.rows(conn, list_, uid, limit)
    return [Listed(row["list"], row["sandbox_only"], _entry(row)) for row in rows]


async def record_hits(
    conn: Connection,
    app_id: UUID,
    sender_id: UUID,
    matches: Sequence[Match],
    now: datetime,
    *,
    recipient_id: UUID | None = None,
    transaction_id: UUID | None = None,
) -> list[Hit]:
    """Keep matches, and answer them as they are kept."""
    found = {(match.listed.list, match.listed.entry.uid, match.screened_name): match for match in reversed(matches)}
    kept = [_match_json(match) for match in found.values()]
    rows = await _sql.record_hits.rows(conn, app_id, sender_id, recipient_id, transaction_id, now, kept)
    return [_hit(row) for row in rows]


async def dismiss(conn: Connection, app_id: UUID, sender_id: UUID, now: datetime) -> int:
    """Note that staff know of the hits of a sender and do not mind; answers how many there were."""
    return await _sql.dismiss_hits.run(conn, app_id, sender_id, now)


async def dismiss_of_recipients(conn: Connection, app_id: UUID, recipient_ids: Sequence[UUID], now: datetime) -> int:
    """The same for the hits of recipients."""
    return await _sql.dismiss_hits_of_recipients.run(conn, app_id, recipient_ids, now)


async def hits_of_recipients(conn: Connection, app_id: UUID, recipient_ids: Sequence[UUID]) -> list[Hit]:
    """Every hit of some recipients, the best first."""
    return [_hit(row) for row in await _sql.hits_of_recipients.rows(conn, app_id, recipient_ids)]


async def hits_of(conn: Connection, app_id: UUID, sender_id: UUID) -> list[Hit]:
    """Every hit of a sender, the best first."""
    return [_hit(row) for row in await _sql.hits_of_sender.rows(conn, app_id, sender_id)]


async def has_open_hits(conn: Connection, app_id: UUID, sender_id: UUID) -> bool:
    """Whether a sender has a hit that nobody dismissed."""
    return bool(await _sql.has_open_hits.value(conn, app_id, sender_id))


async def open_hits(conn: Connection, *, limit: int, offset: int) -> tuple[list[Hit], int]:
    """Hits that nobody dismissed, the newest first; how many there are."""
    rows = await _sql.open_hits.rows(conn, limit, offset)
    return [_hit(row) for row in rows], int(await _sql.count_open_hits.value(conn))


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__struct_fields__}


def _match_json(match: Match) -> dict[str, Any]:
    return {
        "list": match.listed.list,
        "uid": match.listed.entry.uid,
        "screened_name": match.screened_name,
        "listed_name": match.listed_name,
        "score": match.score,
        "decisive": match.decisive,
        "confirmed": match.confirmed,
        "reasons": match.reasons,
        "programme": match.listed.entry.programme,
    }


def _list(row: Row) -> ListInfo:
    return ListInfo(**{name: row[name] for name in ListInfo.__struct_fields__})


def _entry(row: Row) -> Entry:
    return Entry(
        uid=row["uid"],
        kind=Kind(row["kind"]),
        names=tuple(row["names"]),
        birth_dates=tuple(row["birth_dates"]),
        countries=tuple(row["countries"]),
        programme=row["programme"],
    )


def _hit(row: Row) -> Hit:
    return Hit(
        app_id=row["app_id"],
        sender_id=row["sender_id"],
        recipient_id=row["recipient_id"],
        transaction_id=row["transaction_id"],
        list=row["list"],
        uid=row["uid"],
        screened_name=row["screened_name"],
        listed_name=row["listed_name"],
        score=row["score"],
        decisive=row["decisive"],
        confirmed=row["confirmed"],
        reasons=tuple(row["reasons"]),
        programme=row["programme"],
        found_at=row["found_at"],
        dismissed_at=row["dismissed_at"],
        is_retired=row["is_retired"],
    )
