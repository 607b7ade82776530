"""What pages gain in a browser with scripts."""

from playwright.async_api import expect

from tests.journeys.collecting import XOF, collection, to_balance
from tests.journeys.world import World, ok
from tests.web.kit.browsing import Chromium

FOLLOWS = ".follows"


async def test_what_is_typed_stays_while_things_happen(world: World, chromium: Chromium) -> None:
    created = await collection(world, to_balance(40000), XOF)
    await world.drain()
    page = await chromium.member(world.platform, world.app.organisation_id)
    await page.goto(f"/portal/test/transactions/{created['id']}")
    await expect(page.locator(FOLLOWS)).to_have_text("Updates by itself")
    amount = page.get_by_label("The payer pays, XOF")
    await amount.fill("123")
    await amount.blur()
    await world.transaction(ok("00"))
    await expect(page.locator(FOLLOWS)).to_have_text("Waits for your form")
    await expect(amount).to_have_value("123")
    await amount.fill("40000")
    await amount.blur()
    path = f"/sandbox/payin_methods/{created['payin_methods'][0]['id']}/payment"
    assert (await world.client.post(path, {"payment": {"amount": 10000, "cleared": False}})).status == 200
    await world.drain()
    await expect(page.get_by_text("payin_method.processing")).to_be_visible()
    await expect(page.locator(FOLLOWS)).to_have_text("Updates by itself")
    answer = page.get_by_label("Or the request ends with")
    await answer.select_option("541")
    await answer.blur()
    await world.transaction(ok("00"))
    await expect(page.locator(FOLLOWS)).to_have_text("Waits for your form")
    await expect(answer).to_have_value("541")


async def test_key_secret_and_calls_are_copied(world: World, chromium: Chromium) -> None:
    page = await chromium.member(world.platform, world.app.organisation_id)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/portal/test/keys")
    await page.get_by_role("link", name="Secret and first call").first.click()
    for label, place in {
        "the key": "#key",
        "the secret": "#secret",
        "the call in JavaScript": "pre[data-copy='the call in JavaScript']",
    }.items():
        await page.get_by_role("button", name=f"Copy {label}", exact=True).click()
        await expect(page.get_by_role("button", name=f"Copy {label}", exact=True)).to_have_text("Copied")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == (await page.locator(place).inner_text()).strip()
    assert f'KEY = "{await page.locator("#key").inner_text()}"' in copied
