"""The due work of people: forgetting what nobody can use any more."""

from datetime import timedelta

from bitpesa.kernel.database.pool import Database
from bitpesa.tenants.users import store


async def forget_old_sessions(database: Database, age: timedelta) -> int:
    """Delete sessions not seen for so long, and links and counts that mean nothing any more; answers how many."""
    async with database.reading() as conn:
        return await store.forget_old(conn, age=age)
