import pytest

from bitpesa.kernel.database.pool import Database
from tests.ops.world import R, S, World, leg


@pytest.fixture
async def world(database: Database) -> World:
    """An app with everything in its books, beside another with one payment."""
    other, world = World(database), World(database)
    for each in (other, world):
        await each.open()
    await other.payment(S.PAID, leg(R.SUCCESS))
    await world.fill()
    return world
