"""Passkeys in a real Chromium with an authenticator of its own, through the script that the sites bring."""

from typing import Any, Literal

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.web.backoffice.officers import forget_code
from tests.web.kit.browsing import Chromium, grave_findings, is_too_wide
from tests.web.kit.passkeys import House, Side, code
from tests.web.kit.visiting import session_of

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

INSTEAD = "Use a passkey instead"


async def with_device(page: Page) -> tuple[CDPSession, str]:
    """Give the browser of a page an authenticator."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, added["authenticatorId"]


async def add(page: Page, side: Side, name: str = "This laptop") -> None:
    """Add a passkey by hand."""
    await page.goto(side.account)
    await page.get_by_label("Name of the passkey").fill(name)
    await page.get_by_role("button", name="Add a passkey").click()


async def counted(device: tuple[CDPSession, str]) -> list[int]:
    """What the authenticator has counted, passkey by passkey."""
    session, authenticator_id = device
    held = await session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator_id})
    return [each["signCount"] for each in held["credentials"]]


async def test_a_passkey_is_added_opens_the_site_and_is_removed(house: House, side: Side, chromium: Chromium) -> None:
    user = await house.user(side)
    page = await house.page(chromium, side, await session_of(house.platform, user))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    device = await with_device(page)
    await add(page, side)
    row = page.get_by_role("row", name="This laptop")
    await expect(row).to_be_visible()
    assert len(await counted(device)) == 1

    await add(page, side, "The same again")
    await expect(page.get_by_role("alert")).to_contain_text("holds a passkey of this account already")
    await expect(page.get_by_role("button", name="Add a passkey")).to_be_enabled()

    token = await house.halfway_token(user)
    await page.context.add_cookies([{"name": side.cookie, "value": token, "url": house.root}])
    await page.goto(side.account)
    await expect(page.get_by_role("heading", name="Code of your authenticator")).to_be_visible()
    await page.get_by_role("button", name=INSTEAD).click()
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()

    await forget_code(house.platform, user)
    await row.get_by_role("button", name="Remove This laptop").click()
    await expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    await page.get_by_role("button", name=INSTEAD).click()
    await row.get_by_role("button", name="Remove This laptop").click()
    await expect(row).to_have_count(0)
    assert complaints == []
    assert [each for each in await house.trail(user) if each != "user.logged_in"] == [
        "user.passkey_added",
        "user.confirmed",
        "user.passkey_removed",
    ]


async def test_whoever_adds_one_long_after_the_code_is_asked_for_another(
    house: House, side: Side, chromium: Chromium
) -> None:
    user = await house.user(side)
    page = await house.page(chromium, side, await session_of(house.platform, user))
    await with_device(page)
    await forget_code(house.platform, user)
    await add(page, side)
    await expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    await page.get_by_label("Code", exact=True).fill(code())
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await add(page, side)
    await expect(page.get_by_role("row", name="This laptop")).to_be_visible()


async def test_a_copied_passkey_is_refused_and_a_code_still_opens(house: House, side: Side, chromium: Chromium) -> None:
    user = await house.user(side)
    page = await house.page(chromium, side, await session_of(house.platform, user))
    device = await with_device(page)
    await add(page, side)
    await expect(page.get_by_role("row", name="This laptop")).to_be_visible()
    await house.execute("update passkeys set sign_count = sign_count + 1000")
    token = await house.halfway_token(user)
    await page.context.add_cookies([{"name": side.cookie, "value": token, "url": house.root}])
    await page.goto(f"{side.log_in}/code")
    await page.get_by_role("button", name=INSTEAD).click()
    await expect(page.get_by_role("alert").filter(has_text="That passkey was not taken")).to_be_visible()
    assert max(await counted(device)) < 1000
    await page.get_by_label("Code", exact=True).fill(code())
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("button", name="Log out").first).to_be_attached()


async def test_without_scripts_there_is_the_code_and_passkeys_can_be_removed(
    house: House, side: Side, chromium: Chromium
) -> None:
    user = await house.user(side)
    token = await session_of(house.platform, user)
    page = await house.page(chromium, side, token)
    await with_device(page)
    await add(page, side)
    await expect(page.get_by_role("row", name="This laptop")).to_be_visible()

    plain = await house.page(chromium, side, await house.halfway_token(user), scripts=False)
    await plain.goto(side.account)
    assert await plain.get_by_role("button", name=INSTEAD).count() == 0
    await plain.get_by_label("Code", exact=True).fill(code())
    await plain.get_by_role("button", name="Go on").click()
    await expect(plain.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(plain.get_by_text("with a browser that has passkeys")).to_be_visible()
    assert await plain.get_by_role("button", name="Add a passkey").count() == 0
    await plain.get_by_role("button", name="Remove This laptop").click()
    await expect(plain.get_by_role("row", name="This laptop")).to_have_count(0)


@pytest.mark.parametrize("lacking", ["window.PublicKeyCredential", "PublicKeyCredential.parseRequestOptionsFromJSON"])
async def test_a_browser_without_passkeys_is_offered_none(
    house: House, side: Side, chromium: Chromium, lacking: str
) -> None:
    user = await house.user(side)
    page = await house.page(chromium, side, await session_of(house.platform, user))
    await page.add_init_script(f"{lacking} = undefined")
    await page.goto(side.account)
    await expect(page.get_by_text("with a browser that has passkeys")).to_be_visible()
    assert await page.get_by_role("button", name="Add a passkey").count() == 0


async def test_under_another_name_of_the_same_server_none_is_offered(
    house: House, side: Side, chromium: Chromium
) -> None:
    user = await house.user(side)
    root = house.root.replace("localhost", "127.0.0.1")
    page = await chromium.page(url=root, token=await session_of(house.platform, user), cookie=side.cookie)
    await page.goto(side.account)
    await expect(page.get_by_text(f"come to {house.root}")).to_be_visible()
    assert await page.get_by_role("button", name="Add a passkey").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_its_pages_are_easy_to_use(
    house: House, side: Side, chromium: Chromium, width: int, scheme: Literal["light", "dark"]
) -> None:
    user = await house.user(side)
    window: dict[str, Any] = {"width": width, "scheme": scheme}
    page = await house.page(chromium, side, await session_of(house.platform, user), **window)
    await with_device(page)
    await add(page, side, "The security key on my key ring, which I bought in a long and narrow street")
    await expect(page.get_by_role("row", name="The security key")).to_be_visible()
    halfway = await house.page(chromium, side, await house.halfway_token(user), **window)
    for each, path in ((page, side.account), (page, side.confirm), (halfway, f"{side.log_in}/code")):
        await each.goto(path)
        await expect(each.get_by_role("button", name="passkey").first).to_be_visible()
        assert await grave_findings(each) == [], path
        assert not await is_too_wide(each), path
