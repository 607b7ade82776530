"""Every journey begins in a fresh world, and ends with books that balance."""

from collections.abc import AsyncIterator

import pytest

from bitpesa.reports.audit import audit
from tests.journeys.world import World, open_world


@pytest.fixture
async def world(fresh_database_url: str) -> AsyncIterator[World]:
    async with open_world(fresh_database_url) as world:
        yield world
        async with world.platform.database.reading() as conn:
            report = await audit(conn)
        assert report.disagreements == ()
