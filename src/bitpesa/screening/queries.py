"""Questions about lists and hits."""

from uuid import UUID

from bitpesa.kernel.statements import Connection
from bitpesa.screening import store
from bitpesa.screening.model import Hit, Listed, ListInfo


async def lists(conn: Connection) -> list[ListInfo]:
    """Every list, by name."""
    return await store.lists(conn)


async def listed(conn: Connection) -> list[Listed]:
    """Everybody on any list."""
    return await store.listed(conn)


async def hits_of(conn: Connection, app_id: UUID, sender_id: UUID) -> list[Hit]:
    """Every hit of a sender, the best first."""
    return await store.hits_of(conn, app_id, sender_id)


async def has_open_hits(conn: Connection, app_id: UUID, sender_id: UUID) -> bool:
    """Whether a sender is like somebody listed, and nobody of staff has said that it does not matter."""
    return await store.has_open_hits(conn, app_id, sender_id)


async def open_hits(conn: Connection, *, limit: int, offset: int = 0) -> tuple[list[Hit], int]:
    """Hits on lists in use that nobody dismissed, of all apps, the newest first; how many there are."""
    return await store.open_hits(conn, limit=limit, offset=offset)
