"""The due work of the log: forgetting what is old."""

from datetime import timedelta

from bitpesa.api_support.api_logs import store
from bitpesa.kernel.database.pool import Database

CALLS_AT_A_TIME = 1000


async def forget_old_calls(database: Database, age: timedelta) -> int:
    """Delete calls that are older than they are kept; answers how many."""
    async with database.reading() as conn:
        return await store.delete_old(conn, age, CALLS_AT_A_TIME)
