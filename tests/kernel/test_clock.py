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


# -- remembered by a process


@pytest.fixture
def passed(monkeypatch):
    """Sets how many seconds have passed."""
    seconds = [0.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: seconds[0])
    return lambda so_many: seconds.__setitem__(0, so_many)


def test_a_remembered_clock_goes_on_and_is_forgotten_after_a_while(passed):
    remembered = clock.RememberedClock()
    assert remembered.now() is None
    remembered.hear(NOON)
    passed(1.2345)
    assert remembered.now() == NOON + timedelta(milliseconds=1234)
    passed(clock.SECONDS_REMEMBERED)
    assert remembered.now() is None


def test_a_remembered_clock_is_what_was_heard_last(passed):
    remembered = clock.RememberedClock()
    remembered.hear(NOON)
    passed(5)
    remembered.hear(NOON - HOUR)
    assert remembered.now() == NOON - HOUR
