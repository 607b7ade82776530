"""Questions about stored payout methods."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.payout_methods import store
from bitpesa.payments.payout_methods.model import Filters, PayoutMethod


async def find(conn: Connection, app_id: UUID, method_id: UUID | None) -> PayoutMethod:
    """One payout method of the app. Raises NotFound."""
    found = {} if method_id is None else await store.find_many(conn, app_id, [method_id])
    if method_id is None or method_id not in found:
        raise NotFound
    return found[method_id]


async def find_enabled(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, PayoutMethod]:
    """Those that a recipient may use, by id."""
    found = await store.find_many(conn, app_id, ids)
    return {method_id: method for method_id, method in found.items() if method.is_enabled}


async def list_page(
    conn: Connection, app_id: UUID, filters: Filters, *, limit: int, offset: int
) -> tuple[list[PayoutMethod], int]:
    """One page of the app's payout methods, newest first, and how many match in all."""
    return await store.list_page(conn, app_id, filters, limit=limit, offset=offset)
