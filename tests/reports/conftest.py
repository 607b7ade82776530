import pytest

from bitpesa.kernel.database import Database
from tests.reports.world import World


@pytest.fixture
async def world(database: Database) -> World:
    """Two apps with everything in their books; the second one is the world's."""
    for world in (World(database), World(database)):
        await world.open()
        await world.fill()
    return world
