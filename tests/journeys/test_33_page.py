"""Scenario 33, the page: a payer is sent to it, confirms or refuses with plain forms, and comes back to the shop."""

import aiohttp
import pytest

from tests.journeys.collecting import OWN_BALANCE, collection, state_of
from tests.journeys.world import PERSON, World, ok

SHOP = "https://shop.example/thanks?order=7&lang=en"
CARD = {"type": "NGN::Bank", "ux_flow": "http_redirect", "redirect_url": SHOP}


@pytest.fixture
async def browser():
    async with aiohttp.ClientSession(trust_env=False) as session:
        yield session


async def test_a_payer_confirms_and_comes_back(world: World, browser: aiohttp.ClientSession) -> None:
    created = await collection(world, OWN_BALANCE, CARD)
    told = created["payin_methods"][0]["out_details"]
    assert told["style"] == "redirect"
    await world.drain()
    async with browser.get(told["url"]) as page:
        text = await page.text()
        assert page.status == 200
    assert "40,000 NGN" in text
    assert created["payin_reference"] in text
    assert "<script" not in text
    path = told["url"].partition("/pay/")[2]
    assert f'action="/pay/{path}/confirm"' in text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store"

    async with browser.post(f"{told['url']}/confirm", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, SHOP)
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    async with browser.get(told["url"]) as page:
        text = await page.text()
    assert "Paid" in text
    assert "<form" not in text
    assert "https://shop.example/thanks?order=7&amp;lang=en" in text
    async with browser.post(f"{told['url']}/confirm", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/pay/{path}")
    assert (await world.show(created))["paid_amount"] == 40000


async def test_a_payer_refuses_and_thinks_again(world: World, browser: aiohttp.ClientSession) -> None:
    created = await collection(world, OWN_BALANCE, CARD)
    url = created["payin_methods"][0]["out_details"]["url"]
    await world.drain()
    async with browser.post(f"{url}/cancel", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, SHOP)
    await world.drain()
    assert await state_of(world, created) == ("approved", "error")
    shown = (await world.show(created))["payin_methods"][0]
    assert shown["state_reason_details"]["code"] == "541"
    assert world.events(created["id"])[-1] == "payin_method.error"
    async with browser.get(url) as page:
        assert "did not work out" in await page.text()
    async with browser.post(f"{url}/confirm", allow_redirects=False) as answer:
        assert answer.status == 303
    assert (await state_of(world, created))[1] == "success"


async def test_a_page_is_closed_once_time_is_over(world: World, browser: aiohttp.ClientSession) -> None:
    created = await collection(world, [ok("00")], CARD, traits={})
    url = created["payin_methods"][0]["out_details"]["url"]
    await world.advance(hours=1)
    async with browser.get(url) as page:
        text = await page.text()
    assert "This payment is closed" in text
    assert "<form" not in text
    for choice in ("confirm", "cancel"):
        async with browser.post(f"{url}/{choice}", allow_redirects=False) as answer:
            assert (answer.status, "/pay/" in answer.headers["Location"]) == (303, True)
    assert await state_of(world, created) == ("canceled", "canceled")


async def test_a_token_that_is_none_opens_nothing(world: World, browser: aiohttp.ClientSession) -> None:
    created = await collection(world, OWN_BALANCE, CARD)
    url = created["payin_methods"][0]["out_details"]["url"]
    for wrong in (f"{url[:-4]}AAAA", f"{url}A", url.rpartition("/")[0] + "/x", url.rpartition("/")[0] + "/%00%ff"):
        async with browser.get(wrong) as page:
            assert page.status == 404
            assert "no such payment" in await page.text()
        async with browser.post(f"{wrong}/confirm") as page:
            assert page.status == 404


async def test_a_payer_is_only_sent_to_web_pages(world: World) -> None:
    for target in ("javascript:alert(1)", "shop.example", "https://", "ftp://shop.example/", "https://a b/"):
        asked = {"type": "NGN::Bank", "ux_flow": "http_redirect", "in_details": {"redirect_url": target}}
        answer = await world.post_transaction(*OWN_BALANCE, input_currency="NGN", payin_methods=[asked])
        assert answer.status == 422
        assert answer.object["payin_methods"][0]["errors"] == {"redirect_url": [{"error": "invalid"}]}


async def test_a_page_waits_for_the_check_of_its_payer(world: World, browser: aiohttp.ClientSession) -> None:
    world.app, world.client = await world.open_app(kyc_mode="approval")
    sender = (await world.client.post("/senders", {"sender": PERSON})).object
    await world.give("1", "USD")
    created = await collection(world, OWN_BALANCE, CARD)
    url = created["payin_methods"][0]["out_details"]["url"]
    async with browser.get(url) as page:
        text = await page.text()
    assert "cannot be paid yet" in text
    assert "<form" not in text
    async with browser.post(f"{url}/confirm", allow_redirects=False) as answer:
        assert "/pay/" in answer.headers["Location"]
    assert await state_of(world, created) == ("initial", "initial")
    await world.approve_sender(sender["id"])
    async with browser.get(url) as page:
        assert "Confirm and pay" in await page.text()
