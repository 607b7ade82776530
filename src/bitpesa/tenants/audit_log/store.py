"""The rows of the trail."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.tenants.audit_log.model import SANDBOX, Actor, ActorKind, Entry, Filters

_sql = load(__package__, "audit_log.sql")


async def insert(
    conn: Connection,
    entry_id: UUID,
    actor: Actor,
    *,
    organisation_id: UUID | None,
    app_id: UUID | None,
    action: str,
    object_type: str,
    object_id: str,
    reason: str | None,
    before: Any,
    after: Any,
    details: dict[str, Any],
) -> None:
    """Write a line."""
    await _sql.insert_entry.run(
        conn,
        entry_id,
        organisation_id,
        app_id,
        actor.kind,
        actor.name,
        actor.id,
        action,
        object_type,
        object_id,
        reason,
        before,
        after,
        details,
    )


async def list_page(conn: Connection, filters: Filters, *, limit: int, offset: int) -> tuple[list[Entry], int]:
    """One page of the trail, newest first, and how many lines match in all."""
    asked = (
        filters.organisation_id,
        filters.app_id,
        filters.actor_kind,
        filters.actor,
        filters.action,
        filters.object_type,
        filters.object_id,
        filters.since,
        filters.before,
    )
    rows = await _sql.list_entries.rows(conn, *asked, limit, offset)
    return [read_entry(row) for row in rows], int(await _sql.count_entries.value(conn, *asked))


async def list_about_payment(
    conn: Connection, app_id: UUID, parts: Sequence[str], *, limit: int
) -> tuple[list[Entry], int]:
    """What was done by hand to a payment and its parts, newest first, and how many lines there are."""
    rows = await _sql.list_about_payment.rows(conn, app_id, parts, limit)
    return [read_entry(row) for row in rows], int(rows[0]["total"]) if rows else 0


async def list_told(
    conn: Connection, organisation_id: UUID, told: Sequence[str], *, limit: int, offset: int
) -> tuple[list[Entry], int]:
    """One page of what an organisation may know of: acts of its people, of its sandbox, and `told` acts of staff."""
    rows = await _sql.list_told.rows(conn, organisation_id, SANDBOX.name, told, limit, offset)
    return [read_entry(row) for row in rows], int(
        await _sql.count_told.value(conn, organisation_id, SANDBOX.name, told)
    )


def read_entry(row: Row) -> Entry:
    """An entry from its row."""
    return Entry(
        id=row["id"],
        organisation_id=row["organisation_id"],
        app_id=row["app_id"],
        actor=Actor(kind=ActorKind(row["actor_kind"]), name=row["actor"], id=row["actor_id"]),
        action=row["action"],
        object_type=row["object_type"],
        object_id=row["object_id"],
        reason=row["reason"],
        before=row["before"],
        after=row["after"],
        details=row["details"],
        created_at=row["created_at"],
        app_time=row["app_time"],
    )
