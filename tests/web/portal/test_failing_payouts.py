"""A payout that fails does not look like one that goes well, in a list and on its page; its buttons stand with it."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.journeys.world import World, ok
from tests.web.kit.browsing import Chromium, is_too_wide
from tests.web.kit.visiting import Browser, signed_in

LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaf"


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        yield browser


async def row_of(browser: Browser, external_id: str) -> str:
    """What the dashboard says of a transaction."""
    page = (await browser.get("/portal/test")).text
    rows = [each for each in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if external_id in each]
    assert len(rows) == 1
    return " ".join(re.sub(r"<[^>]*>", " ", rows[0]).split())


async def test_lists_tell_failing_payouts_from_healthy_ones(world: World, browser: Browser) -> None:
    await world.funded(ok("19"), external_id="T-WRONG")
    await world.funded(ok("08"), external_id="T-RETRIED")
    await world.funded(ok("01"), external_id="T-PENDING")
    await world.funded(ok("00"), ok("19"), ok("00"), external_id="T-SOME")
    await world.funded(ok("00"), external_id="T-PAID")
    assert "Payout failed" in await row_of(browser, "T-WRONG")
    assert "1 of 3 payouts failed" in await row_of(browser, "T-SOME")
    assert "Payout retrying" in await row_of(browser, "T-RETRIED")
    for healthy in ("T-PENDING", "T-PAID"):
        assert "Payout" not in await row_of(browser, healthy)
    sender = (await world.client.get("/senders")).object[0]["id"]
    assert "1 of 3 payouts failed" in (await browser.get(f"/portal/test/senders/{sender}")).words


async def test_a_page_says_what_to_do_about_a_failing_payout(world: World, browser: Browser) -> None:
    wrong, retried = await world.funded(ok("19")), await world.funded(ok("08"), external_id="T-2")
    page = (await browser.get(f"/portal/test/transactions/{wrong['id']}")).words
    assert "Error edit or cancel" in page
    assert "Error retrying" in (await browser.get(f"/portal/test/transactions/{retried['id']}")).words


async def test_the_buttons_of_a_recipient_stand_in_its_row(world: World, chromium: Chromium) -> None:
    names = ("Ama", "Bisi", "Chidi")
    legs = [ok("19", first_name=name, last_name="Obi") for name in names]
    paid = await world.funded(*legs)
    for width in (1280, 390):
        page = await chromium.member(world.platform, world.app.organisation_id, width=width, scripts=False)
        await page.goto(f"/portal/test/transactions/{paid['id']}")
        for name in names:
            body = page.locator("tbody.one", has_text=f"{name} Obi")
            await expect(body).to_have_count(1)
            await expect(body.get_by_role("link", name=f"Cancel {name} Obi")).to_be_visible()
            await expect(body.get_by_role("link", name=f"Edit details of {name} Obi")).to_be_visible()
        tops = [(await page.get_by_role("rowheader", name=f"{name} Obi").bounding_box() or {})["y"] for name in names]
        cancels = [
            (await page.get_by_role("link", name=f"Cancel {name} Obi").bounding_box() or {})["y"] for name in names
        ]
        assert tops[0] < cancels[0] < tops[1] < cancels[1] < tops[2] < cancels[2]
        assert not await is_too_wide(page)


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_long_name_breaks_no_list(world: World, chromium: Chromium, width: int) -> None:
    paid = await world.funded(ok("19", first_name=LONG, last_name=LONG), external_id=LONG * 2)
    page = await chromium.member(world.platform, world.app.organisation_id, width=width, scripts=False)
    ids = [paid["id"], paid["recipients"][0]["id"]]
    leg = f"/recipients/{ids[1]}"
    for path in ("", f"/transactions/{ids[0]}", f"{leg}/cancel", f"{leg}/edit", "/senders"):
        await page.goto(f"/portal/test{path}")
        assert not await is_too_wide(page), path
        inside = await page.evaluate(
            "[...document.querySelectorAll('table')].every("
            "t => t.getBoundingClientRect().right <= t.closest('.card').getBoundingClientRect().right + 1)"
        )
        assert inside, path
