"""Test and Live of one organisation in two windows of one browser: neither ever shows or changes the other."""

import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from starlette.routing import Route

from bitpesa.organisations import operations as organisations
from bitpesa.organisations.model import App
from bitpesa.portal.application import make_portal
from bitpesa.portal.visitor import PLACE
from bitpesa.providers.registry import Providers
from bitpesa.reports import operations as reports
from bitpesa.reports import queries as report_queries
from bitpesa.reports.model import ReportType
from bitpesa.reports.period import Cadence, period_at
from bitpesa.webhooks import operations as webhooks
from tests.journeys.collecting import XOF, to_balance
from tests.journeys.serving import serving
from tests.journeys.test_09_documents import PNG, data_uri
from tests.journeys.world import PERSON, World, ok
from tests.pages.visiting import (
    Browser,
    Shown,
    enrolled_user,
    join,
    new_organisation,
    open_browser,
    session_of,
    signed_in,
)
from tests.portal.forms import Form, forms_of

WORDS = ("test", "live")

FULL = {"", "/transactions/{id}", "/senders", "/senders/{id}", "/webhooks", "/webhooks/{id}", "/logs", "/logs/{id}"} | {
    "/logs/webhooks",
    "/reports/{rest:path}",
    "/keys",
    "/keys/{key_id}",
}
"""Pages that show what is of one side only."""


class Side(msgspec.Struct):
    """One environment: its app, what only it may show, and an object for each kind of address."""

    word: str
    app: App
    marks: list[str]
    ids: dict[str, str]

    @property
    def place(self) -> str:
        return f"/portal/{self.word}"

    def path(self, pattern: str, ids: "dict[str, str] | None" = None) -> str:
        """The address of a page of this side, about one of its own objects or of others'."""
        known = self.ids if ids is None else ids
        section = pattern.removeprefix(PLACE).removeprefix("/")
        kind = max((each for each in known if section.startswith(each)), key=len, default="")
        rest = section.replace("{id}", known.get(kind, "")).replace("{key_id}", known.get(kind, ""))
        rest = rest.replace("{rest:path}", known.get("reports", ""))
        return f"{self.place}/{rest}".rstrip("/")


class Both(msgspec.Struct):
    """The two sides, by their words."""

    sides: dict[str, Side]

    def other(self, side: Side) -> Side:
        return next(each for each in self.sides.values() if each is not side)


async def _side(world: World, word: str, app: App) -> Side:
    """Let everything exist once on a side: each text of it says which side it is."""
    mark = f"ONLY-{word.upper()}"
    bank, payer = (find("XOF::Mobile", "sandbox") for find in (_bank(world), world.platform.providers.for_payin))
    named = {(app.environment, each): _bank(world)("NGN::Bank", "sandbox") for each in ("NGN::Bank", "USD::Balance")}
    providers = Providers(named=named, named_to_collect={(app.environment, "XOF::Mobile"): payer})
    assert bank is not None
    upload = {"upload": data_uri(PNG, "image/png"), "upload_file_name": f"{mark}.png"}
    person = {**PERSON, "external_id": f"S-{mark}", "last_name": f"Sender{mark}", "documents": [upload]}
    await world.give("77.00", "GBP" if word == "test" else "EUR", app)
    await world.give("500.00", "USD", app)
    async with serving(world, app=app, providers=providers) as client:
        sender = await client.post("/senders", {"sender": person})
        assert sender.status == 201, sender.body
        paying = {"external_id": f"T-{mark}", "input_currency": "USD", "sender": {"external_id": f"S-{mark}"}}
        legs = [ok("00", last_name=f"Payee{mark}")]
        paid = await client.post("/transactions", {"transaction": {**paying, "recipients": legs}})
        assert paid.status == 201, paid.body
        method = {"type": "XOF::Mobile", "in_details": {name: value for name, value in XOF.items() if name != "type"}}
        asked = {**paying, "external_id": f"C-{mark}", "input_currency": "XOF", "recipients": to_balance(300)}
        collected = await client.post("/transactions", {"transaction": {**asked, "payin_methods": [method]}})
        assert collected.status == 201, collected.body
        await client.get(f"/senders?external_id=S-{mark}")
    await world.write_log()
    key, _ = await world.platform.database.run(organisations.create_key, world.platform.vault, app.id)
    hears = {"url": f"https://example.com/{mark}", "events": ["transaction.created"]}
    webhook = await world.platform.database.run(webhooks.register, app, key.id, hears, allow_private=False)
    async with world.platform.database.reading() as conn:  # an attempt that goes nowhere outside: live refuses it
        await conn.execute("update webhooks set url = $1 where id = $2", f"{world.receiver.url}&{mark}", webhook.id)
    await world.platform.database.run(webhooks.send_test, app.id, webhook.id)
    await world.drain()
    month = period_at(Cadence.MONTHLY, await world.now(app))
    await world.platform.database.run(reports.make, app.id, ReportType.TRANSACTION, month)
    await world.write_log()
    recipient, payin = paid.object["recipients"][0]["id"], collected.object["payin_methods"][0]["id"]
    ids = {
        "transactions": paid.object["id"],
        "recipients": recipient,
        "payin_methods": payin,
        "senders": sender.object["id"],
        "senders/documents": sender.object["documents"][0]["id"],
        "webhooks": str(webhook.id),
        "webhooks/attempts": await _first(world, app, "webhook_logs"),
        "logs": await _first(world, app, "api_logs"),
        "logs/webhooks": await _first(world, app, "webhook_logs"),
        "keys": str(key.id),
        "bench/transactions": paid.object["id"],
        "bench/payin_methods": payin,
        "bench/senders": sender.object["id"],
        "reports": await _report(world, app),
    }
    return Side(
        word, app, [mark, *{each for each in ids.values() if re.fullmatch(r"[0-9a-f-]{36}", each)}, key.key], ids
    )


def _bank(world: World) -> Any:
    return world.platform.providers.for_payout


async def _first(world: World, app: App, table: str) -> str:
    async with world.platform.database.reading() as conn:
        found = await conn.fetchval(f"select id from {table} where app_id = $1 limit 1", app.id)  # noqa: S608 - ours
        assert found, table
        return str(found)


async def _report(world: World, app: App) -> str:
    async with world.platform.database.reading() as conn:
        (path,) = await report_queries.list_paths(conn, app)
    return f"{path.period.cadence}/{path.file_name}"


@pytest.fixture
async def both(world: World) -> Both:
    async def make(work: Any) -> App:
        settings = msgspec.structs.replace(world.app.settings, kyc_mode="waived")
        return await organisations.create_app(work, world.app.organisation_id, "live", settings)

    live = await world.platform.database.run(make)
    return Both({"test": await _side(world, "test", world.app), "live": await _side(world, "live", live)})


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        yield browser


def routes(world: World, method: str) -> list[str]:
    """The addresses of an environment that answer a method."""
    portal = make_portal(world.platform, dict)
    return [
        each.path
        for each in portal.routes
        if isinstance(each, Route) and each.path.startswith(PLACE) and method in (each.methods or ())
    ]


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
