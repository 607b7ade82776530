from collections.abc import AsyncIterator

import pytest

from tests.journeys.world import World, ok
from tests.web.kit.visiting import Browser, signed_in


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        yield browser


async def found(browser: Browser, query: str) -> set[str]:
    """The external ids on the dashboard that is looked through."""
    words = (await browser.get(f"/portal/test?{query}")).words.split()
    return {word for word in words if word.startswith("T-")}


async def test_it_shows_balances_and_what_was_paid(world: World, browser: Browser) -> None:
    await world.funded(ok("00", 10000), ok("00", 20000), external_id="T-1")
    words = (await browser.get("/portal/test")).words
    assert "USD balance 925.00 USD" in words
    assert "NGN balance 1,000,000 NGN" in words
    assert "Paid USD → NGN::Bank 75.00 USD 2 T-1" in words
    assert "75.00 USD" in words
    assert "100 % of 2" in words


async def test_payments_are_found_by_all_that_is_asked_for(world: World, browser: Browser) -> None:
    await world.funded(ok("00", first_name="Chidi"), external_id="T-1")
    await world.advance(days=1)
    await world.funded(ok("08", first_name="Amaka", last_name="Eze"), external_id="T-2")
    await world.advance(days=1)
    await world.transaction(ok("00"), external_id="T-3")
    assert await found(browser, "") == {"T-1", "T-2", "T-3"}
    assert await found(browser, "external_id=T-2") == {"T-2"}
    assert await found(browser, "external_id=T-") == set()
    assert await found(browser, "recipient=amaka%20e") == {"T-2"}
    assert await found(browser, "recipient=%25") == set()
    assert await found(browser, "from=2026-03-03&to=2026-03-03") == {"T-2"}
    assert await found(browser, "from=2026-03-03") == {"T-2", "T-3"}
    assert await found(browser, "state=paid") == {"T-1"}
    assert await found(browser, "state=approved") == {"T-3"}
    assert await found(browser, "state=paid&external_id=T-2") == set()
    assert "Nothing matches" in (await browser.get("/portal/test?external_id=T-9")).words


async def test_states_are_looked_for_by_the_words_of_the_list(browser: Browser) -> None:
    choices = (await browser.get("/portal/test")).text.partition('name="state"')[2].partition("</select>")[0]
    for value, word in {
        "received": "In progress",
        "canceled": "Cancelled",
        "manual": "Needs staff",
        "initial": "Pending (initial)",
        "pending": "Pending (pending)",
    }.items():
        assert f'<option value="{value}">{word}</option>' in choices


async def test_a_payment_whose_time_is_over_is_found_as_cancelled_before_anybody_noted_it(
    world: World, browser: Browser
) -> None:
    await world.transaction(ok("00"), external_id="T-1")
    await world.advance(hours=2)
    assert await found(browser, "state=canceled") == {"T-1"}
    assert await found(browser, "state=approved") == set()


async def test_a_long_list_is_turned_page_by_page(world: World, browser: Browser) -> None:
    for at in range(23):
        await world.transaction(ok("00"), external_id=f"T-{at}")
    first = await found(browser, "")
    second = await found(browser, "page=2")
    assert (len(first), len(second)) == (20, 3)
    assert first | second == {f"T-{at}" for at in range(23)}
    words = (await browser.get("/portal/test?page=2")).words
    assert "23 in all · page 2 of 2" in words
    assert "The list ends before it." in (await browser.get("/portal/test?page=9")).words


async def test_one_app_does_not_see_the_payments_of_another(world: World) -> None:
    await world.funded(ok("00"), external_id="T-1")
    other, _ = await world.open_app()
    async with signed_in(world.platform, other.organisation_id) as browser:
        page = await browser.get("/portal/test")
        assert "No transactions yet" in page.words
        assert "No balance yet" in page.words
        assert await found(browser, "external_id=T-1") == set()
