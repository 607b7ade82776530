"""Questions about collections."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.collections import store
from bitpesa.collections.model import PayinMethod
from bitpesa.kernel.statements import Connection


async def of_transactions(
    conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]
) -> dict[UUID, list[PayinMethod]]:
    """The payin methods of some transactions, by transaction."""
    found: dict[UUID, list[PayinMethod]] = {transaction_id: [] for transaction_id in transaction_ids}
    for method in await store.of_transactions(conn, app_id, transaction_ids):
        found[method.transaction_id].append(method)
    return found
