"""Reports are made when their time has come by the clock of each app, once, and whatever was missed is made up for."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bitpesa.kernel import clock
from bitpesa.ops.reports import queries
from bitpesa.ops.reports.due import make_due_reports
from tests.ops.world import NOW, R, S, World, leg


@pytest.fixture
async def app(database):
    """An app that lives in March and whose reports are thought of."""
    world = World(database)
    await world.open()
    await reach(world, NOW)
    return world


async def reach(world, moment):
    async def stop(work):
        await clock.stop(work.conn, world.app.id, moment)

    await world.database.run(stop)
    while await make_due_reports(world.database):
        pass


async def files(world, cadence):
    async with world.database.reading() as conn:
        paths = await queries.list_paths(conn, world.app)
    return [(str(path.type), path.period.name) for path in paths if path.period.cadence == cadence]


async def test_a_day_is_due_at_two_the_next_morning(app):
    await reach(app, datetime(2026, 3, 3, 1, 59, 59, 999_000, UTC))
    assert await files(app, "daily") == []
    await reach(app, datetime(2026, 3, 3, 2, tzinfo=UTC))
    assert await files(app, "daily") == [("account", "2026-03-02")]
    await reach(app, datetime(2026, 3, 3, 23, tzinfo=UTC))
    assert len(await files(app, "daily")) == 1


async def test_a_month_is_due_on_the_first_of_the_next_in_leap_years_as_well(app):
    await reach(app, datetime(2028, 2, 29, 23, 59, tzinfo=UTC))
    assert (await files(app, "monthly"))[-1] == ("transaction", "2028-01")
    await reach(app, datetime(2028, 3, 1, 1, 59, tzinfo=UTC))
    assert (await files(app, "monthly"))[-1] == ("transaction", "2028-01")
    await reach(app, datetime(2028, 3, 1, 2, tzinfo=UTC))
    assert (await files(app, "monthly"))[-2:] == [("account", "2028-02"), ("transaction", "2028-02")]


async def test_what_was_missed_is_made_up_for_and_no_further_back_than_sensible(app):
    await reach(app, datetime(2026, 6, 1, 2, tzinfo=UTC))
    months = [name for type_, name in await files(app, "monthly") if type_ == "account"]
    assert months == ["2026-03", "2026-04", "2026-05"]
    days = [name for _, name in await files(app, "daily")]
    assert (days[0], days[-1], len(days)) == ("2026-05-01", "2026-05-31", 31)

    await reach(app, datetime(2036, 6, 1, 2, tzinfo=UTC))
    assert len(await files(app, "daily")) == 62
    assert len(await files(app, "monthly")) == 30


async def test_the_first_month_is_reported_even_if_nobody_thought_of_the_app_until_the_next(database):
    world = World(database)
    await world.open()
    await world.payment(S.PAID, leg(R.SUCCESS))  # at NOW, in March
    await reach(world, datetime(2026, 4, 5, tzinfo=UTC))
    assert await files(world, "monthly") == [("account", "2026-03"), ("transaction", "2026-03")]


async def test_an_app_whose_clock_was_moved_back_is_reported_to_again(app):
    await reach(app, datetime(2027, 3, 1, 2, tzinfo=UTC))
    await reach(app, NOW)
    await reach(app, NOW + timedelta(days=1))
    async with app.database.reading() as conn:
        made = await conn.fetchval("select made_at from reports where cadence = 'daily' and starts_on = '2026-03-02'")
        ahead = await conn.fetchval("select max(due_at) from report_schedules")
    assert made == NOW + timedelta(days=1)
    assert ahead == datetime(2026, 4, 1, 2, tzinfo=UTC)


async def test_apps_live_by_their_own_clocks(app):
    other = World(app.database)
    await other.open()
    await reach(other, NOW)
    await reach(other, datetime(2026, 4, 1, 2, tzinfo=UTC))
    assert (await files(app, "daily"), await files(app, "monthly")) == ([], [])
    assert len(await files(other, "monthly")) == 2


async def test_several_workers_make_each_report_once(app):
    async def stop(work):
        await clock.stop(work.conn, app.app.id, datetime(2026, 4, 1, 2, tzinfo=UTC))

    await app.database.run(stop)
    for _ in range(40):
        await asyncio.gather(*(make_due_reports(app.database) for _ in range(4)))
    async with app.database.reading() as conn:
        assert await conn.fetchval("select max(edition) from reports") == 1
    assert len(await files(app, "monthly")) == 2
    assert len(await files(app, "daily")) == 30


async def test_one_app_that_cannot_be_reported_holds_up_nobody(app):
    broken = World(app.database)
    await broken.open()
    await broken.payment(S.PAID, leg(R.SUCCESS))
    await reach(broken, NOW)
    await broken.tamper("update recipients set output_currency = 'XXX'")
    for world in (broken, app):
        async with world.database.work() as work:
            await clock.stop(work.conn, world.app.id, datetime(2026, 4, 1, 2, tzinfo=UTC))
    with capture_logs() as logs:
        while await make_due_reports(app.database):
            pass
    assert {each["event"] for each in logs} == {"due_work.row_failed"}
    assert len(await files(app, "monthly")) == 2
    assert await files(broken, "monthly") == []
    assert len(await files(broken, "daily")) == 30
