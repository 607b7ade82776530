"""The rows of what was done to accounts of staff."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, load
from bitpesa.kernel.values.ids import new_id
from bitpesa.tenants.four_eyes.model import AccessChange, AccessKind

_sql = load(__package__, "four_eyes.sql")


async def insert_access_change(
    conn: Connection, user_id: UUID, kind: AccessKind, changed_by: UUID | None, changer: str
) -> None:
    """Write what was done to an account."""
    await _sql.insert_access_change.run(conn, new_id(), user_id, kind, changed_by, changer)


async def access_changes_of(conn: Connection, user_ids: Sequence[UUID]) -> list[AccessChange]:
    """Everything that was done to accounts, the oldest first."""
    rows = await _sql.access_changes_of.rows(conn, list(user_ids))
    return [
        AccessChange(
            user_id=row["user_id"],
            kind=AccessKind(row["kind"]),
            changed_by=row["changed_by"],
            changer=row["changer"],
            changed_at=row["changed_at"],
        )
        for row in rows
    ]
