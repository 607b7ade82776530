"""Kept answers are forgotten after a day on the clock of their app."""

from datetime import timedelta
from uuid import uuid4

from bitpesa.api_support.idempotency.due import forget_old_answers
from bitpesa.kernel import clock


async def test_answers_are_forgotten_after_a_day_and_no_earlier(database):
    ours, other = uuid4(), uuid4()
    async with database.reading() as conn:
        for app in (ours, other):
            await conn.execute("insert into kept_answers values ($1, 'k', '', 201, '', clock_now($1))", app)
        await clock.move(conn, ours, timedelta(hours=23))
        assert await forget_old_answers(database) == 0
        await clock.move(conn, ours, timedelta(hours=1))
        assert await forget_old_answers(database) == 1
        assert await conn.fetch("select app_id from kept_answers") == [(other,)]
