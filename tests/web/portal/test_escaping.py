"""Whatever clients write is shown as text, and pages run nothing that is not ours."""

from tests.journeys.world import World
from tests.web.kit.browsing import Chromium
from tests.web.kit.visiting import signed_in
from tests.web.portal.furnished import QUOTES, SHOUT, furnish

SHOWS_NAMES = ("dashboard", "paid", "unfunded", "senders", "sender", "log", "collected", "edit payin")


async def test_what_clients_write_never_becomes_part_of_a_page(world: World) -> None:
    furnished = await furnish(world)
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        for name, path in furnished.paths.items():
            text = (await browser.get(path)).text
            assert SHOUT not in text, name
            assert QUOTES not in text, name
            assert "<img" not in text, name
            if name in SHOWS_NAMES:
                assert "&lt;script&gt;alert(1)" in text, name


async def test_nor_does_what_is_looked_for_or_typed(world: World) -> None:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        pages = [
            await browser.get("/portal/test", follow=False),
            await browser.get(f"/portal/test?external_id={SHOUT}&recipient={QUOTES}&from={SHOUT}&state={SHOUT}"),
            await browser.get(f"/portal/test/logs?text={SHOUT}&method={SHOUT}"),
            await browser.get(f"/portal/test/bench?corridor=NGN::Bank&recipient_type={SHOUT}"),
            await browser.get(f"/portal/test/bench/collections?way={SHOUT}"),
            await browser.post(
                "/portal/test/bench/collections",
                way="NGN::Bank/bank_transfer",
                external_id=SHOUT,
                requested_amount=QUOTES,
                target=SHOUT,
                **{"payin.phone_number": SHOUT, "payin.account_name": QUOTES},
            ),
            await browser.post("/portal/test/webhooks", url=SHOUT, events=[SHOUT]),
            await browser.post("/portal/test/reports", type=SHOUT, period=SHOUT),
            await browser.post(
                "/portal/test/bench",
                corridor="NGN::Bank",
                recipient_type="person",
                external_id=SHOUT,
                requested_amount=QUOTES,
                input_currency=SHOUT,
                **{"details.first_name": SHOUT},
            ),
        ]
    for page in pages:
        assert page.status in (200, 404, 422)
        assert SHOUT not in page.text
        assert QUOTES not in page.text


async def test_pages_run_only_what_is_ours(world: World, chromium: Chromium) -> None:
    furnished = await furnish(world)
    page = await chromium.member(world.platform, world.app.organisation_id)
    dialogs, refused = [], []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    for path in furnished.paths.values():
        await page.goto(path)
        inline = await page.evaluate(
            "[...document.querySelectorAll('script:not([src]), style, [style], [onclick], [onload]')].length"
        )
        assert inline == 0, path
    assert (dialogs, refused) == ([], [])
    await page.evaluate("document.body.appendChild(document.createElement('script')).textContent = 'window.ran = 1'")
    assert await page.evaluate("window.ran") is None


async def test_the_policy_allows_nothing_from_elsewhere(world: World) -> None:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        policy = (await browser.get("/portal/test")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
