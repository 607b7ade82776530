"""What staff do in the office: each act once, by the operations that the commands call, and written into the trail."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from bitpesa.onboarding import operations as onboarding
from bitpesa.payments.compliance import sanction_lists
from bitpesa.payments.screening.list_files import read_file
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Entry, user
from bitpesa.tenants.organisations import operations as organisation_operations
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.users import queries as people
from tests.journeys.conftest import check_books
from tests.journeys.world import World, ok
from tests.web.backoffice.furnished import Furnished, furnish
from tests.web.backoffice.officers import ADMINISTRATOR, OPERATOR, at_work
from tests.web.kit.visiting import Browser, Shown, open_browser


@pytest.fixture
async def furnished(world: World) -> Furnished:
    return await furnish(world)


@pytest.fixture
async def operator(world: World) -> AsyncIterator[Browser]:
    async with at_work(world.platform, OPERATOR) as browser:
        await browser.get("/office")
        yield browser


@pytest.fixture
async def administrator(world: World) -> AsyncIterator[Browser]:
    async with at_work(world.platform, ADMINISTRATOR) as browser:
        await browser.get("/office")
        yield browser


async def newest(world: World) -> Entry:
    """What was done last, by one of staff with an account."""
    async with world.platform.database.reading() as conn:
        ((entry, *_), _) = await trail.list_page(conn, limit=1)
    assert entry.actor.kind == "staff"
    assert entry.actor.id is not None
    return entry


def sent(answer: Shown, done: str) -> None:
    assert (answer.status, (answer.location or "").rpartition("?done=")[2]) == (303, done), answer.words


async def test_a_sender_is_asked_for_more_rejected_reinstated_and_banned(
    world: World, furnished: Furnished, operator: Browser
) -> None:
    path = furnished.paths["sender"]
    page = await operator.get(path)
    assert "Approve" in page.words
    assert "passport" in page.words
    refused = await operator.post(path, decision="reject", reason="")
    assert (refused.status, "reason: Needed" in refused.words) == (422, True)
    for decision, done, state in (
        ("ask", "asked", "incomplete"),
        ("reject", "rejected", "rejected"),
        ("reinstate", "reinstated", "approved"),
        ("ban", "banned", "banned"),
    ):
        sent(await operator.post(path, decision=decision, reason=f"because {decision}"), done)
        entry = await newest(world)
        assert (entry.action, entry.reason) == (f"sender.{done}", f"because {decision}")
        assert entry.after["state"] == state
    assert (await operator.post(path, decision="approve")).status == 422
    assert (await operator.post(path, decision="promote")).status == 404


async def test_hits_are_dismissed_with_a_reason(world: World, furnished: Furnished, operator: Browser) -> None:
    path = furnished.paths["sender"]
    assert "names are like" in (await operator.get(path)).words
    assert (await operator.post(f"{path}/dismiss", reason="")).status == 422
    sent(await operator.post(f"{path}/dismiss", reason="born in another year"), "dismissed")
    assert (await newest(world)).action == "sender.hits_dismissed"
    assert "No matches" in (await operator.get("/office/senders/hits")).words
    assert (await operator.post(f"{path}/dismiss", reason="again")).status == 422


async def test_a_recipient_that_is_like_somebody_listed_is_found_and_cleared(world: World, operator: Browser) -> None:
    text = "id,schema,name,aliases\nn-1,Person,Tolibor Examplovsky Quandt,\n"
    file = read_file(text.encode(), "list.csv")
    await world.platform.database.run(sanction_lists.load_list, "mine", file, actor=user("amina"), sandbox_only=False)
    held = await world.funded(ok("00", first_name="Tolibor Examplovsky", last_name="Quandt"))
    assert held["state"] == "processing"
    matches = await operator.get("/office/senders/hits")
    path = f"/office/transactions/{world.app.id}/{held['id']}"
    assert ("Tolibor Examplovsky Quandt" in matches.words, path in matches.text) == (True, True)
    shown = await operator.get(path)
    assert "Potential sanctions match: Tolibor Examplovsky Quandt" in shown.words
    assert "False positive" in shown.words
    payout = f"/office/payouts/{world.app.id}/{held['recipients'][0]['id']}"
    assert (await operator.post(f"{payout}/false-positive", reason="")).status == 422
    sent(await operator.post(f"{payout}/false-positive", reason="born elsewhere"), "dismissed")
    assert (await newest(world)).action == "recipient.hits_dismissed"
    await world.drain()
    assert (await world.show(held))["state"] == "paid"
    assert "No matches" in (await operator.get("/office/senders/hits")).words


async def test_papers_are_opened_by_a_link_that_is_good_for_a_while(
    world: World, furnished: Furnished, operator: Browser
) -> None:
    document = furnished.waiting["documents"][0]["id"]
    path = f"/office/senders/{furnished.checked.id}/documents/{document}"
    link = (await operator.get(path)).location
    assert link is not None
    assert (await world.fetch_file(link))[0] == 200
    assert ((await newest(world)).action, (await newest(world)).object_id) == ("document.opened", document)
    other = f"/office/senders/{world.app.id}/documents/{document}"
    assert (await operator.get(other)).status == 404, "of another app"


async def test_a_held_transaction_is_released_and_another_refused(
    world: World, furnished: Furnished, operator: Browser
) -> None:
    path = furnished.paths["held transaction"]
    sent(await operator.post(f"{path}/release", reason="looked at it"), "released")
    assert ((await newest(world)).action, (await newest(world)).reason) == ("transaction.released", "looked at it")
    await world.drain()
    assert (await world.show(furnished.held))["state"] == "paid"
    again = await operator.post(f"{path}/release")
    assert (again.status, "not held" in again.words) == (422, True)
    assert (await operator.post(f"{path}/refuse", reason="late")).status == 422


async def test_the_money_of_a_held_transaction_goes_back_when_it_is_refused(
    world: World, furnished: Furnished, operator: Browser
) -> None:
    before = await world.balance("USD")
    path = furnished.paths["held transaction"]
    assert (await operator.post(f"{path}/refuse", reason=" ")).status == 422
    sent(await operator.post(f"{path}/refuse", reason="smells"), "refused")
    assert await world.balance("USD") == before + Decimal(str(furnished.held["input_amount"]))


async def test_a_transaction_is_marked_before_its_money_comes(world: World, operator: Browser) -> None:
    made = await world.transaction(ok("00"), external_id="T-9")
    path = f"/office/transactions/{world.app.id}/{made['id']}"
    sent(await operator.post(f"{path}/mark", reason="a first one"), "marked")
    await world.debit(made)
    assert (await world.show(made))["state"] == "processing"


async def test_a_stuck_payout_is_settled_by_the_word_of_staff(
    world: World, furnished: Furnished, operator: Browser
) -> None:
    page = await operator.get(furnished.paths["stuck transaction"])
    assert "a provider may have it" in page.words
    path = f"/office/payouts/{world.app.id}/{furnished.leg_id}"
    sent(await operator.post(f"{path}/retry"), "retried")
    refused = await operator.post(f"{path}/settle", ending="refunded", reason="asked the bank")
    assert (refused.status, "surely did not" in refused.words) == (422, True)
    assert (await operator.post(f"{path}/settle", ending="failed", code="", reason="why")).status == 422
    assert (await operator.post(f"{path}/settle", ending="lost", reason="why")).status == 404
    sent(await operator.post(f"{path}/settle", ending="paid", reason="the bank's letter"), "settled")
    assert (await newest(world)).action == "recipient.paid"
    assert (await world.show(furnished.stuck))["state"] == "paid"
    _, _, did = (await operator.get(furnished.paths["stuck transaction"])).words.partition("What staff did")
    assert "the bank's letter" in did, "what was done to a part of a payment was done to it"
    assert "Nothing was done by hand" not in did


async def test_a_mandate_is_noted_as_signed_and_what_waited_is_paid(
    world: World, furnished: Furnished, operator: Browser
) -> None:
    path = f"/office/mandates/{world.app.id}/{furnished.unsigned}"
    assert (await operator.post(path, status="failed", reason="")).status == 422
    sent(await operator.post(path, status="signed"), "ended")
    assert (await newest(world)).action == "mandate.signed"
    await world.drain()
    assert (await world.client.get(f"/mandates/{furnished.unsigned}")).object["status"] == "signed"
    assert "Nothing waits for a signature" in (await operator.get("/office/mandates")).words


async def test_surplus_money_is_noted_as_returned(world: World, furnished: Furnished, operator: Browser) -> None:
    transaction = furnished.surplus["id"]
    assert transaction in (await operator.get("/office/surplus")).words
    path = f"/office/transactions/{world.app.id}/{transaction}"
    assert "to be returned" in (await operator.get(path)).words
    sent(await operator.post(f"{path}/return", reason="sent by the bank"), "returned")
    assert (await newest(world)).action == "transaction.money_returned"
    assert transaction not in (await operator.get("/office/surplus")).words
    assert (await operator.post(f"{path}/return")).status == 422


async def test_an_organisation_is_let_in_or_hears_what_is_missing(world: World, administrator: Browser) -> None:
    asking = user("ada@example.com")
    path = f"/office/organisations/{world.app.organisation_id}"
    ask = onboarding.ask_for_live
    await world.platform.database.run(ask, world.app.organisation_id, world.app, actor=asking, reason="in a hurry")
    assert "live access" in (await administrator.get("/office/organisations")).words
    assert (await administrator.post(f"{path}/return", answer="")).status == 422
    sent(await administrator.post(f"{path}/return", answer="no failures handled"), "given_back")
    await world.platform.database.run(ask, world.app.organisation_id, world.app, actor=asking, reason="done now")
    sent(await administrator.post(f"{path}/approve", answer="welcome"), "let_in")
    assert (await newest(world)).action == "live_request.approved"
    async with world.platform.database.reading() as conn:
        apps = await organisations.list_apps(conn, world.app.organisation_id)
    assert [app.environment for app in apps] == ["sandbox", "live"]
    assert (await administrator.post(f"{path}/approve")).status == 422


async def test_switches_and_corridors_of_an_app_are_set(world: World, administrator: Browser) -> None:
    path = f"/office/apps/{world.app.id}"
    sent(await administrator.post(f"{path}/settings", name="fee_rate", value="0.03"), "set")
    entry = await newest(world)
    assert (entry.action, entry.before, entry.after) == (
        "app.settings_changed",
        {"fee_rate": "0"},
        {"fee_rate": "0.03"},
    )
    for name, value in (("fee_rate", "7"), ("fee_rate", "much"), ("nothing", "1"), ("kyc_mode", "maybe")):
        assert (await administrator.post(f"{path}/settings", name=name, value=value)).status == 422, (name, value)
    sent(await administrator.post(f"{path}/settings", name="kyc_mode", value="approval"), "set")
    for wanted, closed, opened in (
        ("closed", ("NGN::Bank",), ()),
        ("open", (), ("NGN::Bank",)),
        ("common", (), ()),
    ):
        sent(await administrator.post(f"{path}/corridors", corridor="NGN::Bank", wanted=wanted), "set")
        settings = await settings_of(world)
        assert (settings.closed_corridors, settings.open_corridors) == (closed, opened)
    assert (await administrator.post(f"{path}/corridors", corridor="XXX::Bank", wanted="open")).status == 404
    assert str((await settings_of(world)).fee_rate) == "0.03"


async def settings_of(world: World) -> Any:
    async with world.platform.database.reading() as conn:
        app = await organisations.find_app(conn, world.app.id)
    assert app is not None
    return app.settings


async def test_an_app_is_shut_out_and_its_keys_end(world: World, administrator: Browser) -> None:
    path = f"/office/apps/{world.app.id}"
    sent(await administrator.post(f"{path}/shut-out", become="disabled", reason="unpaid bills"), "set")
    assert (await newest(world)).reason == "unpaid bills"
    assert (await world.client.get("/accounts")).status == 401
    sent(await administrator.post(f"{path}/shut-out", become="enabled"), "set")
    assert (await world.client.get("/accounts")).status == 200
    async with world.platform.database.reading() as conn:
        (key,) = await organisations.list_keys(conn, world.app.id)
    assert (await administrator.post(f"{path}/keys/{uuid4()}/revoke")).status == 404
    sent(await administrator.post(f"{path}/keys/{key.id}/revoke", reason="leaked"), "set")
    assert (await world.client.get("/accounts")).status == 401


async def test_a_key_that_waits_is_enabled(world: World, administrator: Browser) -> None:
    key, _ = await world.platform.database.run(
        organisation_operations.create_key, world.platform.vault, world.app.id, enabled=False
    )
    sent(await administrator.post(f"/office/apps/{world.app.id}/keys/{key.id}/enable"), "set")
    assert (await newest(world)).action == "api_key.enabled"
    async with world.platform.database.reading() as conn:
        assert all(each.is_active for each in await organisations.list_keys(conn, world.app.id))


async def test_a_user_of_a_client_is_shut_out_and_helped(
    world: World, furnished: Furnished, administrator: Browser
) -> None:
    path = f"/office/users/{furnished.user.id}"
    for act, check in (
        ("disable", lambda each: each.disabled_at is not None),
        ("enable", lambda each: each.disabled_at is None),
        ("reset-mfa", lambda each: not each.has_second_factor),
    ):
        sent(await administrator.post(path, act=act), "done")
        async with world.platform.database.reading() as conn:
            found = (await people.find_users(conn, [furnished.user.id]))[furnished.user.id]
        assert check(found), act
    async with world.platform.database.reading() as conn:
        staff_id = (await people.list_staff(conn))[0].id
    assert (await administrator.get(f"/office/users/{staff_id}")).status == 404
    assert (await administrator.post(f"/office/users/{staff_id}", act="disable")).status == 404


async def test_a_rate_is_set_and_what_it_was_is_kept(world: World, administrator: Browser) -> None:
    sent(await administrator.post("/office/rates/NGN", units="430.25", quoted="units"), "set")
    entry = await newest(world)
    assert (entry.before, entry.after) == ({"units": "400/1"}, {"units": "430.25/1"})
    sent(await administrator.post("/office/rates/GBP", units="1.30", quoted="inverse"), "set")
    page = await administrator.get("/office/rates/NGN")
    assert "430.25" in page.words
    assert "polyline" in page.text
    assert [cell in page.words for cell in ("400", "operator", "journey")] == [True, True, True]
    for units in ("0", "-1", "x", "", "1,530.25", "430,25", "4 30"):
        assert (await administrator.post("/office/rates/NGN", units=units)).status == 422, units
    assert (await administrator.get("/office/rates/USD")).status == 404
    assert (await administrator.get("/office/rates/XXX")).status == 404


async def test_the_books_are_shown_and_exported(world: World, furnished: Furnished, operator: Browser) -> None:
    await check_books(world.platform.database)
    exported = await operator.post("/office/books/export")
    assert exported.headers["Content-Disposition"].startswith('attachment; filename="bitpesa-sandbox-')
    live = await operator.post("/office/books/export", environment="live")
    assert live.headers["Content-Disposition"].startswith('attachment; filename="bitpesa-live-')
    assert "account" not in live.text
    assert (await operator.post("/office/books/export", environment="both")).status == 404
    assert "Trial balance of sandbox: play money" in (await operator.get("/office/books")).words
    of_live = await operator.get("/office/books?environment=live")
    assert "Nothing was posted yet" in of_live.words
    assert ("Books of live" in of_live.words, 'name="environment" value="live"' in of_live.text) == (True, True)
    assert exported.text.count("commodity") > 3
    assert (await newest(world)).action == "books.exported"
    statement = await operator.get(f"/office/books/{world.app.id}/balance/USD")
    assert "deposit" in statement.words
    assert (await operator.get(f"/office/books/{world.app.id}/pocket/USD")).status == 404
    assert "entries" in (await operator.get(furnished.paths["account"])).text.casefold()


async def test_the_trail_is_filtered(furnished: Furnished, operator: Browser) -> None:
    await operator.post(furnished.paths["sender"], decision="ask", reason="the back side")
    everything = await operator.get("/office/trail")
    assert "deposit.proposed" in everything.words
    only = await operator.get(f"/office/trail?object={furnished.waiting['id']}")
    assert "sender.asked" in only.words
    assert "deposit.proposed" not in only.words
    for query in ("kind=user", "who=nobody", "action=x", f"app={uuid4()}", "from=2999-01-01"):
        assert "Nothing matches" in (await operator.get(f"/office/trail?{query}")).words, query
    for query in ("kind=x", "app=x", "from=x", "page=x", "page=-1", "page=99999999999"):
        assert (await operator.get(f"/office/trail?{query}")).status == 200, query


async def test_what_does_not_exist_is_not_there(world: World, operator: Browser) -> None:
    nowhere = [
        f"/office/senders/{uuid4()}/{uuid4()}",
        f"/office/senders/{world.app.id}/{uuid4()}",
        f"/office/senders/{world.app.id}/x",
        f"/office/transactions/{world.app.id}/{uuid4()}",
        "/office/apps/x",
        "/office/organisations/x",
        f"/office/users/{uuid4()}",
        f"/office/balances/{uuid4()}",
        f"/office/books/{uuid4()}",
    ]
    for path in nowhere:
        assert (await operator.get(path)).status == 404, path


async def test_a_code_opens_what_asks_for_one(world: World) -> None:
    async with at_work(world.platform, OPERATOR, fresh=False) as browser:
        page = await browser.get(f"/office/balances/{world.app.id}")
        assert "Give a new code" in page.words
        assert "Move it" not in page.words
        wrong = await browser.post("/office/confirm", code="000000", next="/office/held")
        assert wrong.status == 422


async def test_log_in_leads_to_pages_of_the_office_alone(world: World) -> None:
    async with open_browser(world.platform.settings.sandbox_origins[0]) as stranger:
        for wanted in ("/portal", "//evil.example", "/officer", "https://evil.example/office"):
            page = await stranger.get(f"/office/log-in?next={wanted}")
            assert 'name="next" value="/office"' in page.text, wanted
        page = await stranger.get("/office/log-in?next=/office/held")
        assert 'name="next" value="/office/held"' in page.text


async def test_queues_count_what_waits(furnished: Furnished, operator: Browser) -> None:
    words = (await operator.get("/office")).words
    for tile in (
        "Senders to check",
        "Potential sanctions matches",
        "Held transactions",
        "Payouts needing people",
        "Movements to confirm",
        "Surplus to return",
        "Unsigned mandates",
    ):
        assert f"{tile} 0 and 1 in the sandbox" in words, tile
    assert furnished.paths["held transaction"] in (await operator.get("/office/held")).text
