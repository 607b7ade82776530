"""Test and Live of one organisation in two windows of one browser: neither ever shows or changes the other."""

import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.web.portal.guards import PLACE
from tests.journeys.world import World
from tests.web.kit.visiting import (
    Browser,
    Shown,
    enrolled_user,
    join,
    new_organisation,
    open_browser,
    session_of,
    signed_in,
)
from tests.web.portal.forms import Form, forms_of
from tests.web.portal.sides import Both, Side, open_side, routes

WORDS = ("test", "live")

FULL = {"", "/transactions/{id}", "/senders", "/senders/{id}", "/webhooks", "/webhooks/{id}", "/logs", "/logs/{id}"} | {
    "/logs/webhooks",
    "/reports/{rest:path}",
    "/keys",
    "/keys/{key_id}",
}
"""Pages that show what is of one side only."""


@pytest.fixture
async def both(world: World) -> Both:
    async def make(work: Any) -> App:
        settings = msgspec.structs.replace(world.app.settings, kyc_mode="waived")
        return await organisations.create_app(work, world.app.organisation_id, "live", settings)

    live = await world.platform.database.run(make)
    return Both({"test": await open_side(world, "test", world.app), "live": await open_side(world, "live", live)})


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        yield browser


async def contents(world: World, app: App) -> dict[str, str]:
    """Every row of an app, table by table, as a sum of it."""
    async with world.platform.database.reading() as conn:
        tables = await conn.fetch(
            "select c.table_name from information_schema.columns c join information_schema.tables t using (table_name) "
            "where c.column_name = 'app_id' and t.table_type = 'BASE TABLE' and c.table_schema = 'public'"
        )
        return {
            name: await conn.fetchval(
                f"select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from \"{name}\" t "  # noqa: S608
                "where app_id = $1",
                app.id,
            )
            for name in sorted({row["table_name"] for row in tables})
        }


def shows_nothing_of(shown: Shown, other: Side, sent: str = "") -> None:
    """A page says nothing of the other side, but for what was sent to it."""
    for mark in other.marks:
        if mark not in sent:
            assert mark not in shown.text, f"{shown.path} shows {mark} of {other.word}"


async def test_no_page_shows_anything_of_the_other_environment(world: World, both: Both, browser: Browser) -> None:
    seen: dict[str, set[str]] = {word: set() for word in WORDS}
    for pattern in routes(world, "GET"):
        if pattern.endswith("/live"):  # the stream, which goes on: it has tests of its own
            continue
        for word in (*WORDS, *WORDS):  # by turns, as in two windows
            side = both.sides[word]
            shown = await browser.get(side.path(pattern))
            assert shown.status in (200, 303, 404), (shown.path, shown.words)
            shows_nothing_of(shown, both.other(side))
            if shown.status == 200 and "</html>" in shown.text:
                title = re.findall(r"<title>(.*)</title>", shown.text)[0]
                assert title.endswith(" · Test" if word == "test" else " · Live"), title
                assert f'aria-current="true">{word.capitalize()}<' in shown.text
            if any(mark in shown.text for mark in side.marks):
                seen[word].add(pattern.removeprefix(PLACE))
            if "{" in pattern.removeprefix(PLACE) and "{rest" not in pattern:
                foreign = await browser.get(side.path(pattern, both.other(side).ids))
                assert foreign.status in (404, 303), foreign.path
                assert foreign.location in (None, f"{side.place}/keys"), foreign.location
                shows_nothing_of(foreign, both.other(side), sent=side.path(pattern, both.other(side).ids))
    for word in WORDS:
        assert seen[word] >= FULL, "the pages do show something"


async def _forms(world: World, side: Side, browser: Browser) -> list[Form]:
    """Every form on a page of a side; all of them lead to that side."""
    found = {}
    for pattern in routes(world, "GET"):
        if pattern.endswith("/live"):
            continue
        page = await browser.get(side.path(pattern))
        for form in forms_of(page.text, page.path) if page.status == 200 else ():
            if form.method == "post" and form.action != "/log-out":
                assert form.action.startswith(f"{side.place}/"), (page.path, form.action)
                found[form.action, tuple(sorted(form.fields))] = form
    return sorted(found.values(), key=_most_harmful_last)


async def test_every_form_acts_where_its_page_is_and_nowhere_else(world: World, both: Both, browser: Browser) -> None:
    shown = {word: await _forms(world, both.sides[word], browser) for word in WORDS}
    moved = set()
    for number in range(max(map(len, shown.values()))):
        for word in WORDS:  # by turns again: each form was shown before the other side was touched
            if number >= len(shown[word]):
                continue
            side, form = both.sides[word], shown[word][number]
            other = both.other(side)
            before, own = await contents(world, other.app), await contents(world, side.app)
            fields = {name: values for name, values in form.fields.items() if name != "csrf"}
            answer = await browser.post(form.action, csrf=form.fields["csrf"][0], **fields)
            assert answer.status in (200, 303, 404, 422), (form.action, answer.words)
            if answer.location:
                assert answer.location.startswith((f"{side.place}/", "/portal/confirm")), answer.location
            shows_nothing_of(answer, other)
            assert await contents(world, other.app) == before, f"{form.action} changed {other.word}"
            if await contents(world, side.app) != own:
                moved.add((word, form.action.removeprefix(side.place).split("/")[1]))
    assert {("test", "bench"), ("test", "keys"), ("live", "keys"), ("test", "webhooks"), ("live", "webhooks")} <= moved


def _most_harmful_last(form: Form) -> tuple[int, str]:
    ends = [re.search(each, form.action) is not None for each in ("cancel", "delete", "revoke")]
    return (1 + ends.index(True) if any(ends) else 0, form.action)


async def test_an_object_of_the_other_environment_is_not_there_to_be_acted_on(
    world: World, both: Both, browser: Browser
) -> None:
    for pattern in routes(world, "POST"):
        if "{" not in pattern.removeprefix(PLACE):
            continue
        for word in WORDS:
            side = both.sides[word]
            before = [await contents(world, each.app) for each in both.sides.values()]
            path = side.path(pattern, both.other(side).ids)
            answer = await browser.post(path, code="412", outcome="approved", amount="1", overlap="0")
            assert answer.status == 404 or answer.location == f"{side.place}/keys", (path, answer.status, answer.words)
            assert [await contents(world, each.app) for each in both.sides.values()] == before, path


@pytest.mark.usefixtures("both")
async def test_a_key_made_in_one_window_is_of_that_windows_environment(browser: Browser) -> None:
    """What was seen: the button of a page of Test made a live key, since another window had turned to Live."""
    page = await browser.get("/portal/test/keys")
    (make,) = [form for form in forms_of(page.text, page.path) if form.action == "/portal/test/keys"]
    assert (await browser.get("/portal/live/keys")).status == 200
    made = await browser.post(make.action, csrf=make.fields["csrf"][0], shown_to=make.fields["shown_to"])
    shown = await browser.get(made.location or "")
    assert re.findall(r'<code id="key"[^>]*>([^<]+)<', shown.text)[0].startswith("sandbox_")


async def test_a_form_of_another_organisation_is_refused(world: World) -> None:
    """The same of two windows that show two organisations: the session knows one at a time."""
    platform = world.platform
    first, second = await new_organisation(platform, "First"), await new_organisation(platform, "Second")
    user = await enrolled_user(platform)
    await join(platform, user, first)
    await join(platform, user, second)
    async with open_browser(platform.settings.sandbox_origins[0], await session_of(platform, user)) as browser:
        await browser.post("/portal/organisation", organisation=str(first))
        page = await browser.get("/portal/test/keys")
        (make,) = [form for form in forms_of(page.text, page.path) if form.action == "/portal/test/keys"]
        sent = {"csrf": make.fields["csrf"][0], "shown_to": make.fields["shown_to"]}
        await browser.post("/portal/organisation", organisation=str(second))
        refused = await browser.post(make.action, **sent)
        assert (refused.status, "another organisation" in refused.words) == (403, True)
        part = await browser.get("/portal/test", **{"HX-Request": "true", "X-Organisation": str(first)})
        assert (part.text, part.headers["HX-Refresh"]) == ("", "true")
        await browser.post("/portal/organisation", organisation=str(first))
        assert (await browser.post(make.action, **sent)).status == 303
    async with platform.database.reading() as conn:
        rows = await conn.fetch("select a.organisation_id from api_keys k join apps a on a.id = k.app_id")
    made = [row["organisation_id"] for row in rows]
    assert (made.count(first), made.count(second)) == (1, 0)
