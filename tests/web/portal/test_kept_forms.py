"""What was typed is not lost when the session is: it is shown again after log-in, to the same user, without secrets."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from playwright.async_api import expect

from tests.journeys.people import Town, open_town
from tests.web.kit.browsing import Chromium
from tests.web.kit.visiting import Browser, Shown
from tests.web.portal.forms import Form, forms_of

KEPT = "/portal/kept"
URL = "https://example.com/hooks?a=<1>"


@pytest.fixture
async def town(fresh_database_url: str) -> AsyncIterator[Town]:
    async with open_town(fresh_database_url) as town:
        yield town


async def form_on(browser: Browser, path: str, action: str) -> Form:
    """A form as a page shows it."""
    page = await browser.get(path)
    (found,) = [each for each in forms_of(page.text, page.path) if each.action == action and each.method == "post"]
    return found


async def send(browser: Browser, form: Form, **typed: str | list[str]) -> Shown:
    """Send it with what was typed."""
    fields = {**form.fields, **typed}
    return await browser.post(form.action, csrf=fields.pop("csrf")[0], **fields)


async def end_sessions(town: Town) -> None:
    await town.execute("update sessions set ended_at = clock_timestamp()")


async def test_a_form_survives_the_end_of_its_session(town: Town) -> None:
    ada = await town.founder()
    form = await form_on(ada.browser, "/portal/test/webhooks", "/portal/test/webhooks")
    await end_sessions(town)
    sent = await send(ada.browser, form, url=URL, events=["transaction.created", "recipient.paid_out"])
    assert sent.location == f"/log-in?next={KEPT}"
    asked = await ada.browser.get(sent.location)
    assert "nothing was sent" in asked.words
    assert URL not in unescape(asked.text), "nobody sees it before log-in"
    first = await ada.browser.post("/log-in", email=ada.email, password="correct horse battery", next=KEPT)
    second = await ada.browser.post("/log-in/code", code=await ada.code(), next=KEPT)
    assert (first.location, second.location) == (f"/log-in/code?next={KEPT}", KEPT)
    page = await ada.browser.get(KEPT)
    (again,) = [each for each in forms_of(page.text, page.path) if each.action == form.action]
    assert unescape(again.fields["url"][0]) == URL
    assert again.fields["events"] == ["transaction.created", "recipient.paid_out"]
    made = "select url from webhooks where url = $1"
    assert await town.execute(made, URL) == [], "nothing was done by itself"
    done = await send(ada.browser, again)
    assert (done.location or "").startswith("/portal/test/webhooks/"), done.words
    assert len(await town.execute(made, URL)) == 1


async def test_without_its_cookie_a_form_is_kept_as_well(town: Town) -> None:
    ada = await town.founder()
    form = await form_on(ada.browser, "/portal/people", "/portal/people/invite")
    stranger = await town.browser()
    assert (await send(stranger, form, email="bob@example.com")).location == f"/log-in?next={KEPT}"
    page = await ada.browser.get(KEPT)
    assert 'value="bob@example.com"' in page.text
    await ada.browser.post(f"{KEPT}/discard")
    assert (await ada.browser.get(KEPT)).location == "/portal"


async def test_only_the_user_to_whom_a_form_was_shown_sees_it(town: Town) -> None:
    ada = await town.founder()
    bob = await town.founder("bob@example.com", name="Of Bob")
    form = await form_on(ada.browser, "/portal/people", "/portal/people/invite")
    await send(await town.browser(), form, email="carol@example.com")
    assert (await bob.browser.get(KEPT)).location == "/portal"
    for wrong in ("", "x", form.fields["shown_to"][0][:-1] + "0", "/".join(form.fields["shown_to"][0].split("/")[1:])):
        refused = await send(await town.browser(), form, shown_to=wrong, email="eve@example.com")
        assert refused.location == "/log-in", "what is not a form of ours is not kept"
    assert "carol@example.com" in (await ada.browser.get(KEPT)).text


async def test_secrets_are_never_kept(town: Town) -> None:
    ada = await town.founder()
    account = await ada.browser.get("/portal/account")
    forms = [each for each in forms_of(account.text, account.path) if each.method == "post"]
    assert any("known" in each.fields for each in forms)
    for each in forms:
        sent = await send(await town.browser(), each, known="a secret", password="another", code="123456")
        assert sent.location in ("/log-in", f"/log-in?next={KEPT}")
    form = await form_on(ada.browser, "/portal/people", "/portal/people/invite")
    await send(await town.browser(), form, email="x@example.com", known="a secret", password="another", otp="000000")
    (row,) = await town.execute("select path, fields::text from kept_forms")
    assert row["path"] == "/portal/people/invite"
    assert not re.search(r"secret|another|csrf|shown_to|000000", row["fields"]), row["fields"]


async def test_it_is_shown_in_the_organisation_it_was_written_for_and_not_for_ever(town: Town) -> None:
    ada = await town.founder()
    form = await form_on(ada.browser, "/portal/test/webhooks", "/portal/test/webhooks")
    await ada.found(name="Second")
    await send(await town.browser(), form, url=URL)
    back = await ada.browser.get(KEPT)
    assert back.location == KEPT, "it turns to the organisation of the form first"
    assert "Nairobi Exports" in (await ada.browser.get(KEPT)).words
    await town.execute("update kept_forms set kept_at = kept_at - interval '61 minutes'")
    assert (await ada.browser.get(KEPT)).location == "/portal"
    await send(await town.browser(), form, url=URL)
    await town.execute("delete from members")
    assert (await ada.browser.get(KEPT)).location == "/portal"
    assert await town.execute("select 1 from kept_forms") == []


async def test_a_newcomer_does_not_type_the_organisation_twice(town: Town, chromium: Chromium) -> None:
    ada = await town.user("ada@example.com")
    page = await chromium.page(url=town.root, token=ada.browser.token, scripts=False, width=390)
    await page.goto("/portal/organisations/new")
    await page.get_by_label("Name").fill("Mombasa Teas")
    await page.get_by_label("City").fill("Mombasa")
    for label in ("Street", "Postal code", "Phone number"):
        await page.get_by_label(label).fill("1")
    await page.get_by_label("Country", exact=True).select_option("KE")
    await page.get_by_label("Country of the phone").select_option("KE")
    await end_sessions(town)
    await page.get_by_role("button", name="Create the organisation").click()
    await expect(page.get_by_text("What you typed is kept")).to_be_visible()
    await page.get_by_label("E-mail address").fill(ada.email)
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_label("Code").fill(await ada.code())
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", name="Your form was not sent")).to_be_visible()
    await expect(page.get_by_label("Name")).to_have_value("Mombasa Teas")
    await expect(page.get_by_label("City")).to_have_value("Mombasa")
