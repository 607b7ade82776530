"""The debits' rows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bitpesa.accounts.model import Debit
from bitpesa.kernel import json
from bitpesa.kernel.money import Money
from bitpesa.kernel.statements import Connection, Row, Statement, load

_sql = load(__package__, "accounts.sql")


def insertion(debits: Sequence[Debit]) -> tuple[Statement, list[dict[str, Any]]]:
    """How debits are stored: along with their postings."""
    return _sql.insert_debits, [_as_json(debit) for debit in debits]


def _as_json(d: Debit) -> dict[str, Any]:
    return {
        "app_id": d.app_id,
        "id": d.id,
        "to_id": d.to_id,
        "currency": d.amount.currency,
        "amount_minor": d.amount.minor,
        "usd_minor": d.usd_minor,
        "posting_id": d.posting_id,
        "metadata": json.encode_text(d.metadata),
        "created_at": d.created_at,
    }


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
