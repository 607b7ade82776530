"""The due work of kept answers: forgetting them when nobody will ask again."""

from datetime import timedelta

from bitpesa.api_support.idempotency import store
from bitpesa.kernel.database.pool import Database

KEPT_FOR = timedelta(hours=24)

ANSWERS_AT_A_TIME = 1000


async def forget_old_answers(database: Database) -> int:
    """Delete answers that were kept for 24 hours on their app's clock; answers how many."""
    async with database.reading() as conn:
        return await store.delete_old(conn, KEPT_FOR, ANSWERS_AT_A_TIME)
