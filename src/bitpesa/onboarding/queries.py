"""Questions about the way to live."""

from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.onboarding import store
from bitpesa.onboarding.model import LiveRequest, Progress


async def progress(conn: Connection, organisation_id: UUID) -> Progress:
    """How far an organisation is, as far as it was noted."""
    return Progress(await store.ticks(conn, organisation_id), await store.last_request(conn, organisation_id))


async def waiting(conn: Connection) -> list[LiveRequest]:
    """Every request that waits for staff, the oldest first."""
    return await store.waiting(conn)
