from datetime import timedelta

import pytest

from bitpesa.payments.senders import operations, queries
from tests.payments.senders.conftest import NOW
from tests.payments.senders.people import person

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stored(database, app):
    """Five senders, a minute apart, newest first."""
    made = [
        await database.run(operations.create, app, person(external_id=f"S-{number}"), NOW + number * MINUTE)
        for number in range(5)
    ]
    return made[::-1]


async def page(database, app, **filters):
    async with database.reading() as conn:
        return await queries.list_page(conn, app.id, **{"limit": 10, "offset": 0, **filters})


async def test_the_newest_come_first(database, app, stored, make_app):
    assert await page(database, app) == (stored, 5)
    assert await page(database, make_app()) == ([], 0)


async def test_a_list_comes_in_pages(database, app, stored):
    assert await page(database, app, limit=2) == (stored[:2], 5)
    assert await page(database, app, limit=2, offset=4) == (stored[4:], 5)
    assert await page(database, app, offset=5) == ([], 5)
    assert await page(database, app, offset=10**17) == ([], 5)


async def test_an_external_id_is_matched_exactly(database, app, stored):
    assert await page(database, app, external_id="S-3") == ([stored[1]], 1)
    assert await page(database, app, external_id="s-3") == ([], 0)
    assert await page(database, app, external_id="S-") == ([], 0)


async def test_a_range_begins_with_its_first_moment_and_ends_before_its_last(database, app, stored):
    assert await page(database, app, since=NOW + MINUTE, before=NOW + 3 * MINUTE) == ([stored[2], stored[3]], 2)
    assert await page(database, app, since=NOW + 4 * MINUTE) == ([stored[0]], 1)
    assert await page(database, app, before=NOW) == ([], 0)


async def test_of_the_same_moment_the_later_made_comes_first(database, app):
    made = [await database.run(operations.create, app, person(), NOW) for _ in range(3)]
    assert (await page(database, app))[0] == made[::-1]
