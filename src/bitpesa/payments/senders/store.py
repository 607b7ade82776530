"""The senders' rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import Overtaken, Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.payments.documents import queries as documents
from bitpesa.payments.documents.model import Document
from bitpesa.payments.senders.model import Sender, SenderState

_sql = load(__package__, "senders.sql")


async def insert(conn: Connection, sender: Sender) -> bool:
    """Store a new sender; False when its external_id is taken."""
    stored = await _sql.insert_sender.run(
        conn,
        sender.app_id,
        sender.id,
        sender.external_id,
        sender.type,
        sender.state,
        sender.onboarding_status,
        sender.profile,
        sender.metadata,
        sender.created_at,
    )
    return stored == 1


async def update(conn: Connection, sender: Sender) -> None:
    """Store the changed fields of a sender. Raises Overtaken when a race took the external_id that it was given."""
    try:
        await _sql.update_sender.run(
            conn,
            sender.app_id,
            sender.id,
            sender.external_id,
            sender.state,
            sender.state_reason,
            sender.onboarding_status,
            sender.profile,
            sender.metadata,
            sender.updated_at,
        )
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name == "a_sender_external_id_is_taken":
            raise Overtaken from violation
        raise


async def set_onboarding_status(
    conn: Connection, app_id: UUID, sender_id: UUID, status: str, now: datetime
) -> Sender | None:
    """Change how far a sender has come, and nothing else."""
    return await _maybe(conn, await _sql.set_onboarding_status.row(conn, app_id, sender_id, status, now))


async def find(conn: Connection, app_id: UUID, sender_id: UUID) -> Sender | None:
    """Find a sender by our id."""
    return await _maybe(conn, await _sql.sender_by_id.row(conn, app_id, sender_id))


async def find_by_external_id(conn: Connection, app_id: UUID, external_id: str) -> Sender | None:
    """Find a sender by the client's id: exact and case-sensitive."""
    return await _maybe(conn, await _sql.sender_by_external_id.row(conn, app_id, external_id))


async def find_many(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Sender]:
    """Find several senders at once."""
    rows = await _sql.senders_by_ids.rows(conn, app_id, ids)
    return {sender.id: sender for sender in await _senders(conn, rows)}


async def lock(conn: Connection, app_id: UUID, sender_id: UUID) -> Sender | None:
    """Find a sender and keep others from changing it until the end of the work."""
    return await _maybe(conn, await _sql.lock_sender.row(conn, app_id, sender_id))


async def share(work: Work, app_id: UUID, sender_id: UUID) -> Sender | None:
    """Find a sender and keep its state as it is until the end of the work.

    On a sheet it may be one that is remembered: the sheet is refused unless it is still the same.
    """
    if work.sheet is None:
        return await _maybe(work.conn, await _sql.share_sender.row(work.conn, app_id, sender_id))
    key = ("sender", app_id, sender_id)
    known: tuple[Sender, str] | None = work.sheet.recall(key)
    if known is None:
        row = await _sql.sender_with_version.row(work.reading, app_id, sender_id)
        if row is None:
            return None
        known = (await _senders(work.reading, [row]))[0], row["version"]
        if not known[0].documents:  # documents change without their sender
            work.sheet.remember(key, known)
    sender, version = known
    await work.write((_sql.share_unchanged, [{"app_id": app_id, "id": sender_id, "version": version}]))
    return sender


async def list_page(
    conn: Connection,
    app_id: UUID,
    *,
    external_id: str | None,
    since: datetime | None,
    before: datetime | None,
    limit: int,
    offset: int,
) -> tuple[list[Sender], int]:
    """One page of senders, newest first, and how many there are in all."""
    filters = (app_id, external_id, since, before)
    rows = await _sql.list_senders.rows(conn, *filters, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_senders.value(conn, *filters)
    return await _senders(conn, rows), int(total)


async def list_waiting(
    conn: Connection, app_ids: Sequence[UUID], *, limit: int, offset: int
) -> tuple[list[Sender], int]:
    """Senders of these apps that nobody decided about, the oldest first, and how many there are."""
    rows = await _sql.senders_waiting.rows(conn, app_ids, limit, offset)
    found = [sender for row in rows for sender in await _senders(conn, [row])]  # documents are of one app at a time
    return found, rows[0]["total_count"] if rows else 0


async def ask_for_screening(conn: Connection, app_id: UUID, sender_id: UUID) -> None:
    """Have a sender looked up on the sanction lists."""
    await _sql.ask_for_screening.run(conn, app_id, sender_id)


async def begin_round(conn: Connection) -> None:
    """Have every sender looked up, from the first one on."""
    await _sql.begin_round.run(conn)


async def go_on_with_round(conn: Connection, most: int) -> int:
    """Make the next senders of the round due, and answer how many; none where there is no round or nobody is left."""
    stands_at = await _sql.lock_round.row(conn)
    if stands_at is None:
        return 0
    rows = await _sql.next_of_round.rows(conn, stands_at["after_app_id"], stands_at["after_id"], most)
    if rows:
        await _sql.set_round.run(conn, rows[-1]["app_id"], rows[-1]["id"])
    else:
        await _sql.end_round.run(conn)
    return len(rows)


async def screening_standing(conn: Connection) -> tuple[int, datetime | None]:
    """How many senders are due, and since when a round is under way that makes further ones due."""
    row = await _sql.screening_standing.one(conn)
    return row["due"], row["round_begun_at"]


async def claim_screenings(conn: Connection, free: Free, lease: timedelta) -> list[tuple[UUID, UUID, datetime]]:
    """Claim senders that are to be looked up, in turns between apps: app, id, and the end of the lease of each.

    The claim is known by that end.
    """
    asked = (free.after, free.places, free.busy_apps, free.busy_counts, lease)
    rows = await _sql.claim_screenings.rows(conn, *asked)
    return [(row["app_id"], row["id"], row["screen_due_at"]) for row in rows]


async def claim_screenings_of(
    conn: Connection, app_ids: Sequence[UUID], sender_ids: Sequence[UUID], edition: int, lease: timedelta
) -> list[tuple[Sender, datetime]]:
    """Claim those of some senders that were not looked up under an edition of the lists."""
    rows = await _sql.claim_screenings_of.rows(conn, app_ids, sender_ids, edition, lease)
    return [((await _senders(conn, [row]))[0], row["screen_due_at"]) for row in rows]


async def under_review(conn: Connection, app_ids: Sequence[UUID], sender_ids: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """Which of these senders are under review."""
    rows = await _sql.senders_under_review.rows(conn, app_ids, sender_ids)
    return {(row["app_id"], row["id"]) for row in rows}


async def end_screening(
    conn: Connection, app_id: UUID, sender_id: UUID, claimed_until: datetime, edition: int | None
) -> bool:
    """Note under which edition a sender was looked up; False when it is to be looked up again."""
    return await _sql.end_screening.run(conn, app_id, sender_id, claimed_until, edition) == 1


async def set_review(conn: Connection, sender: Sender) -> None:
    """Store whether a sender is under review, and the state that it had before it was found on a list."""
    await _sql.set_review.run(
        conn, sender.app_id, sender.id, sender.is_under_review, sender.state_before_listed, sender.updated_at
    )


async def _maybe(conn: Connection, row: Row | None) -> Sender | None:
    return None if row is None else (await _senders(conn, [row]))[0]


async def _senders(conn: Connection, rows: Sequence[Row]) -> list[Sender]:
    """Senders with their documents, which are asked for only when there are any: payments need not wait for that."""
    ids = [UUID(each) for row in rows for each in row["profile"].get("documents") or ()]
    known = await documents.find_many(conn, rows[0]["app_id"], ids) if ids else {}
    return [_sender(row, known) for row in rows]


def _sender(row: Row, known: Mapping[UUID, Document]) -> Sender:
    return Sender(
        app_id=row["app_id"],
        id=row["id"],
        external_id=row["external_id"],
        type=row["type"],
        state=SenderState(row["state"]),
        state_reason=row["state_reason"],
        onboarding_status=row["onboarding_status"],
        profile=row["profile"],
        metadata=row["metadata"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        documents=tuple(known[UUID(each)] for each in row["profile"].get("documents") or ()),
        is_under_review=row["is_under_review"],
        state_before_listed=None if row["state_before_listed"] is None else SenderState(row["state_before_listed"]),
        screened_for=row["screened_for"],
    )
