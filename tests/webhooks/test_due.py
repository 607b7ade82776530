import asyncio
from datetime import timedelta
from uuid import uuid4

from bitpesa.kernel.outbox import events
from bitpesa.tenants.organisations.model import App, AppSettings
from bitpesa.webhooks import operations
from bitpesa.webhooks.due import forget_old_deliveries, forget_old_events, forget_old_logs
from tests.waiting import until_somebody_waits


async def deliver_long_ago_and_later(world):
    """A delivery of 91 days ago, and one of 31."""
    await world.register()
    await world.happen()
    await world.deliver()
    await world.pass_time(timedelta(days=60))
    await world.happen()
    await world.deliver()
    await world.pass_time(timedelta(days=31))


async def count(world, table):
    async with world.database.reading() as conn:
        return await conn.fetchval(f"select count(*) from {table}")  # noqa: S608 - a table of ours


async def test_old_deliveries_that_ended_are_forgotten_and_newer_ones_kept(world):
    await deliver_long_ago_and_later(world)
    assert await forget_old_deliveries(world.database, timedelta(days=90)) == 1
    assert await forget_old_deliveries(world.database, timedelta(days=90)) == 0
    assert await count(world, "webhook_deliveries") == 1


async def test_a_delivery_that_still_waits_is_kept_however_old(world):
    await world.register()
    await world.happen()
    await world.tell()
    await world.pass_time(timedelta(days=365))
    assert await forget_old_deliveries(world.database, timedelta(days=90)) == 0
    await world.deliver()
    assert len(world.receiver.received) == 1


async def test_old_events_are_forgotten_with_what_is_left_of_their_deliveries(world):
    await world.register()
    await world.happen()
    await world.deliver()
    await world.pass_time(timedelta(days=98))
    await world.happen()
    await world.deliver()
    assert await forget_old_events(world.database, timedelta(days=97)) == 1
    assert (await count(world, "events"), await count(world, "webhook_deliveries")) == (1, 1)


async def test_an_event_that_nobody_was_told_of_is_kept_however_old(world):
    await world.happen()
    await world.pass_time(timedelta(days=365))
    assert await forget_old_events(world.database, timedelta(days=97)) == 0
    await world.tell()
    assert await forget_old_events(world.database, timedelta(days=97)) == 1


async def test_one_app_does_not_hide_the_old_rows_of_another(world):
    """The first of each app is looked at, so that apps whose rows are all young cost one look each."""
    ours, theirs = world.app, App(uuid4(), uuid4(), "sandbox", AppSettings())
    for app in (ours, theirs, ours, theirs):
        world.app = app
        await world.happen()
    await world.tell()
    for app in (ours, theirs):
        world.app = app
        assert await forget_old_events(world.database, timedelta(days=97)) == 0
        await world.pass_time(timedelta(days=98))
        assert await forget_old_events(world.database, timedelta(days=97)) == 2


async def test_forgetting_goes_in_batches(world):
    for _ in range(3):
        await world.happen()
    await world.tell()
    await world.pass_time(timedelta(days=98))
    async with world.database.reading() as conn:
        assert [await events.forget(conn, timedelta(days=97), 2) for _ in range(3)] == [2, 1, 0]


async def test_what_is_replayed_cannot_be_forgotten_before_it_is_written(world):
    webhook = await world.register()
    await world.happen()
    await world.deliver()
    async with world.database.work() as work:
        await operations.replay_range(work, world.app.id, webhook.id, {"from": "2020-01-01T00:00:00Z"})
        forgetting = asyncio.create_task(forget_old_events(world.database, timedelta(0)))
        async with world.database.reading() as conn:
            await until_somebody_waits(conn)
    assert await forgetting == 1


async def test_old_logs_are_forgotten_and_newer_ones_kept(world):
    await deliver_long_ago_and_later(world)
    assert await forget_old_logs(world.database) == 1
    assert await forget_old_logs(world.database) == 0
    assert len(await world.logs()) == 1
