"""The trial balance is of one environment: play money is never added to real money."""

from bitpesa.ops.bookkeeping.trial_balance import Line, trial_balance
from bitpesa.tenants.organisations.environments import main_environment
from tests.ops.world import R, S, World, leg


async def balances(world: World, environment, app_id=None):
    async with world.database.reading() as conn:
        return await trial_balance(conn, environment, app_id)


async def test_a_trial_balance_is_of_one_environment(world):
    assert await balances(world, "live") == []
    before = await balances(world, "sandbox")
    live = World(world.database, "live")
    await live.open()
    await live.payment(S.PAID, leg(R.SUCCESS))
    assert await balances(world, "sandbox") == before
    assert Line("USD", "bank", 1, -100_000) in await balances(world, "live")
    assert Line("NGN", "float", 1, 388_000) in await balances(world, "live")


async def test_one_of_an_app_is_never_of_the_other_environment(world):
    assert await balances(world, "live", world.app.id) == []
    assert await balances(world, "sandbox", world.app.id) != []


async def test_live_comes_first_once_there_is_a_live_app(world):
    async with world.database.reading() as conn:
        assert await main_environment(conn) == "sandbox"
    await World(world.database, "live").open()
    async with world.database.reading() as conn:
        assert await main_environment(conn) == "live"
