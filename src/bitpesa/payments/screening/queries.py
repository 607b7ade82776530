"""Questions about lists and hits."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.payments.screening import store
from bitpesa.payments.screening.model import Hit, Listed, ListInfo


async def lists(conn: Connection) -> list[ListInfo]:
    """Every list, by name."""
    return await store.lists(conn)


async def edition(conn: Connection) -> int:
    """Which edition of the lists, all taken together, is in use; 0 while there is no list."""
    return await store.edition(conn)


async def listed_in_turn(conn: Connection, at_a_time: int) -> AsyncIterator[list[Listed]]:
    """Everybody on any list, some at a time."""
    list_ = uid = ""
    while found := await store.entries_after(conn, list_, uid, at_a_time):
        yield found
        list_, uid = found[-1].list, found[-1].entry.uid


async def hits_of(conn: Connection, app_id: UUID, sender_id: UUID) -> list[Hit]:
    """Every hit of a sender, the best first."""
    return await store.hits_of(conn, app_id, sender_id)


async def hits_of_recipients(conn: Connection, app_id: UUID, recipient_ids: Sequence[UUID]) -> list[Hit]:
    """Every hit of some recipients, the best first."""
    return await store.hits_of_recipients(conn, app_id, recipient_ids)


async def has_open_hits(conn: Connection, app_id: UUID, sender_id: UUID) -> bool:
    """Whether a sender is like somebody listed, and nobody of staff has said that it does not matter."""
    return await store.has_open_hits(conn, app_id, sender_id)


async def open_hits(conn: Connection, *, limit: int, offset: int = 0) -> tuple[list[Hit], int]:
    """Hits on lists in use that nobody dismissed, of all apps, the newest first; how many there are."""
    return await store.open_hits(conn, limit=limit, offset=offset)
