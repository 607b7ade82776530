import re
from collections.abc import AsyncIterator

import pytest

from tests.journeys.world import World, ok
from tests.web.kit.visiting import Browser, new_organisation, signed_in


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        yield browser


async def test_a_webhook_is_made_tried_and_deleted(world: World, browser: Browser) -> None:
    other = f"{world.receiver.base}/other"
    made = await browser.post("/portal/test/webhooks", url=other, events=["transaction.created", "recipient.error"])
    assert made.status == 303
    path = (made.location or "").partition("?")[0]
    webhook_id = path.rpartition("/")[2]
    assert (await world.client.get(f"/webhooks/{webhook_id}")).object["url"] == other

    tested = await browser.post(f"{path}/test", follow=True)
    assert "A test event is on its way" in tested.words
    await world.drain()
    (heard,) = [each for each in world.heard() if each.event == "webhook.test"]
    assert (heard.content["webhook"], heard.content["object"]["url"]) == (webhook_id, other)
    assert "webhook.test Webhook" in (await browser.get(path)).words

    assert "Delete this webhook?" in (await browser.get(f"{path}/delete")).words
    assert (await world.client.get(f"/webhooks/{webhook_id}")).status == 200
    assert (await browser.post(f"{path}/delete")).location == "/portal/test/webhooks?done=deleted"
    assert (await world.client.get(f"/webhooks/{webhook_id}")).status == 404
    assert (await browser.get(path)).status == 404


async def test_only_events_that_are_ever_sent_can_be_chosen(browser: Browser) -> None:
    page = await browser.get("/portal/test/webhooks")
    assert 'value="payin_method.paid_in"' in page.text
    assert "transaction_request." not in page.text


async def test_what_is_wrong_stands_beside_the_form_and_the_form_is_kept(browser: Browser) -> None:
    refused = await browser.post("/portal/test/webhooks", url="ftp://example.com", events=["sender.created"])
    assert refused.status == 422
    assert "Not valid (invalid)" in refused.words
    assert 'value="ftp://example.com"' in refused.text
    assert 'value="sender.created" checked' in refused.text
    nothing = await browser.post("/portal/test/webhooks", url="https://example.com")
    assert "Needed (blank)" in nothing.words


async def test_without_a_key_nothing_could_be_signed(world: World) -> None:
    organisation_id = await new_organisation(world.platform)
    async with signed_in(world.platform, organisation_id) as browser:
        refused = await browser.post("/portal/test/webhooks", url=world.receiver.url, events=["transaction.created"])
        assert refused.status == 422
        assert "Create an API key first" in refused.words


async def test_an_attempt_shows_both_sides_and_is_made_again(world: World, browser: Browser) -> None:
    await world.funded(ok("00"))
    page = await browser.get(f"/portal/test/webhooks/{world.webhook['id']}")
    assert "transaction.paid_out" in page.words
    assert "0 % failed" in page.words
    before = len(world.heard())
    attempt = page.text.partition("/portal/test/webhooks/attempts/")[2].partition('"')[0]
    shown = await browser.get(f"/portal/test/webhooks/attempts/{attempt}")
    assert "Authorization-Signature" in shown.words
    assert f'"webhook": "{world.webhook["id"]}"' in shown.words
    assert "Response 200" in shown.words
    again = await browser.post(f"/portal/test/webhooks/attempts/{attempt}/retry", follow=True)
    assert "1 deliveries are on their way once more." in again.words
    await world.drain()
    assert len(world.heard()) == before + 1


async def test_a_range_is_replayed(world: World, browser: Browser) -> None:
    await world.funded(ok("00"))
    before = len(world.heard())
    path = f"/portal/test/webhooks/{world.webhook['id']}"
    empty = await browser.post(f"{path}/replay", to="2026-03-02")
    assert empty.status == 422
    assert "from: Needed (blank)" in empty.words
    done = await browser.post(f"{path}/replay", **{"from": "2026-03-02", "to": "2026-03-02"})
    replayed = int((done.location or "").rpartition("=")[2])
    await world.drain()
    assert len(world.heard()) == before + replayed
    assert replayed >= before


async def test_a_disabled_webhook_says_so_and_is_enabled_again(world: World, browser: Browser) -> None:
    async with world.platform.database.reading() as conn:
        await conn.execute("update webhooks set disabled_at = clock_now(app_id)")
    path = f"/portal/test/webhooks/{world.webhook['id']}"
    page = await browser.get(path)
    assert "Disabled 02 Mar 2026" in page.words
    assert f"{path}/test" not in page.text
    assert (await browser.post(f"{path}/test")).status == 422
    done = await browser.post(f"{path}/enable", follow=True)
    assert "hears again" in done.words
    assert (await world.client.get(f"/webhooks/{world.webhook['id']}")).object["disabled_at"] is None


async def test_failures_are_seen_in_the_chart_and_the_log(world: World, browser: Browser) -> None:
    world.receiver.says(500)
    await world.transaction(ok("00"))
    await world.drain()
    page = await browser.get(f"/portal/test/webhooks/{world.webhook['id']}")
    assert "100 % failed" in page.words
    assert "500 Retrying" in page.words
    assert "02 Mar: 1 failed" in page.text
    assert "02 Mar 1 1" in page.words
    assert "500 Retrying" in (await browser.get("/portal/test/logs/webhooks")).words


async def test_the_list_says_which_webhook_fails(world: World, browser: Browser) -> None:
    other = {"url": f"{world.receiver.base}/other", "events": ["sender.created"]}
    assert (await world.client.post("/webhooks", {"webhook": other})).status == 201
    assert "Failing" not in (await browser.get("/portal/test/webhooks")).words
    world.receiver.says(500)
    await world.transaction(ok("00"))
    await world.drain()
    assert (await browser.get("/portal/test/webhooks")).words.count("Failing") == 1
    world.receiver.says(200)
    await world.advance(world.app, seconds=3600)
    await world.drain()
    assert "Failing" not in (await browser.get("/portal/test/webhooks")).words


async def test_what_a_deleted_webhook_was_sent_leads_to_no_page_that_is_not_there(
    world: World, browser: Browser
) -> None:
    paid = await world.funded(ok("00"))
    page = f"/portal/test/webhooks/{world.webhook['id']}"
    link = f'href="{page}"'
    story = f"/portal/test/transactions/{paid['id']}"
    attempts = re.findall(r'href="(/portal/test/webhooks/attempts/[^"]+)"', (await browser.get(page)).text)
    logged = re.findall(
        r'href="(/portal/test/logs/webhooks/[^"]+)"', (await browser.get("/portal/test/logs/webhooks")).text
    )
    pages = [story, attempts[0], logged[0]]
    assert all([link in (await browser.get(each)).text for each in pages])
    assert (await browser.post(f"{page}/delete")).status == 303
    for each in pages:
        shown = await browser.get(each)
        assert (shown.status, world.receiver.url in shown.text, link in shown.text) == (200, True, False)
        assert "Deliver again" not in shown.words
