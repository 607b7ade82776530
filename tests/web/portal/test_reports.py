from collections.abc import AsyncIterator

import pytest

from tests.journeys.world import World, ok
from tests.web.kit.visiting import Browser, signed_in


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        yield browser


async def test_a_report_is_made_on_demand_and_downloaded(world: World, browser: Browser) -> None:
    await world.funded(ok("00"), external_id="T-1")
    assert "No reports yet" in (await browser.get("/portal/test/reports")).words
    made = await browser.post("/portal/test/reports", type="transaction", period="2026-03", follow=True)
    assert "The report of 2026-03 is ready below." in made.words
    path = made.text.partition('href="/portal/test/reports/monthly')[2].partition('"')[0]
    file = await browser.get(f"/portal/test/reports/monthly{path}")
    assert (file.status, file.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert file.headers["Content-Disposition"] == 'attachment; filename="transaction_report_2026-03.csv"'
    assert "T-1" in file.text
    assert len(file.text.splitlines()) == 2


async def test_monthly_and_daily_files_appear_when_they_are_due(world: World, browser: Browser) -> None:
    await world.funded(ok("00"))
    await world.advance(days=30)
    await world.drain()
    words = (await browser.get("/portal/test/reports")).words
    assert "2026-03 Transaction Monthly transaction_report_2026-03.csv" in words
    assert "2026-03 Account Monthly account_report_2026-03.csv" in words
    assert "2026-03-31 Account Daily account_report_2026-03-31.csv" in words


@pytest.mark.parametrize(
    ("type_", "period"),
    [
        ("transaction", ""),
        ("transaction", "March"),
        ("transaction", "2026-13"),
        ("nothing", "2026-03"),
        ("", "2026-03"),
    ],
)
async def test_what_is_no_period_is_refused(browser: Browser, type_: str, period: str) -> None:
    refused = await browser.post("/portal/test/reports", type=type_, period=period)
    assert refused.status == 422
    assert "Write a month as 2026-03" in refused.words


async def test_a_month_that_has_not_begun_cannot_be_told(browser: Browser) -> None:
    refused = await browser.post("/portal/test/reports", type="account", period="2026-04")
    assert refused.status == 422
    assert "Not valid (invalid)" in refused.words


async def test_files_of_others_and_files_that_are_none_are_not_there(world: World, browser: Browser) -> None:
    await browser.get("/portal/test/reports")
    await browser.post("/portal/test/reports", type="transaction", period="2026-03")
    other, _ = await world.open_app()
    async with signed_in(world.platform, other.organisation_id) as stranger:
        for path in ("monthly/transaction_report_2026-03.csv", "monthly/..%2f..%2fx", f"{world.app.id}/x.csv", "x"):
            assert (await stranger.get(f"/portal/test/reports/{path}")).status == 404
