"""Questions about what clients called."""

from uuid import UUID

from bitpesa.api_support.api_logs import store
from bitpesa.api_support.api_logs.model import EVERYTHING, ApiLog, Filters
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound


async def find(conn: Connection, app_id: UUID, log_id: UUID | None) -> ApiLog:
    """The record of one call of the app. Raises NotFound."""
    log = None if log_id is None else await store.find(conn, app_id, log_id)
    if log is None:
        raise NotFound
    return log


async def list_page(
    conn: Connection,
    app_id: UUID,
    filters: Filters = EVERYTHING,
    *,
    limit: int,
    offset: int,
) -> tuple[list[ApiLog], int]:
    """One page of the app's calls, newest first, and how many match in all."""
    return await store.list_page(conn, app_id, filters, limit=limit, offset=offset)


async def not_let_in(conn: Connection, app_id: UUID, *, limit: int) -> list[ApiLog]:
    """The newest calls of the app's keys that were not let in, each with why."""
    return await store.not_let_in(conn, app_id, limit=limit)


async def first_answered(conn: Connection, app_id: UUID, method: str | None = None, path: str = "") -> ApiLog | None:
    """The first call of a method to a path of this form that was answered with 2xx, as far as its log is kept.

    `path` is a pattern of PostgreSQL that the URL is looked through for.
    """
    found = await store.answered(conn, app_id, method, path, limit=1)
    return found[0] if found else None


async def answered(conn: Connection, app_id: UUID, method: str, path: str, *, most: int) -> list[ApiLog]:
    """The first so many of them."""
    return await store.answered(conn, app_id, method, path, limit=most)
