"""The rows of counts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from bitpesa.api_support.soft_limits.model import WHOLE_APP, Counted
from bitpesa.kernel.database.statements import Connection, load

_sql = load(__package__, "soft_limits.sql")


async def add(conn: Connection, counts: Mapping[Counted, int]) -> dict[Counted, int]:
    """Add to counts, in the order given; answers what they are now."""
    rows = await _sql.add_counts.rows(
        conn,
        [each.app_id for each in counts],
        [each.name for each in counts],
        [each.subject_id for each in counts],
        [each.since for each in counts],
        list(counts.values()),
    )
    return {Counted(row["app_id"], row["name"], row["subject_id"], row["since"]): row["count"] for row in rows}


async def of_app(conn: Connection, app_id: UUID, since: datetime) -> dict[str, int]:
    """What an app as a whole was counted in the windows that began at a moment, by limit."""
    rows = await _sql.counts_of_app.rows(conn, app_id, WHOLE_APP, since)
    return {row["name"]: row["count"] for row in rows}


async def delete_old(conn: Connection, age: timedelta, age_of_parts: timedelta, most: int) -> int:
    """Delete counts whose window began longer ago than this on their app's clock; answers how many."""
    return await _sql.delete_old_counts.run(conn, WHOLE_APP, age, age_of_parts, most)
