"""The due work of limits: forgetting old counts."""

from datetime import timedelta

from bitpesa.api_support.soft_limits import store
from bitpesa.kernel.database.pool import Database

KEPT_FOR = timedelta(days=90)
PARTS_KEPT_FOR = timedelta(days=2)
"""How long the counts of single transactions are kept, of which there are many."""

COUNTS_AT_A_TIME = 1000


async def forget_old_counts(database: Database) -> int:
    """Delete counts that are older than they are kept; answers how many."""
    async with database.reading() as conn:
        return await store.delete_old(conn, KEPT_FOR, PARTS_KEPT_FOR, COUNTS_AT_A_TIME)
