"""Questions about collections."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.payments.collections import store
from bitpesa.payments.collections.model import KeptReceipt, PayinMethod


async def of_transactions(
    conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]
) -> dict[UUID, list[PayinMethod]]:
    """The payin methods of some transactions, by transaction."""
    return _by_transaction(transaction_ids, await store.of_transactions(conn, app_id, transaction_ids))


async def lock(work: Work, app_id: UUID, transaction_ids: Sequence[UUID]) -> dict[UUID, list[PayinMethod]]:
    """The same of transactions that are locked already, kept from others until the end of the work.

    Raises NeedsTransaction on a sheet when there are any. One that is added meanwhile changes its transaction.
    """
    if work.sheet is not None and not await store.of_transactions(work.reading, app_id, transaction_ids):
        return _by_transaction(transaction_ids, [])
    return _by_transaction(transaction_ids, await store.lock(work.conn, app_id, transaction_ids))


async def transaction_of(conn: Connection, app_id: UUID, payin_method_id: UUID | None) -> UUID | None:
    """The transaction a payin method belongs to; None when there is no such payin method."""
    return None if payin_method_id is None else await store.transaction_of(conn, app_id, payin_method_id)


async def of_page(conn: Connection, app_id: UUID, page_token: str) -> UUID | None:
    """The payin method whose payer confirms on the page of this token."""
    return await store.of_page(conn, app_id, page_token)


async def receipts_of(conn: Connection, app_id: UUID, transaction_id: UUID) -> list[KeptReceipt]:
    """All the money that ever came for a transaction, oldest first."""
    return await store.receipts_of(conn, app_id, transaction_id)


async def surplus_to_return(conn: Connection, app_id: UUID, *, limit: int) -> list[KeptReceipt]:
    """Money that came and was not accepted, and did not go back yet, oldest first."""
    return await store.to_return(conn, app_id, limit)


async def surplus_everywhere(conn: Connection, *, limit: int, offset: int = 0) -> tuple[list[KeptReceipt], int]:
    """The same of all apps, and how much there is in all."""
    return await store.to_return_everywhere(conn, limit=limit, offset=offset)


def _by_transaction(ids: Sequence[UUID], methods: Sequence[PayinMethod]) -> dict[UUID, list[PayinMethod]]:
    found: dict[UUID, list[PayinMethod]] = {transaction_id: [] for transaction_id in ids}
    for method in methods:
        found[method.transaction_id].append(method)
    return found
