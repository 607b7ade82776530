"""The rows of stored payout methods."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.payments.payout_methods.model import Filters, PayoutMethod

_sql = load(__package__, "payout_methods.sql")


async def insert(conn: Connection, method: PayoutMethod) -> None:
    """Store a new one."""
    m = method
    await _sql.insert_payout_method.run(conn, m.app_id, m.id, m.sender_id, m.type, m.details, m.metadata, m.created_at)


async def update(conn: Connection, method: PayoutMethod) -> None:
    """Store what changed of one that is locked."""
    m = method
    await _sql.update_payout_method.run(conn, m.app_id, m.id, m.details, m.metadata, m.updated_at, m.disabled_at)


async def lock(conn: Connection, app_id: UUID, method_id: UUID) -> PayoutMethod | None:
    """Find one and keep others from changing it until the end of the work."""
    row = await _sql.lock_payout_method.row(conn, app_id, method_id)
    return None if row is None else _payout_method(row)


async def find_many(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, PayoutMethod]:
    """Several of them at once."""
    return {row["id"]: _payout_method(row) for row in await _sql.payout_methods_by_ids.rows(conn, app_id, ids)}


async def list_page(
    conn: Connection, app_id: UUID, filters: Filters, *, limit: int, offset: int
) -> tuple[list[PayoutMethod], int]:
    """One page of them, newest first, and how many match in all."""
    asked = (app_id, filters.states, filters.types, filters.sender_id, filters.since, filters.before)
    rows = await _sql.list_payout_methods.rows(conn, *asked, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_payout_methods.value(conn, *asked)
    return [_payout_method(row) for row in rows], int(total)


def _payout_method(row: Row) -> PayoutMethod:
    return PayoutMethod(**{name: row[name] for name in PayoutMethod.__struct_fields__})
