"""Scenario 39, another e-mail address: with the password and the second factor, confirmed there, stopped from here."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bitpesa.tenants.users.model import User
from bitpesa.web.kit.cookies import OFFICE
from bitpesa.wiring import Platform
from tests.journeys.people import PASSWORD, Person, Town, open_town
from tests.web.backoffice.officers import at_work, forget_code, officer
from tests.web.kit.visiting import Browser, Shown, open_browser

NEW = "ada@elsewhere.example"
FORM = "/portal/account/address"


@pytest.fixture
async def town(fresh_database_url: str) -> AsyncIterator[Town]:
    async with open_town(fresh_database_url) as town:
        yield town


async def ask(person: Person, email: str = NEW, known: str = PASSWORD) -> Shown:
    """Ask for another address."""
    return await person.browser.post(FORM, email=email, known=known)


async def again(town: Town, person: Person) -> Person:
    """The same person at another device, logged in."""
    other = await town.somebody(person.email)
    other.secret, other._last_step = person.secret, person._last_step
    await other.log_in()
    person._last_step = other._last_step
    return other


async def address_of(town: Town) -> list[str]:
    return [row["email"] for row in await town.execute("select email from users order by created_at")]


async def subjects(town: Town, email: str) -> list[str]:
    return [each.subject for each in await town.mail_to(email)]


async def is_inside(browser: Browser) -> bool:
    return (await browser.get("/portal/account")).status == 200


# -- the way it goes


async def test_an_address_is_changed_once_the_new_one_confirms(town: Town) -> None:
    ada = await town.founder()
    other = await again(town, ada)
    assert "New e-mail address" in (await ada.browser.get(FORM)).words
    assert (await ask(ada, " Ada@Elsewhere.Example ")).location == "/portal/account"
    account = await ada.browser.get("/portal/account")
    assert f"To become {NEW}" in account.words
    assert await address_of(town) == [ada.email], "nothing is changed before it is confirmed"
    assert await subjects(town, ada.email) == ["Your e-mail address is to be changed", "Confirm your e-mail address"]

    link = await town.link_to(NEW, "/new-address/")
    assert NEW in (await ada.browser.get(link)).words
    assert await address_of(town) == [ada.email], "looking at the link changes nothing"
    before = ada.browser.token
    confirmed = await ada.browser.post(link)
    assert confirmed.location == "/portal/account?done=address"
    assert await address_of(town) == [NEW]
    shown = await ada.browser.get("/portal/account?done=address")
    assert "Your address is changed" in shown.words
    assert NEW in shown.words
    assert ada.browser.token != before
    assert not await is_inside(await town.browser(before))
    assert not await is_inside(other.browser), "other devices are logged out"
    assert (await subjects(town, ada.email))[0] == "Your e-mail address was changed"

    stranger = await town.browser()
    await stranger.get("/log-in")
    assert (await stranger.post("/log-in", email=ada.email, password=PASSWORD)).status == 422
    ada.email = NEW
    await ada.browser.post("/log-out")
    await ada.browser.get("/log-in")
    await ada.log_in()
    (line,) = await town.execute("select * from audit_trail where action = 'user.address_changed'")
    assert line["actor"] == "ada@example.com"
    assert (line["before"], line["after"]) == ({"email": "ada@example.com"}, {"email": NEW})


async def test_the_links_are_kept_as_hashes(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ask(ada)
    (row,) = await town.execute("select * from address_changes")
    for email, path in ((NEW, "/new-address/"), (ada.email, "/keep-address/")):
        token = (await town.link_to(email, path)).rpartition("/")[2]
        assert token not in str(row)


async def test_invitations_stay_with_the_address_that_they_were_made_to(town: Town) -> None:
    boss = await town.founder("boss@example.com")
    ada = await town.user("ada@example.com")
    await boss.browser.post("/portal/people/invite", email=ada.email)
    former = await town.link_to(ada.email, "/invitations/")
    await ask(ada)
    await ada.browser.post(await town.link_to(NEW, "/new-address/"))
    assert "You are invited" not in (await ada.browser.get("/portal/organisations")).words
    heir = await town.user("ada@example.com")
    assert "You are invited to Nairobi Exports" in (await heir.browser.get("/portal/organisations")).words
    assert (await ada.browser.post(f"/portal{former}")).status == 403, "and another address voids it, as ever"
    await boss.browser.post("/portal/people/invite", email=NEW)
    assert "You are invited to Nairobi Exports" in (await ada.browser.get("/portal/organisations")).words
    latest = await town.link_to(NEW, "/invitations/")
    assert (await ada.browser.post(f"/portal{latest}")).location == "/portal"


async def test_an_invitation_to_the_new_address_of_a_member_gives_nothing_twice(town: Town) -> None:
    boss = await town.founder("boss@example.com")
    ada = await town.member(boss, "ada@example.com", "Logs/Read")
    await boss.browser.post("/portal/people/invite", email=NEW, permissions=["Api Keys/Read"])
    await ask(ada)
    await ada.browser.post(await town.link_to(NEW, "/new-address/"))
    await ada.browser.post(f"/portal{await town.link_to(NEW, '/invitations/')}")
    (row,) = await town.execute("select permissions from members where not is_administrator")
    assert row["permissions"] == ["Logs/Read"]


async def test_what_was_sent_to_the_old_address_to_replace_the_password_is_no_good_any_more(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ada.browser.post("/lost-password", email=ada.email)
    lost = await town.link_to(ada.email, "/lost-password/")
    await ask(ada)
    await ada.browser.post(await town.link_to(NEW, "/new-address/"))
    assert (await ada.browser.get(lost)).status == 404
    assert (await ada.browser.post(lost, password="another horse battery")).status == 404


async def test_whoever_signed_up_for_the_new_address_meanwhile_gets_nothing(town: Town) -> None:
    eve = await town.somebody(NEW)
    await eve.browser.post("/sign-up", name="Eve", email=NEW, password="the password of eve")
    link = await town.link_to(NEW, "/sign-up/")
    ada = await town.user("ada@example.com")
    await ask(ada)
    await ada.browser.post(await town.link_to(NEW, "/new-address/"))
    assert (await eve.browser.post(link, password="the password of eve")).status == 404
    assert await address_of(town) == [NEW]


# -- who may not


async def test_it_takes_the_password_and_a_code_given_lately(town: Town) -> None:
    ada = await town.user("ada@example.com")
    wrong = await ask(ada, known="a wrong guess")
    assert (wrong.status, "This does not look right" in wrong.words) == (422, True)
    assert f'value="{NEW}"' in wrong.text
    assert "a wrong guess" not in wrong.text
    assert (await ask(ada, known="")).status == 422
    assert (await ada.browser.post(FORM, email=NEW, known=PASSWORD, csrf="0" * 64)).status == 403
    await town.execute("update sessions set second_factor_at = clock_timestamp() - interval '11 minutes'")
    assert (await ada.browser.get(FORM)).location == f"/portal/confirm?next={FORM}"
    assert (await ask(ada)).location == "/portal/confirm?next=/portal/account"
    stranger = await town.somebody("eve@example.com")
    assert (await stranger.browser.get(FORM)).location == f"/log-in?next={FORM}"
    assert (await ask(stranger)).location == "/log-in"
    assert await town.execute("select * from address_changes") == []
    assert await town.mail_to(NEW) == []


async def test_guesses_at_the_password_are_counted(town: Town) -> None:
    ada = await town.user("ada@example.com")
    for _ in range(5):
        assert (await ask(ada, known="a wrong guess")).status == 422
    assert (await ask(ada)).status == 422, "the right one comes too late"
    assert await town.execute("select * from address_changes") == []
    await town.execute("update failed_tries set locked_until = clock_timestamp()")
    assert (await ask(ada)).status == 303


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Please fill this in"),
        ("no address", "This does not look right"),
        ("ADA@example.com", "This is your address already"),
    ],
)
async def test_what_is_no_new_address_is_said(town: Town, email: str, words: str) -> None:
    ada = await town.user("ada@example.com")
    answer = await ask(ada, email)
    assert (answer.status, words in answer.words) == (422, True)
    assert await town.execute("select * from address_changes") == []


async def test_an_address_in_use_is_answered_as_any_other_and_its_owner_is_told(town: Town) -> None:
    bob = await town.user("bob@example.com")
    seen = []
    for number, email in enumerate((bob.email, "free@example.com")):
        ada = await town.user(f"ada{number}@example.com")
        asked = await ask(ada, email)
        account = await ada.browser.get("/portal/account")
        notices = await subjects(town, ada.email)
        said = account.words.split("Where you are logged in")[0].replace(email, "?").replace(ada.email, "?")
        seen.append((asked.status, asked.location, said.partition("before")[0], notices))
    assert seen[0] == seen[1]
    (told, *_) = await town.mail_to(bob.email)
    assert told.subject == "Somebody wanted to use your address"
    assert "/new-address/" not in told.text
    assert "ada0" not in told.text, "nor is it said who"
    assert sorted(await address_of(town)) == ["ada0@example.com", "ada1@example.com", bob.email]


async def test_an_address_that_is_taken_meanwhile_is_not_taken_again(town: Town) -> None:
    ada, bob = await town.user("ada@example.com"), await town.user("bob@example.com")
    await ask(ada)
    first = await town.link_to(NEW, "/new-address/")
    await ask(bob)
    second = await town.link_to(NEW, "/new-address/")
    answers = await asyncio.gather(ada.browser.post(first), bob.browser.post(second))
    assert sorted(answer.status for answer in answers) == [303, 404]
    assert sorted(await address_of(town)).count(NEW) == 1
    loser = (ada, bob)[[answer.status for answer in answers].index(404)]
    assert await is_inside(loser.browser)
    assert loser.email in await address_of(town)


async def test_a_link_is_good_once_and_for_a_day(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ask(ada)
    (row,) = await town.execute("select expires_at - asked_at as life from address_changes")
    assert row["life"].total_seconds() == pytest.approx(86_400, abs=5)
    link, keep = await town.link_to(NEW, "/new-address/"), await town.link_to(ada.email, "/keep-address/")
    await town.execute("update address_changes set expires_at = clock_timestamp()")
    for path in (link, keep):
        assert (await ada.browser.get(path)).status == 404
        assert (await ada.browser.post(path)).status == 404
    assert "To become" not in (await ada.browser.get("/portal/account")).words
    await ask(ada)
    link = await town.link_to(NEW, "/new-address/")
    answers = await asyncio.gather(*(ada.browser.post(link) for _ in range(3)))
    assert [answer.location for answer in answers].count("/portal/account?done=address") == 1
    assert (await town.trail()).count("user.address_changed") == 1
    assert (await ada.browser.post(link)).status == 404
    assert (await ada.browser.get("/new-address/%00%ff")).status == 404


async def test_the_link_alone_changes_nothing_for_a_stranger_or_another_user(town: Town) -> None:
    ada, eve = await town.user("ada@example.com"), await town.user("eve@example.com")
    await ask(ada)
    link = await town.link_to(NEW, "/new-address/")
    stranger = await town.browser()
    assert (await stranger.get(link)).location == f"/log-in?next={link}"
    assert (await stranger.post(link)).location == "/log-in"
    for answer in (await eve.browser.get(link), await eve.browser.post(link)):
        assert answer.status == 404
        assert NEW not in answer.words
        assert "good only for the account that asked" in answer.words
    half = await town.browser()
    await half.get("/log-in")
    await half.post("/log-in", email=ada.email, password=PASSWORD)
    assert (await half.post(link)).location == "/log-in/code"
    assert (await ada.browser.post(link, csrf="0" * 64)).status == 403
    assert sorted(await address_of(town)) == ["ada@example.com", "eve@example.com"]
    assert (await ada.browser.post(link)).status == 303


async def test_another_wish_takes_the_place_of_the_first(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ask(ada)
    first, keep = await town.link_to(NEW, "/new-address/"), await town.link_to(ada.email, "/keep-address/")
    await ask(ada, "third@example.com")
    assert (await ada.browser.post(first)).status == 404
    assert (await ada.browser.post(keep)).status == 404
    assert (await ada.browser.post(await town.link_to("third@example.com", "/new-address/"))).status == 303
    assert await address_of(town) == ["third@example.com"]


# -- stopping it


async def test_it_is_stopped_by_the_link_that_went_to_the_old_address(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ask(ada)
    link, keep = await town.link_to(NEW, "/new-address/"), await town.link_to(ada.email, "/keep-address/")
    reader = await town.browser()
    shown = await reader.get(keep)
    assert (shown.status, NEW in shown.words) == (200, True)
    assert (await reader.post(keep, csrf="0" * 64)).status == 403
    assert await is_inside(ada.browser), "looking at the link stops nothing"
    stopped = await reader.post(keep)
    assert "Your address stays as it is" in stopped.words
    assert not await is_inside(ada.browser), "whoever asked is outside"
    assert (await reader.post(keep)).status == 404
    await ada.browser.get("/log-in")
    await ada.log_in()
    assert (await ada.browser.post(link)).status == 404
    assert await address_of(town) == [ada.email]
    assert (await town.trail())[-2:] == ["user.address_kept", "user.logged_in"]


async def test_it_is_stopped_by_the_user_and_by_a_new_password(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ask(ada)
    link = await town.link_to(NEW, "/new-address/")
    assert (await ada.browser.post(f"{FORM}/withdraw", csrf="0" * 64)).status == 403
    assert (await ada.browser.post(f"{FORM}/withdraw")).location == "/portal/account"
    assert (await ada.browser.post(link)).status == 404
    assert (await ada.browser.post(f"{FORM}/withdraw")).location == "/portal/account"
    assert (await town.trail()).count("user.address_kept") == 1
    await ask(ada)
    link = await town.link_to(NEW, "/new-address/")
    changed = await ada.browser.post("/portal/account/password", known=PASSWORD, password="another horse battery")
    assert changed.status == 303
    assert (await ada.browser.post(link)).status == 404
    assert await address_of(town) == [ada.email]


async def test_nobody_stops_what_another_waits_for(town: Town) -> None:
    ada, eve = await town.user("ada@example.com"), await town.user("eve@example.com")
    await ask(ada)
    await eve.browser.post(f"{FORM}/withdraw")
    assert (await eve.browser.post("/keep-address/x")).status == 404
    assert (await ada.browser.post(await town.link_to(NEW, "/new-address/"))).status == 303


async def test_a_change_that_is_over_is_forgotten(town: Town) -> None:
    from datetime import timedelta

    from bitpesa.tenants.users.due import forget_old_sessions

    ada, bob = await town.user("ada@example.com"), await town.user("bob@example.com")
    await ask(ada)
    await ask(bob, "bob@elsewhere.example")
    await town.execute("update address_changes set expires_at = clock_timestamp() where email = $1", NEW)
    await forget_old_sessions(town.world.platform.database, timedelta(days=30))
    assert [row["email"] for row in await town.execute("select email from address_changes")] == [
        "bob@elsewhere.example"
    ]


# -- staff


async def with_password(platform: Platform, user: User) -> None:
    """Give one of staff the password that everybody has here."""
    kept = await platform.passwords.hash(PASSWORD)

    async def write(work: Any) -> None:
        await work.conn.execute("update users set password_hash = $2 where id = $1", user.id, kept)

    await platform.database.run(write)


async def test_staff_change_their_address_in_the_office_and_nowhere_else(town: Town) -> None:
    platform = town.world.platform
    client = await town.user("amina@elsewhere.example")  # an address may be of both kinds
    amina = await officer(platform, email="amina@example.com")
    await with_password(platform, amina)
    async with at_work(platform, user=amina) as browser, at_work(platform, user=amina) as other:
        await browser.get("/office/account/address")
        fields = {"email": client.email, "known": PASSWORD}
        assert (await browser.post("/office/account/address", **{**fields, "known": "a wrong guess"})).status == 422
        assert (await browser.post("/office/account/address", **fields)).location == "/office/account"
        link = await town.link_to(client.email, "/office/new-address/")
        keep = await town.link_to(amina.email, "/office/keep-address/")
        portal = await town.browser()
        await portal.get("/log-in")
        assert (await portal.get(keep.removeprefix("/office"))).status == 404
        assert (await portal.post(keep.removeprefix("/office"))).status == 404
        assert (await client.browser.post(link.removeprefix("/office"))).status == 404
        async with at_work(platform) as colleague:
            await colleague.get("/office")
            assert (await colleague.post(link)).status == 404
        assert client.email in (await browser.get(link)).words
        assert (await browser.post(link)).location == "/office/account?done=address"
        assert (await browser.get("/office")).status == 200
        assert (await other.get("/office")).status == 303
    (line,) = await town.execute("select * from audit_trail where action = 'user.address_changed'")
    assert (line["actor_kind"], line["actor"]) == ("staff", "amina@example.com")


async def test_staff_stop_it_from_the_old_address_and_are_asked_for_a_code(town: Town) -> None:
    platform = town.world.platform
    amina = await officer(platform, email="amina@example.com")
    await with_password(platform, amina)
    async with at_work(platform, user=amina) as browser:
        await browser.get("/office")
        fields = {"email": "new@example.com", "known": PASSWORD}
        await browser.post("/office/account/address", **fields)
        keep = await town.link_to(amina.email, "/office/keep-address/")
        async with open_browser(town.root, None, OFFICE) as reader:
            await reader.get(keep)
            assert "stays as it is" in (await reader.post(keep)).words
        assert (await browser.get("/office")).status == 303
    async with at_work(platform, user=amina) as browser:
        await browser.get("/office")
        await forget_code(platform, amina)
        asked = await browser.get("/office/account/address")
        assert asked.location == "/office/confirm?next=/office/account/address"
        assert (await browser.post("/office/account/address", **fields)).location.startswith("/office/confirm")
    assert await town.execute("select * from address_changes") == []
