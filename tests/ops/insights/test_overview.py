from datetime import date, timedelta

from bitpesa.kernel import clock
from bitpesa.ops.insights.overview import PayoutDay, payouts_by_day
from tests.journeys.conftest import world
from tests.journeys.world import World, ok

__all__ = ["world"]

MONDAY = date(2026, 3, 2)


async def days(world: World, count: int = 3) -> list[PayoutDay]:
    async with world.platform.database.reading() as conn:
        now = await clock.now(conn, world.app.id)
        return await payouts_by_day(conn, world.app.id, now=now, days=count)


async def test_payouts_are_counted_by_the_day_they_were_asked_for(world: World) -> None:
    await world.funded(ok("00", 10000), ok("08", 20000), ok("01", 4000))
    await world.advance(days=1)
    await world.funded(ok("00", 8000))
    await world.funded(ok("71", 8000))
    unpaid = await world.transaction(ok("00"))
    await world.client.delete(f"/recipients/{unpaid['recipients'][0]['id']}")
    assert await days(world) == [
        PayoutDay(day=MONDAY - timedelta(days=1)),
        PayoutDay(day=MONDAY, paid=1, failed=1, open=1, paid_usd_minor=2500),
        PayoutDay(day=MONDAY + timedelta(days=1), paid=1, failed=1, paid_usd_minor=2000),
    ]
    assert [day.success_percent for day in await days(world)] == [None, 50, 50]


async def test_days_before_the_range_are_left_out(world: World) -> None:
    await world.funded(ok("00"))
    await world.advance(days=3)
    assert sum(day.paid for day in await days(world)) == 0
    assert sum(day.paid for day in await days(world, 4)) == 1


def test_only_all_of_them_are_a_hundred_percent() -> None:
    assert PayoutDay(day=MONDAY, paid=999, failed=1).success_percent == 99
    assert PayoutDay(day=MONDAY, paid=5).success_percent == 100
    assert PayoutDay(day=MONDAY, failed=5).success_percent == 0
    assert PayoutDay(day=MONDAY, open=5).success_percent is None
