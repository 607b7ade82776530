"""The debits' rows."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.accounts.model import Debit
from bitpesa.kernel.money import Money
from bitpesa.kernel.statements import Connection, Row, load

_sql = load(__package__, "accounts.sql")


async def insert(conn: Connection, debits: Sequence[Debit]) -> None:
    """Store debits, one statement for all."""
    if not debits:
        return
    await _sql.insert_debits.run(
        conn,
        debits[0].app_id,
        [d.id for d in debits],
        [d.to_id for d in debits],
        [d.amount.currency for d in debits],
        [d.amount.minor for d in debits],
        [d.usd_minor for d in debits],
        [d.running_balance for d in debits],
        [d.posting_id for d in debits],
        [d.metadata for d in debits],
        debits[0].created_at,
    )


async def list_page(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Debit], int]:
    """One page of debits, newest first, and how many there are."""
    rows = await _sql.list_debits.rows(conn, app_id, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_debits.value(conn, app_id)
    return [_debit(row) for row in rows], int(total)


async def find(conn: Connection, app_id: UUID, debit_id: UUID) -> Debit | None:
    """Find a debit."""
    row = await _sql.debit_by_id.row(conn, app_id, debit_id)
    return None if row is None else _debit(row)


def _debit(row: Row) -> Debit:
    return Debit(
        app_id=row["app_id"],
        id=row["id"],
        to_type=row["to_type"],
        to_id=row["to_id"],
        amount=Money(row["amount_minor"], row["currency"]),
        usd_minor=row["usd_minor"],
        running_balance=row["running_balance"],
        posting_id=row["posting_id"],
        metadata=row["metadata"],
        created_at=row["created_at"],
    )
