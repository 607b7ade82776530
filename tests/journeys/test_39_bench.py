"""Scenario 39 in a real browser: the bench, funding, cancelling, searching, a webhook tried, a report fetched."""

from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from tests.journeys.world import World, ok
from tests.web.kit.browsing import Chromium

__all__ = ["chromium"]

from tests.web.kit.browsing import chromium


async def opened(world: World, chromium: Chromium, path: str, **window: object) -> Page:
    """A page of the portal as an administrator sees it."""
    page = await chromium.member(world.platform, world.app.organisation_id, **window)
    await page.goto(path)
    return page


async def test_a_payment_is_sent_from_the_bench_and_seen_paid_as_it_happens(world: World, chromium: Chromium) -> None:
    page = await opened(world, chromium, "/portal/test")
    await page.get_by_role("link", name="Send a test payment").first.click()
    await page.get_by_label("Corridor").select_option("UGX::Mobile")
    await page.get_by_role("button", name="Choose").click()
    await expect(page.get_by_role("heading", name="UGX::Mobile to a person")).to_be_visible()
    await page.get_by_label("External ID").fill("B-1")
    await page.get_by_label("First name").fill("Chidi")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("heading", name="Transaction B-1")).to_be_visible()
    await expect(page.get_by_label("Summary").get_by_text("In progress")).to_be_visible()
    await expect(page.get_by_text("Updates by itself")).to_be_visible()
    await world.drain()
    await expect(page.get_by_label("Summary").get_by_text("Paid", exact=True).first).to_be_visible()
    await expect(page.get_by_text("recipient.paid_out")).to_be_visible()
    await expect(page.get_by_role("link", name="Receipt")).to_be_visible()


async def test_it_all_works_without_scripts_on_a_phone(world: World, chromium: Chromium) -> None:
    page = await opened(world, chromium, "/portal/test", width=390, scripts=False)
    await page.get_by_text("Menu", exact=True).click()
    await page.get_by_role("link", name="Test bench").click()
    await page.get_by_label("External ID").fill("B-1")
    await page.get_by_label("Funded").select_option("later")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("link", name="Pay from balance").click()
    await page.get_by_role("button", name="Yes, pay").click()
    await world.drain()
    await page.reload()
    await expect(page.get_by_label("Summary").get_by_text("Paid", exact=True).first).to_be_visible()


async def test_money_moves_only_after_yes(world: World, chromium: Chromium) -> None:
    created = await world.transaction(ok("00"), external_id="T-1")
    page = await opened(world, chromium, f"/portal/test/transactions/{created['id']}")
    await page.get_by_role("link", name="Pay from balance").click()
    await page.get_by_role("link", name="No, go back").click()
    assert (await world.show(created))["state"] == "approved"
    await page.get_by_role("link", name="Pay from balance").click()
    await page.get_by_role("button", name="Yes, pay").click()
    await expect(page.get_by_text("Paid from your balance.")).to_be_visible()
    await world.drain()
    assert (await world.show(created))["state"] == "paid"
    assert await world.balance("USD") == 975


async def test_cancelling_a_payout_that_failed_refunds_it(world: World, chromium: Chromium) -> None:
    created = await world.funded(ok("08"), external_id="T-1")
    assert await world.balance("USD") == 975
    page = await opened(world, chromium, f"/portal/test/transactions/{created['id']}")
    await expect(page.get_by_text("Undefined provider error").first).to_be_visible()
    await page.get_by_role("link", name="Cancel John Doe").click()
    await page.get_by_role("link", name="No, keep it").click()
    assert (await world.show(created))["state"] == "received"
    await page.get_by_role("link", name="Cancel John Doe").click()
    await page.get_by_role("button", name="Yes, cancel it").click()
    await expect(page.get_by_label("Summary").get_by_text("Refunded")).to_be_visible()
    shown = await world.show(created)
    assert (shown["state"], shown["recipients"][0]["state"]) == ("refunded", "refunded")
    assert await world.balance("USD") == 1000
    await world.drain()
    assert world.events(created["id"])[-2:] == ["recipient.refunded", "transaction.refunded"]


async def test_search_by_external_id_and_date_finds_the_payment(world: World, chromium: Chromium) -> None:
    await world.funded(ok("00"), external_id="T-16")
    await world.advance(days=2)
    await world.funded(ok("00"), external_id="T-17")
    page = await opened(world, chromium, "/portal/test")
    await page.get_by_label("External ID").fill("T-16")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_text("T-16", exact=True)).to_be_visible()
    await expect(page.get_by_text("T-17", exact=True)).to_have_count(0)
    day = (await world.now() - timedelta(days=2)).date().isoformat()
    await page.goto("/portal/test")
    await page.get_by_label("From").fill(day)
    await page.get_by_label("To", exact=True).fill(day)
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_text("T-16", exact=True)).to_be_visible()
    await expect(page.get_by_text("T-17", exact=True)).to_have_count(0)
    await page.get_by_role("row", name="T-16").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Transaction T-16")).to_be_visible()


async def test_a_webhook_is_registered_and_tried(world: World, chromium: Chromium) -> None:
    page = await opened(world, chromium, "/portal/test/webhooks")
    await page.get_by_label("URL").fill(f"{world.receiver.base}/other")
    await page.get_by_role("button", name="Create webhook").click()
    await page.get_by_role("button", name="Send a test event").click()
    await expect(page.get_by_text("A test event is on its way.")).to_be_visible()
    await world.drain()
    await page.get_by_role("link", name="Reload").click()
    row = page.get_by_role("row", name="webhook.test")
    await expect(row.get_by_text("Delivered")).to_be_visible()
    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Response 200")).to_be_visible()
    assert [each.event for each in world.heard()].count("webhook.test") == 1


async def test_a_report_is_downloaded(world: World, chromium: Chromium, tmp_path: Path) -> None:
    await world.funded(ok("00"), external_id="T-1")
    page = await opened(world, chromium, "/portal/test/reports")
    await page.get_by_role("button", name="Make report").click()
    async with page.expect_download() as started:
        await page.get_by_role("link", name="transaction_report_2026-03.csv").click()
    file = await started.value
    await file.save_as(tmp_path / "report.csv")
    assert file.suggested_filename == "transaction_report_2026-03.csv"
    assert "T-1" in (tmp_path / "report.csv").read_text()
