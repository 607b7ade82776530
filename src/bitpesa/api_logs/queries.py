"""Questions about what clients called."""

from datetime import datetime
from uuid import UUID

from bitpesa.api_logs import store
from bitpesa.api_logs.model import ApiLog
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.statements import Connection


async def find(conn: Connection, app_id: UUID, log_id: UUID | None) -> ApiLog:
    """The record of one call of the app. Raises NotFound."""
    log = None if log_id is None else await store.find(conn, app_id, log_id)
    if log is None:
        raise NotFound
    return log


async def list_page(
    conn: Connection,
    app_id: UUID,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int,
    offset: int,
) -> tuple[list[ApiLog], int]:
    """One page of the app's calls, newest first, and how many match in all."""
    return await store.list_page(conn, app_id, since=since, before=before, limit=limit, offset=offset)
