"""Calls are forgotten when they are old on the clock of their app."""

from datetime import timedelta
from uuid import uuid4

from bitpesa.api_support.api_logs.due import forget_old_calls
from bitpesa.kernel import clock
from bitpesa.kernel.values.ids import new_id

WRITE = "insert into api_logs values ($1, $2, 'GET', '/', '{}', '', 200, '{}', '', clock_now($1))"


async def test_old_calls_are_forgotten_and_newer_ones_of_the_same_and_other_apps_kept(database):
    ours, other = uuid4(), uuid4()
    async with database.reading() as conn:
        for app in (ours, other):
            await conn.execute(WRITE, app, new_id())
        await clock.move(conn, ours, timedelta(days=91))
        young = new_id()
        await conn.execute(WRITE, ours, young)
        assert await forget_old_calls(database, timedelta(days=90)) == 1
        assert await forget_old_calls(database, timedelta(days=90)) == 0
        left = await conn.fetch("select app_id, id from api_logs where app_id = $1", ours)
        assert [row["id"] for row in left] == [young]
