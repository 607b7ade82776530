"""The payin methods' rows."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.collections.model import PayinMethod, PayinMethodState
from bitpesa.kernel.statements import Connection, load

_sql = load(__package__, "collections.sql")


async def insert(conn: Connection, method: PayinMethod) -> None:
    """Store a payin method."""
    await _sql.insert_payin_method.run(
        conn,
        method.app_id,
        method.id,
        method.transaction_id,
        method.type,
        method.ux_flow,
        method.state,
        method.in_details,
        method.created_at,
    )


async def of_transactions(conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]) -> list[PayinMethod]:
    """The payin methods of some transactions."""
    return [
        PayinMethod(
            app_id=row["app_id"],
            id=row["id"],
            transaction_id=row["transaction_id"],
            type=row["type"],
            ux_flow=row["ux_flow"],
            state=PayinMethodState(row["state"]),
            in_details=row["in_details"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )
        for row in await _sql.payin_methods_of.rows(conn, app_id, transaction_ids)
    ]
