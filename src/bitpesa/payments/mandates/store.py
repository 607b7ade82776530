"""The mandates' rows."""

from datetime import datetime
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.payments.mandates.model import Mandate, MandateStatus

_sql = load(__package__, "mandates.sql")


async def start(
    conn: Connection,
    app_id: UUID,
    mandate_id: UUID,
    *,
    beneficiary: str,
    year: int,
    type_id: int,
    reference: str,
    now: datetime,
) -> Mandate | None:
    """Store a new mandate; None when its beneficiary has one for the year."""
    return _maybe(await _sql.start_mandate.row(conn, app_id, mandate_id, beneficiary, year, type_id, reference, now))


async def find_for(conn: Connection, app_id: UUID, beneficiary: str, year: int) -> Mandate | None:
    """The mandate of a beneficiary for a year, unless its signing failed."""
    return _maybe(await _sql.mandate_for.row(conn, app_id, beneficiary, year))


async def find(conn: Connection, app_id: UUID, mandate_id: UUID) -> Mandate | None:
    """A mandate by its id."""
    return _maybe(await _sql.mandate_by_id.row(conn, app_id, mandate_id))


async def end(conn: Connection, app_id: UUID, mandate_id: UUID, status: MandateStatus, now: datetime) -> bool:
    """Note how the signing of a mandate ended; False when it has ended already, and stays as it is."""
    return await _sql.end_mandate.run(conn, app_id, mandate_id, status, now) == 1


async def unsigned(conn: Connection, app_id: UUID | None, *, limit: int, offset: int) -> tuple[list[Mandate], int]:
    """Mandates whose signing has not ended, the oldest first, and how many there are."""
    rows = await _sql.unsigned_mandates.rows(conn, app_id, limit, offset)
    return [_mandate(row) for row in rows], rows[0]["total_count"] if rows else 0


def _maybe(row: Row | None) -> Mandate | None:
    return None if row is None else _mandate(row)


def _mandate(row: Row) -> Mandate:
    return Mandate(
        app_id=row["app_id"],
        id=row["id"],
        beneficiary=row["beneficiary"],
        year=row["year"],
        status=MandateStatus(row["status"]),
        type_id=row["type_id"],
        reference=row["reference"],
        signed_at=row["signed_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
