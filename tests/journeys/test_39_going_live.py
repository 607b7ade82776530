"""Scenario 39, the way to live: five checks, ticked by what scenarios 1, 5, 16, 34 and 24 do, then the approval."""

from typing import Any

from playwright.async_api import expect

from bitpesa.onboarding import operations
from bitpesa.tenants.audit_log.model import staff
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import queries as organisation_queries
from bitpesa.tenants.organisations.model import App
from tests.journeys.world import PERSON, World, ok
from tests.web.kit.browsing import Chromium, chromium
from tests.web.kit.visiting import signed_in

__all__ = ["chromium"]

TITLES = [
    "Your calls are signed",
    "Senders are created and used again",
    "Transactions are created and funded",
    "You learn what happened, by webhook and by asking",
    "Failures are noticed and cancelled",
]


async def fresh(world: World) -> App:
    """Make the journey's world that of an organisation which has done nothing yet."""
    world.app, world.client = await world.open_app()
    await world.give("1000", "USD")
    return world.app


async def ticked(world: World) -> list[bool]:
    """Which of the five checks are passed, as the page says."""
    await world.write_log()
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        words = (await browser.get("/portal/onboarding")).words
    return [f"{title} : passed" in words for title in TITLES]


async def test_the_checks_are_ticked_by_what_the_integration_really_does(world: World) -> None:
    await fresh(world)
    assert await ticked(world) == [False] * 5

    assert (await world.client.get("/info/currencies")).status == 200  # scenario 1
    assert await ticked(world) == [True, False, False, False, False]

    sender = (await world.client.post("/senders", {"sender": PERSON})).object  # scenario 5
    await world.transaction(ok("00"), external_id="T-1")
    assert await ticked(world) == [True, False, False, False, False]
    await world.transaction(ok("00"), sender={"id": sender["id"]}, external_id="T-2")
    assert await ticked(world) == [True, True, False, False, False]

    paid = await world.funded(ok("00"), external_id="T-16")  # scenario 16
    assert paid["state"] == "paid"
    assert await ticked(world) == [True, True, True, False, False]

    await world.listen_to(world.client)  # scenario 34
    world.receiver.says(503, 503, 503, 503, 200)
    again = await world.funded(ok("00"), external_id="T-34")
    assert await ticked(world) == [True, True, True, False, False]
    await world.advance(seconds=31)
    await world.drain()
    assert (await world.show(again))["state"] == "paid"
    assert await ticked(world) == [True, True, True, True, False]

    failed = await world.funded(ok("08"), external_id="T-24")  # scenario 24
    assert await ticked(world) == [True, True, True, True, False]
    leg = failed["recipients"][0]["id"]
    assert (await world.client.delete(f"/recipients/{leg}")).object["state"] == "refunded"
    assert await ticked(world) == [True] * 5


async def test_a_check_that_was_seen_in_part_says_what_is_missing(world: World) -> None:
    await fresh(world)
    assert (await world.client.post("/senders", {"sender": PERSON})).status == 201
    await world.listen_to(world.client)
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        assert "Still missing" not in (await browser.get("/portal/onboarding")).words
        created = await world.transaction(ok("00"))
        await world.drain()
        words = (await browser.get("/portal/onboarding")).words
        assert "Still missing: a recipient event that a webhook answered with 2xx, and a call of GET" in words
        await world.debit(created)
        await world.drain()
        words = (await browser.get("/portal/onboarding")).words
        assert "Still missing: a call of GET /v1/transactions/{id}." in words


async def test_what_was_seen_is_kept_when_logs_are_forgotten_and_the_sandbox_begins_anew(world: World) -> None:
    await fresh(world)
    await world.client.get("/info/currencies")
    assert (await ticked(world))[0]
    assert (await world.client.post("/sandbox/reset", {})).status == 200
    apps = await _apps(world)
    async with world.platform.database.reading() as conn:
        await conn.execute("delete from api_logs")
    assert (await ticked(world))[0]
    assert [app.id for app in apps if app.is_sandbox] != [world.app.id]


async def test_a_refund_that_came_by_itself_shows_nothing(world: World) -> None:
    await fresh(world)
    await world.client.post("/senders", {"sender": PERSON})
    failed = await world.funded(ok("41"))
    unpaid = await world.transaction(ok("00"))
    await world.client.delete(f"/recipients/{unpaid['recipients'][0]['id']}")
    await world.advance(hours=24, seconds=1)
    await world.drain()
    assert (await world.show(failed))["state"] in ("refunded", "received")
    assert (await ticked(world))[4] is False


async def test_live_is_asked_for_in_the_browser_and_opened_by_staff(world: World, chromium: Chromium) -> None:
    await fresh(world)
    await world.client.get("/info/currencies")
    await world.write_log()
    page = await chromium.member(world.platform, world.app.organisation_id, email="ada@example.com")
    await page.goto("/portal/onboarding")
    await expect(page.get_by_text("1 of 5 passed")).to_be_visible()
    await page.get_by_role("button", name="Ask for live access").click()
    await expect(page.get_by_text("Needed (blank)")).to_be_visible()
    await page.get_by_label("Reason").fill("We only pay ourselves")
    await page.get_by_role("button", name="Ask for live access").click()
    await expect(page.get_by_text("Live access was asked for")).to_be_visible()
    await expect(page.get_by_role("button", name="Ask for live access")).to_have_count(0)

    await world.platform.database.run(
        operations.give_back,
        world.platform.vault,
        world.app.organisation_id,
        actor=staff("Ben"),
        answer="Show us a refund",
    )
    await page.reload()
    await expect(page.get_by_text("Show us a refund")).to_be_visible()
    assert await _environments(world) == ["sandbox"]
    await page.get_by_label("Reason").fill("We never cancel")
    await page.get_by_role("button", name="Ask for live access").click()
    _, live = await world.platform.database.run(
        operations.approve, world.platform.vault, world.app.organisation_id, actor=staff("Ben"), answer="Welcome"
    )
    await page.reload()
    await expect(page.get_by_text("Live access was approved")).to_be_visible()
    await expect(page.get_by_text("Welcome")).to_be_visible()

    key, secret = await world.platform.database.run(organisations.create_key, world.platform.vault, live.id)
    live_client = await world.client_of(key.key, secret, "live")
    assert (await live_client.get("/accounts")).object == []
    assert (await live_client.get("/transactions")).object == []
    assert (await world.client.get("/accounts/USD")).object["amount"] == 1000
    await page.get_by_role("link", name="Live", exact=True).click()
    await page.wait_for_url("**/portal/live")
    await expect(page.get_by_role("link", name="Test", exact=True)).to_be_visible()
    await expect(page.get_by_text("No transactions yet")).to_be_visible()
    await expect(page.get_by_text("Send a test payment")).to_have_count(0)


async def _apps(world: World) -> list[Any]:
    async with world.platform.database.reading() as conn:
        return await organisation_queries.list_apps(conn, world.app.organisation_id)


async def _environments(world: World) -> list[str]:
    return [app.environment for app in await _apps(world)]
