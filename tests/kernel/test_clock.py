from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from bitpesa.kernel import clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def conn(database):
    async with database.reading() as conn:
        yield conn


async def test_an_apps_time_is_the_databases_to_the_millisecond(conn):
    before = await conn.fetchval("select date_trunc('milliseconds', clock_timestamp())")
    now = await clock.now(conn, uuid4())
    assert before <= now <= await conn.fetchval("select clock_timestamp()")
    assert now.microsecond % 1000 == 0
    assert now.utcoffset() == timedelta(0)


async def test_a_moved_clock_runs_on_ahead(conn):
    app_id = uuid4()
    await clock.move(conn, app_id, HOUR)
    moved = await clock.move(conn, app_id, HOUR)
    ahead = moved - await clock.now(conn, uuid4())
    assert 2 * HOUR - timedelta(minutes=1) < ahead <= 2 * HOUR


async def test_a_stopped_clock_stands_still_and_can_be_moved(conn):
    app_id = uuid4()
    assert await clock.stop(conn, app_id, NOON) == NOON
    assert await clock.now(conn, app_id) == NOON
    assert await clock.move(conn, app_id, HOUR) == NOON + HOUR
    assert await clock.move(conn, app_id, -HOUR) == NOON
    assert await clock.now(conn, app_id) == NOON


async def test_a_clock_that_is_reset_shows_the_real_time(conn):
    app_id = uuid4()
    await clock.stop(conn, app_id, NOON)
    await clock.move(conn, app_id, HOUR)
    assert await clock.reset(conn, app_id) <= await conn.fetchval("select clock_timestamp()")


async def test_clocks_of_other_apps_are_left_alone(conn):
    await clock.stop(conn, uuid4(), NOON)
    assert await clock.now(conn, uuid4()) < NOON
