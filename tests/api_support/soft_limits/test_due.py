"""Counts of single transactions are forgotten after two days, those of an app after ninety."""

from datetime import timedelta
from uuid import UUID, uuid4

from bitpesa.api_support.soft_limits.due import forget_old_counts
from bitpesa.kernel import clock

WHOLE_APP = UUID(int=0)


async def test_counts_are_forgotten_each_in_its_time(database):
    app, transaction = uuid4(), uuid4()
    async with database.reading() as conn:
        for subject in (WHOLE_APP, transaction):
            await conn.execute("insert into call_counts values ($1, 'n', $2, clock_now($1), 1)", app, subject)
        left = "select subject_id from call_counts"
        await clock.move(conn, app, timedelta(days=1))
        assert await forget_old_counts(database) == 0
        await clock.move(conn, app, timedelta(days=2))
        assert (await forget_old_counts(database), await conn.fetchval(left)) == (1, WHOLE_APP)
        await clock.move(conn, app, timedelta(days=88))
        assert (await forget_old_counts(database), await conn.fetchval(left)) == (1, None)
