"""Questions about how often an app called."""

from datetime import datetime
from uuid import UUID

from bitpesa.api_support.soft_limits import rules, store
from bitpesa.api_support.soft_limits.model import Limit
from bitpesa.kernel.database.statements import Connection

LIMITS = (rules.TRANSACTION, rules.ACCOUNTS, rules.CURRENCIES)


async def used_on_day(conn: Connection, app_id: UUID, at: datetime) -> dict[Limit, int]:
    """How much of each daily limit an app used on the day of a moment."""
    counts = await store.of_app(conn, app_id, rules.day_of(rules.TRANSACTION, at).since)
    return {limit: counts.get(limit.name, 0) for limit in LIMITS}
