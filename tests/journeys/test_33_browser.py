"""Scenario 33 in a real browser: what a payer sees, presses, and where the payer ends up."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.journeys.collecting import OWN_BALANCE, collection, state_of
from tests.journeys.world import World
from tests.programs import program

OPTIONS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of an ordinary telephone, without scripts: nothing here may need one."""
    chromium = program("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=OPTIONS, chromium_sandbox=False)
        narrow = {"width": 360, "height": 740}
        yield await browser.new_page(viewport=narrow, java_script_enabled=False)
        await browser.close()


async def payment(world: World) -> tuple[dict[str, Any], str]:
    """A transaction whose payer is sent to a page, and a shop at another origin than that page."""
    shop = f"{world.platform.settings.live_origins[0]}/documentation?order=7&lang=en"
    card = {"type": "NGN::Bank", "ux_flow": "http_redirect", "redirect_url": shop}
    created = await collection(world, OWN_BALANCE, card)
    await world.drain()
    return created, shop


async def test_a_payer_presses_confirm_and_is_back_at_the_shop(world: World, page: Page) -> None:
    created, shop = await payment(world)
    address = created["payin_methods"][0]["out_details"]["url"]
    await page.goto(address)
    await expect(page.get_by_text("40,000 NGN").first).to_be_visible()
    await expect(page.get_by_text(created["payin_reference"]).first).to_be_visible()
    button = page.get_by_role("button", name="Confirm and pay")
    box = await button.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    await button.click()
    await page.wait_for_url(shop)
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    await page.goto(address)
    await expect(page.get_by_text("Paid").first).to_be_visible()
    assert await page.get_by_role("button").count() == 0


async def test_a_payer_refuses_goes_back_and_pays_after_all(world: World, page: Page) -> None:
    created, shop = await payment(world)
    address = created["payin_methods"][0]["out_details"]["url"]
    await page.goto(address)
    await page.get_by_role("button", name="Cancel").click()
    await page.wait_for_url(shop)
    await world.drain()
    assert await state_of(world, created) == ("approved", "error")
    await page.goto(address)
    await expect(page.get_by_text("did not work out")).to_be_visible()
    await page.get_by_role("button", name="Confirm and pay").click()
    await page.wait_for_url(shop)
    assert (await state_of(world, created))[1] == "success"
