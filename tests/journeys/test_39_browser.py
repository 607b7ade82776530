"""Scenario 39 in a real browser without scripts: from the link in the mail to a signed call; and how the pages look."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal

import pytest
from playwright.async_api import ConsoleMessage, Page, expect

from bitpesa.cli.client import Client
from bitpesa.kernel.crypto import one_time_codes
from tests.journeys.people import COMPANY, PASSWORD, Town, open_town
from tests.web.kit.browsing import Chromium, chromium, grave_findings, is_too_wide

__all__ = ["chromium"]


@pytest.fixture
async def town(fresh_database_url: str) -> AsyncIterator[Town]:
    async with open_town(fresh_database_url) as town:
        yield town


def code(secret: str, *, later: int = 0) -> str:
    """What the phone shows, or will show some steps later."""
    return one_time_codes.code_at(secret, one_time_codes.step_at(datetime.now(UTC)) + later)


async def sign_up(town: Town, page: Page, email: str) -> tuple[str, str]:
    """Sign up by hand, and answer the secret that the phone has scanned, and the code that was used."""
    await page.goto("/sign-up")
    await page.get_by_label("Your name").fill("Ada Obi")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("status")).to_contain_text(email)
    await town.world.drain()
    await page.get_by_role("link", name="what it would have sent is here").click()
    await page.get_by_role("link", name=f"{town.root}/sign-up/").first.click()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("heading", name="Set up your authenticator")).to_be_visible()
    picture = page.get_by_role("img")
    if await picture.count():
        await expect(picture.first).to_be_visible()
    secret = (await page.locator("#key").inner_text()).replace(" ", "")
    used = code(secret)
    await page.get_by_label("Code that the app shows").fill(used)
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert await page.locator("ol li").count() == 10
    await page.get_by_role("link", name="I have kept them").click()
    return secret, used


async def open_organisation(page: Page) -> None:
    """Fill in what an organisation says of itself."""
    await page.get_by_label("Legal name").fill(COMPANY["name"])
    await page.get_by_label("Country", exact=True).select_option("KE")
    await page.get_by_label("Country of the phone").select_option("KE")
    for label, field in {
        "City": "city",
        "Street": "street",
        "Postal code": "postal_code",
        "Phone number": "phone_number",
    }.items():
        await page.get_by_label(label).fill(COMPANY[field])
    await page.get_by_role("button", name="Create the organisation").click()
    await page.wait_for_url("**/portal/test")


async def test_from_the_first_page_to_the_first_signed_call(town: Town, chromium: Chromium) -> None:
    page = await chromium.page(url=town.root, width=390, scripts=False)
    secret, used = await sign_up(town, page, "ada@example.com")
    await expect(page.get_by_role("heading", name="New organisation")).to_be_visible()
    await open_organisation(page)
    await page.goto("/portal/test/keys")
    await page.get_by_role("link", name=re.compile("Secret and first call")).click()
    key, api_secret = await page.locator("#key").inner_text(), await page.locator("#secret").inner_text()
    base_url = await page.locator("#base-url").inner_text()
    async with Client(base_url, key, api_secret) as client:
        assert (await client.get("/accounts")).status == 200
        await page.goto("/portal/test/keys")
        await page.get_by_text("End it").click()
        await page.get_by_role("button", name="Revoke now").click()
        await expect(page.get_by_text("revoked")).to_be_visible()
        assert (await client.get("/accounts")).status == 401

    await page.get_by_text("Menu", exact=True).click()
    await page.get_by_role("button", name="Log out").locator("visible=true").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await page.goto("/portal/test/keys")
    await page.get_by_label("E-mail address").fill("ada@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_label("Code").fill(used)
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("alert")).to_contain_text("was used before")
    await page.get_by_label("Code").fill(code(secret, later=1))
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url("**/portal/test/keys")


async def test_somebody_is_invited_and_may_then_do_more(town: Town, chromium: Chromium) -> None:
    ada = await town.founder()
    page = await chromium.page(url=town.root, token=ada.browser.token, scripts=False)
    await page.goto("/portal/people")
    await page.get_by_label("E-mail address to invite").fill("bob@example.com")
    await page.get_by_role("checkbox", name="Logs/Read: ").check()
    await page.get_by_role("button", name="Send the invitation").click()
    await expect(page.get_by_role("cell", name="Logs/Read")).to_be_visible()

    guest = await chromium.page(url=town.root, scripts=False)
    await guest.goto(await town.link_to("bob@example.com", "/invitations/"))
    await expect(guest.get_by_role("heading", name="Join Nairobi Exports")).to_be_visible()
    await sign_up(town, guest, "bob@example.com")
    await guest.get_by_role("link", name="join it instead").click()
    await guest.get_by_role("button", name="Join Nairobi Exports").click()
    await guest.wait_for_url("**/portal/test")
    answer = await guest.goto("/portal/test/keys")
    assert answer is not None
    assert answer.status == 403

    await page.goto("/portal/people")
    await page.get_by_role("row", name=re.compile("bob@example.com")).get_by_role("link").click()
    await page.get_by_role("checkbox", name="Api Keys/Read: ").check()
    await page.get_by_role("button", name="Change", exact=True).click()
    await page.wait_for_url("**/portal/people")
    await guest.goto("/portal/test/keys")
    await expect(guest.get_by_role("heading", name="API keys")).to_be_visible()
    assert await guest.get_by_role("button", name="Make a key").count() == 0


async def test_an_address_is_changed_and_an_organisation_is_left_by_hand(town: Town, chromium: Chromium) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com")
    page = await chromium.page(url=town.root, token=bob.browser.token, width=390, scripts=False)
    await page.goto("/portal/account")
    await page.get_by_role("link", name="Change it").click()
    await page.get_by_label("New e-mail address").fill("bob@elsewhere.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Send the link").click()
    await expect(page.get_by_role("status")).to_contain_text("To become bob@elsewhere.example")
    await town.world.drain()
    await page.get_by_role("link", name="what it would have sent is here").click()
    await page.get_by_role("link", name=f"{town.root}/new-address/").click()
    await page.get_by_role("button", name="Yes, take it").click()
    await expect(page.get_by_role("status")).to_contain_text("Your address is changed")

    await page.goto("/portal/organisations")
    await page.get_by_role("link", name="Leave Nairobi Exports").click()
    await page.get_by_role("link", name="No, stay").click()
    await page.get_by_role("link", name="Leave Nairobi Exports").click()
    await page.get_by_role("button", name="Yes, leave").click()
    await expect(page.get_by_role("status")).to_contain_text("You have left")
    await expect(page.get_by_role("heading", name="You belong to no organisation yet")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
async def test_no_page_of_people_is_hard_to_use(
    town: Town, chromium: Chromium, width: int, scheme: Literal["light", "dark"]
) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com", "Logs/Read")
    await ada.browser.post("/portal/people/invite", email="carol@example.com")
    await ada.browser.post("/lost-password", email=ada.email)
    await ada.browser.post("/portal/account/address", email="ada@elsewhere.example", known=PASSWORD)
    links = [
        await town.link_to("carol@example.com", "/invitations/"),
        await town.link_to(ada.email, "/lost-password/"),
        await town.link_to(ada.email, "/keep-address/"),
    ]
    (organisation,) = await town.execute("select id from organisations where name = 'Nairobi Exports'")
    key = re.findall(r'href="(/portal/test/keys/[0-9a-f-]{36})"', (await ada.browser.get("/portal/test/keys")).text)[0]
    (row,) = await town.execute("select id from users where email = $1", bob.email)
    within = [
        *("/portal/account /portal/organisations /portal/organisations/new /portal/people /portal/test/keys".split()),
        *("/portal/audit /portal/confirm".split()),
        f"/portal/people/{row['id']}",
        key,
        f"/portal{links[0]}",
        "/portal/invitations/gone",
        "/portal/account/address",
        f"/portal/organisations/{organisation['id']}/leave",
        await town.link_to("ada@elsewhere.example", "/new-address/"),
        "/new-address/gone",
    ]
    outside = ["/sign-up", "/log-in", "/lost-password", "/sign-up/gone", "/mail", *links]
    complaints: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            complaints.append(said.text)

    for token, paths in ((ada.browser.token, within), (None, outside)):
        page = await chromium.page(url=town.root, token=token, width=width, scheme=scheme)
        page.on("console", hear)
        for path in paths:
            answer = await page.goto(path)
            assert answer is not None
            assert answer.status in {200, 404}, path
            assert answer.url.endswith(path), path
            complaints += [f"{path}: {each}" for each in await grave_findings(page)]
            complaints += [f"{path} is too wide"] if await is_too_wide(page) else []
    page = await chromium.page(url=town.root, width=width, scheme=scheme)
    await town.execute("update users set totp_enrolled_at = null, totp_last_step = null where email = $1", bob.email)
    await page.goto("/log-in")
    for said, email in (("alert", "nobody@example.com"), ("code", bob.email)):
        await page.get_by_label("E-mail address").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_load_state()
        complaints += [f"{said}: {each}" for each in await grave_findings(page)]
    await expect(page.get_by_role("heading", name="Code of your authenticator")).not_to_be_visible()
    complaints += ["the picture is too wide"] if await is_too_wide(page) else []
    assert complaints == []
