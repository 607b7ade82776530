"""Questions about recipients."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.statements import Connection
from bitpesa.payments.recipients import store
from bitpesa.payments.recipients.model import FOR_PEOPLE, Recipient
from bitpesa.payments.recipients.rules import FAILED, SIGNATURE_CODE, category_of
from bitpesa.payments.recipients.store import Filters

__all__ = [
    "Filters",
    "due_refunds",
    "list_for_people",
    "list_page",
    "of_transactions",
    "refunded_after_failing",
    "transaction_of",
    "waiting_for_mandate",
]


async def of_transactions(
    conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]
) -> dict[UUID, list[Recipient]]:
    """The recipients of some transactions, by transaction, in the order in which they were sent."""
    found: dict[UUID, list[Recipient]] = {transaction_id: [] for transaction_id in transaction_ids}
    for recipient in await store.of_transactions(conn, app_id, transaction_ids):
        found[recipient.transaction_id].append(recipient)
    return found


async def transaction_of(conn: Connection, app_id: UUID, recipient_id: UUID | None) -> UUID | None:
    """The transaction a recipient of the app belongs to, or None."""
    return None if recipient_id is None else await store.transaction_of(conn, app_id, recipient_id)


async def list_page(
    conn: Connection, app_id: UUID, filters: Filters, *, limit: int, offset: int
) -> tuple[list[Recipient], int]:
    """One page of the app's recipients, newest first, and how many match in all."""
    return await store.list_page(conn, app_id, filters, limit=limit, offset=offset)


async def list_for_people(
    conn: Connection, app_id: UUID | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Recipient], int]:
    """One page of what people have to settle, of an app or of all, the longest waiting first; how many there are."""
    return await store.list_for_people(conn, app_id, sorted(FOR_PEOPLE), limit=limit, offset=offset)


async def waiting_for_mandate(conn: Connection, app_id: UUID, mandate_id: UUID) -> list[UUID]:
    """Transactions with a payout that waits until a mandate is signed."""
    return await store.waiting_for_mandate(conn, app_id, mandate_id, SIGNATURE_CODE)


async def refunded_after_failing(conn: Connection, app_id: UUID, recipient_ids: Sequence[UUID]) -> list[UUID]:
    """Which of these recipients failed at their provider and were refunded."""
    found = await store.find_refunded(conn, app_id, recipient_ids)
    return [each.id for each in found if category_of(each) in FAILED]


async def due_refunds(conn: Connection, free: Free) -> list[tuple[UUID, UUID]]:
    """Transactions (app, id) with a payout whose 24 hours are over, in turns between apps (flows 8.7)."""
    return await store.due_refunds(conn, free)
