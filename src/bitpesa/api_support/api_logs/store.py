"""The rows of the log."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from bitpesa.api_support.api_logs.model import ApiLog, Explanation, Filters
from bitpesa.kernel.database.statements import Connection, Row, load

_sql = load(__package__, "api_logs.sql")


async def insert(conn: Connection, logs: Sequence[ApiLog]) -> None:
    """Store calls; those that are stored already, by a write whose end nobody heard of, are passed over."""
    await _sql.insert_api_logs.run(
        conn,
        [each.app_id for each in logs],
        [each.id for each in logs],
        [each.request_method for each in logs],
        [each.request_url for each in logs],
        [each.request_headers for each in logs],
        [each.request_body for each in logs],
        [each.response_status for each in logs],
        [each.response_headers for each in logs],
        [each.response_body for each in logs],
        [each.created_at for each in logs],
        [None if each.explanation is None else msgspec.to_builtins(each.explanation) for each in logs],
    )


async def find(conn: Connection, app_id: UUID, log_id: UUID) -> ApiLog | None:
    """Find one call of the app."""
    row = await _sql.api_log.row(conn, app_id, log_id)
    return None if row is None else _log(row)


async def list_page(
    conn: Connection, app_id: UUID, filters: Filters, *, limit: int, offset: int
) -> tuple[list[ApiLog], int]:
    """One page of calls, newest first, and how many there are in all."""
    asked = (app_id, filters.since, filters.before, filters.method, filters.outcome, filters.text)
    rows = await _sql.list_api_logs.rows(conn, *asked, limit, offset)
    return [_log(row) for row in rows], int(await _sql.count_api_logs.value(conn, *asked))


async def not_let_in(conn: Connection, app_id: UUID, *, limit: int) -> list[ApiLog]:
    """The newest calls that were answered with 401."""
    return [_log(row) for row in await _sql.calls_not_let_in.rows(conn, app_id, limit)]


async def answered(conn: Connection, app_id: UUID, method: str | None, path: str, *, limit: int) -> list[ApiLog]:
    """The first calls of a method to a path of this form that were answered with 2xx."""
    return [_log(row) for row in await _sql.answered_api_logs.rows(conn, app_id, method, path, limit)]


async def delete_old(conn: Connection, age: timedelta, most: int) -> int:
    """Delete calls older than this on their app's clock; answers how many."""
    return await _sql.delete_old_api_logs.run(conn, age, most)


def _log(row: Row) -> ApiLog:
    return ApiLog(
        app_id=row["app_id"],
        id=row["id"],
        request_method=row["request_method"],
        request_url=row["request_url"],
        request_headers=row["request_headers"],
        request_body=row["request_body"],
        response_status=row["response_status"],
        response_headers=row["response_headers"],
        response_body=row["response_body"],
        created_at=row["created_at"],
        explanation=None if row["explanation"] is None else msgspec.convert(row["explanation"], Explanation),
    )
