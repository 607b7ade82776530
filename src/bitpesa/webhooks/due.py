"""The due work of webhooks beside telling and delivering, which `courier.py` does: forgetting (flows 9.5)."""

from datetime import timedelta

from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.outbox import events
from bitpesa.webhooks import store

EVENTS_AT_A_TIME = 200
LOGS_AT_A_TIME = 1000
DELIVERIES_AT_A_TIME = 1000


async def forget_old_logs(database: Database, age: timedelta = timedelta(days=90)) -> int:
    """Delete logs that are older than they are kept (flows 9.5); answers how many."""
    async with database.reading() as conn:
        return await store.delete_old_logs(conn, age, LOGS_AT_A_TIME)


async def forget_old_deliveries(database: Database, age: timedelta) -> int:
    """Delete deliveries that ended and are older than they are kept; answers how many."""
    async with database.reading() as conn:
        return await store.delete_old_deliveries(conn, age, DELIVERIES_AT_A_TIME)


async def forget_old_events(database: Database, age: timedelta) -> int:
    """Delete events that were told and are older than they are kept, and deliveries of them; answers how many."""
    async with database.reading() as conn:
        return await events.forget(conn, age, EVENTS_AT_A_TIME)
