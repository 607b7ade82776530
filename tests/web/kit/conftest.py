"""Pages that both sites have are looked at on both, under a name."""

from collections.abc import AsyncIterator

import pytest

from tests.web.kit.browsing import chromium
from tests.web.kit.passkeys import SIDES, House, Side, open_house

__all__ = ["chromium"]


@pytest.fixture
async def house(fresh_database_url: str) -> AsyncIterator[House]:
    async with open_house(fresh_database_url) as house:
        yield house


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> Side:
    return SIDES[request.param]
