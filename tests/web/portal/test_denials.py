"""Who may not: without a permission, on the live side, in another organisation, without a form of ours."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from bitpesa.payments.transactions import queries as transactions
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from tests.journeys.collecting import XOF, to_balance
from tests.journeys.serving import serving
from tests.journeys.test_09_documents import PNG, data_uri
from tests.journeys.world import PERSON, World, ok
from tests.web.kit.visiting import Browser, open_browser, signed_in
from tests.web.portal.furnished import Furnished, furnish

OPEN = ["dashboard", "paid", "failed", "unfunded", "fund", "cancel", "senders", "sender", "reports", "bench"]
OPEN += ["collected", "cancel payin", "bench collect"]
BY_PERMISSION = {
    Permission.WEBHOOKS_READ: ["webhooks", "webhook", "attempt"],
    Permission.WEBHOOKS_WRITE: ["delete"],
    Permission.LOGS_READ: ["logs", "log", "webhook logs"],
    Permission.PERSONAL_DATA_READ: ["edit", "edit payin"],
}


@pytest.fixture
async def furnished(world: World) -> Furnished:
    return await furnish(world)


@pytest.fixture
async def member(world: World) -> AsyncIterator[Browser]:
    """Somebody without any permission."""
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        yield browser


async def statuses(browser: Browser, furnished: Furnished, names: list[str]) -> dict[str, int]:
    return {name: (await browser.get(furnished.paths[name])).status for name in names}


async def test_without_any_permission_payments_and_reports_are_open_and_nothing_else(
    furnished: Furnished, member: Browser
) -> None:
    assert await statuses(member, furnished, OPEN) == dict.fromkeys(OPEN, 200)
    for names in BY_PERMISSION.values():
        assert await statuses(member, furnished, names) == dict.fromkeys(names, 403)


@pytest.mark.parametrize("permissions", [(), None], ids=["without any permission", "administrator"])
async def test_no_page_leads_to_one_that_is_closed_or_not_there(
    world: World, furnished: Furnished, permissions: tuple[Permission, ...] | None
) -> None:
    await world.client.delete(f"/webhooks/{world.webhook['id']}")
    async with signed_in(world.platform, world.app.organisation_id, permissions) as browser:
        led: dict[str, str] = {}
        for page in [*(furnished.paths[name] for name in OPEN), "/portal/onboarding"]:
            for path in re.findall(r'href="(/portal[^"#]*)"', (await browser.get(page)).text):
                led.setdefault(html.unescape(path), page)
        assert len(led) > 10
        closed = {path: page for path, page in led.items() if (await browser.get(path)).status >= 400}
    assert not closed


@pytest.mark.parametrize("permission", list(BY_PERMISSION))
async def test_a_permission_opens_its_pages_and_no_others(
    world: World, furnished: Furnished, permission: Permission
) -> None:
    async with signed_in(world.platform, world.app.organisation_id, [permission]) as browser:
        for needed, names in BY_PERMISSION.items():
            expected = 200 if needed is permission else 403
            assert await statuses(browser, furnished, names) == dict.fromkeys(names, expected)


async def test_who_may_only_read_webhooks_changes_none(world: World, furnished: Furnished) -> None:
    path, attempt = furnished.paths["webhook"], furnished.paths["attempt"]
    async with signed_in(world.platform, world.app.organisation_id, [Permission.WEBHOOKS_READ]) as browser:
        assert "Send a test event" not in (await browser.get(path)).words
        tried = [
            ("/portal/test/webhooks", {"url": world.receiver.url, "events": ["transaction.created"]}),
            (f"{path}/test", {}),
            (f"{path}/enable", {}),
            (f"{path}/delete", {}),
            (f"{path}/replay", {"from": "2026-03-01"}),
            (f"{attempt}/retry", {}),
        ]
        for where, fields in tried:
            assert (await browser.post(where, **fields)).status == 403, where
    assert [each["id"] for each in (await world.client.get("/webhooks")).object] == [world.webhook["id"]]


async def test_nobody_sees_what_belongs_to_another_organisation(world: World, furnished: Furnished) -> None:
    other, _ = await world.open_app()
    about_one = "paid failed unfunded fund cancel edit sender webhook delete attempt log collected".split()
    about_one += ["edit payin", "cancel payin"]
    async with signed_in(world.platform, other.organisation_id) as stranger:
        for name in about_one:
            assert (await stranger.get(furnished.paths[name])).status == 404, name
        leg = furnished.failed["recipients"][0]["id"]
        assert (await stranger.post(f"/portal/test/recipients/{leg}/cancel")).status == 404
        method = furnished.collected["payin_methods"][0]["id"]
        for act in ("edit", "cancel", "retry"):
            assert (await stranger.post(f"/portal/test/payin_methods/{method}/{act}")).status == 404
        for act in ("payment", "clear", "answer"):
            path = f"/portal/test/bench/payin_methods/{method}/{act}"
            assert (await stranger.post(path, amount="1", code="412")).status == 404
        assert (
            await stranger.post(f"/portal/test/bench/transactions/{furnished.collected['id']}/return")
        ).status == 404
        assert (await stranger.post(f"{furnished.paths['unfunded']}/fund")).status == 404
        assert (await stranger.post(f"{furnished.paths['webhook']}/delete")).status == 404
    assert (await world.show(furnished.failed))["state"] == "received"
    assert (await world.show(furnished.unfunded))["state"] == "approved"


async def test_a_form_that_is_not_ours_does_nothing(world: World, furnished: Furnished) -> None:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        leg = furnished.failed["recipients"][0]["id"]
        for path in (
            f"{furnished.paths['unfunded']}/fund",
            f"/portal/test/recipients/{leg}/cancel",
            "/portal/test/bench",
        ):
            assert (await browser.post(path, csrf="0" * 64)).status == 403
        method = furnished.collected["payin_methods"][0]["id"]
        of_payin = [f"/portal/test/payin_methods/{method}/{act}" for act in ("edit", "cancel", "retry")]
        of_payin += [f"/portal/test/bench/payin_methods/{method}/{act}" for act in ("payment", "clear", "answer")]
        for path in (*of_payin, "/portal/test/bench/collections"):
            assert (await browser.post(path, csrf="0" * 64, amount="1", code="412")).status == 403
        assert (await world.show(furnished.collected))["payin_methods"][0]["state"] == "error"
    assert (await world.show(furnished.unfunded))["state"] == "approved"


async def test_strangers_are_sent_to_log_in(world: World, furnished: Furnished) -> None:
    async with open_browser(world.platform.settings.sandbox_origins[0]) as stranger:
        for path in furnished.paths.values():
            answer = await stranger.get(path)
            assert answer.status == 303
            assert (answer.location or "").startswith("/log-in")


async def live_of(world: World) -> App:
    """The live app of the organisation, with a payment that waits for money."""

    async def make(work: Any) -> App:
        settings = world.app.settings
        return await organisations.create_app(work, world.app.organisation_id, "live", settings)

    return await world.platform.database.run(make)


async def test_before_live_there_is_nothing_to_see_there(member: Browser) -> None:
    assert "You are not live yet" in (await member.get("/portal/live")).words
    assert "You are not live yet" in (await member.get("/portal/live/senders")).words
    assert "Checks" in (await member.get("/portal/onboarding")).words


async def test_real_money_is_moved_by_administrators_only(world: World) -> None:
    app = await live_of(world)
    await world.give("1000", "USD", app)
    bank = world.platform.providers.for_payout("NGN::Bank", "sandbox")
    asked = {"input_currency": "USD", "sender": PERSON, "recipients": [ok("00")]}
    async with serving(world, app=app, providers=Providers(named={("live", "NGN::Bank"): bank})) as client:
        created = (await client.post("/transactions", {"transaction": asked})).object
    leg = created["recipients"][0]["id"]
    moves = [f"/portal/live/transactions/{created['id']}/fund", f"/portal/live/recipients/{leg}/cancel"]
    async with signed_in(world.platform, world.app.organisation_id, list(Permission)) as member:
        page = await member.get(f"/portal/live/transactions/{created['id']}")
        assert page.status == 200
        assert "Pay from balance" not in page.words
        assert "Test bench" not in page.words
        for path in (*moves, f"/portal/live/recipients/{leg}/edit"):
            assert (await member.get(path)).status == 403
            assert (await member.post(path)).status == 403
        for path in (
            "/portal/live/bench",
            f"/portal/live/bench/transactions/{created['id']}/payout",
            "/portal/live/bench/clock",
        ):
            assert (await (member.get if path == "/portal/live/bench" else member.post)(path)).status == 404
    assert await state_of(world, app, created["id"]) == "approved"
    async with signed_in(world.platform, world.app.organisation_id) as administrator:
        assert (await administrator.post(moves[0])).location == f"/portal/live/transactions/{created['id']}?done=funded"
    assert await state_of(world, app, created["id"]) == "received"


async def test_collections_of_live_are_changed_by_administrators_only(world: World) -> None:
    app = await live_of(world)
    payer = world.platform.providers.for_payin("XOF::Mobile", "sandbox")
    assert payer is not None
    method = {"type": "XOF::Mobile", "in_details": {name: value for name, value in XOF.items() if name != "type"}}
    asked = {"input_currency": "XOF", "sender": PERSON, "recipients": to_balance(300), "payin_methods": [method]}
    bank = world.platform.providers.for_payout("USD::Balance", "sandbox")
    assert bank is not None
    named = Providers(named={("live", "USD::Balance"): bank}, named_to_collect={("live", "XOF::Mobile"): payer})
    async with serving(world, app=app, providers=named) as client:
        answer = await client.post("/transactions", {"transaction": asked})
    assert answer.status == 201, answer.body
    (made,) = answer.object["payin_methods"]
    async with signed_in(world.platform, world.app.organisation_id, list(Permission)) as member:
        page = await member.get(f"/portal/live/transactions/{answer.object['id']}")
        assert "XOF::Mobile ussd_popup" in page.words
        assert f"/payin_methods/{made['id']}" not in page.text
        for act in ("edit", "cancel", "retry"):
            assert (await member.post(f"/portal/live/payin_methods/{made['id']}/{act}")).status == 403
        for act in ("edit", "cancel"):
            assert (await member.get(f"/portal/live/payin_methods/{made['id']}/{act}")).status == 403
        for act in ("payment", "clear", "answer"):
            assert (await member.post(f"/portal/live/bench/payin_methods/{made['id']}/{act}")).status == 404
        assert (await member.get("/portal/live/bench/collections")).status == 404
        assert (await member.post(f"/portal/live/bench/transactions/{answer.object['id']}/return")).status == 404
    async with signed_in(world.platform, world.app.organisation_id) as administrator:
        done = await administrator.post(f"/portal/live/payin_methods/{made['id']}/cancel")
        assert (done.location or "").endswith("?done=payin_canceled")


async def state_of(world: World, app: App, transaction_id: str) -> str:
    async with world.platform.database.reading() as conn:
        return (await transactions.find(conn, app.id, UUID(transaction_id))).transaction.state


async def test_documents_and_asking_for_live_are_not_for_every_member(world: World, member: Browser) -> None:
    upload = {"upload": data_uri(PNG, "image/png"), "upload_file_name": "passport.png"}
    sender = {**PERSON, "external_id": "S-9", "documents": [upload]}
    created = (await world.client.post("/senders", {"sender": sender})).object
    path = f"/portal/test/senders/documents/{created['documents'][0]['id']}"
    page = await member.get(f"/portal/test/senders/{created['id']}")
    assert "passport.png" not in page.words
    assert path not in page.text
    assert (await member.get(path)).status == 403
    assert (await member.post("/portal/onboarding", reason="please")).status == 403
    async with signed_in(world.platform, world.app.organisation_id) as administrator:
        assert path in (await administrator.get(f"/portal/test/senders/{created['id']}")).text
        link = (await administrator.get(path)).location
        assert link is not None
        assert (await world.fetch_file(link))[0] == 200
