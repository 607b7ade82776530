"""Questions about who did what."""

from bitpesa.audit_trail import store
from bitpesa.audit_trail.model import Entry, Filters
from bitpesa.kernel.statements import Connection


async def list_page(
    conn: Connection, filters: Filters | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Entry], int]:
    """One page of the trail, newest first, and how many lines match in all."""
    return await store.list_page(conn, filters or Filters(), limit=limit, offset=offset)
