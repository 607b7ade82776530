"""Passkeys in place of codes, on both sites: how they are added, given and removed, and all that must not work."""

import asyncio
import json
from typing import Any

import pytest

from bitpesa.tenants.mail.transports.mailbox import newest
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.model import User
from bitpesa.tenants.users.operations import authenticator
from bitpesa.tenants.users.rules import MOST_PASSKEYS
from tests.kernel.authenticators import Authenticator, with_part
from tests.web.kit.passkeys import SIDES, House, Side, add, ask, code, give_at_log_in, give_to_confirm, removals
from tests.web.kit.visiting import open_browser, session_of


@pytest.fixture
async def user(house: House, side: Side) -> User:
    return await house.user(side)


@pytest.fixture
async def phone(house: House, side: Side, user: User) -> Authenticator:
    """The authenticator of a passkey that is registered."""
    phone = Authenticator(house.root)
    async with house.inside(side, user) as browser:
        added = await add(browser, side, phone)
        assert (added.status, added.location) == (303, side.account), added.words
    return phone


async def mail_to(house: House, user: User) -> list[str]:
    await house.world.drain()
    async with house.platform.database.reading() as conn:
        return [each.text for each in await newest(conn) if each.recipient == user.email]


async def details_of(house: House, action: str) -> dict[str, Any]:
    (row,) = await house.execute("select details from audit_trail where action = $1", action)
    details: dict[str, Any] = row["details"]
    return details


# -- the life of a passkey


async def test_a_passkey_is_added_opens_the_site_and_is_removed(house: House, side: Side, user: User) -> None:
    phone = Authenticator(house.root)
    async with house.inside(side, user) as browser:
        assert removals(await browser.get(side.account)) == []
        assert (await add(browser, side, phone, "Ada's phone")).location == side.account
        shown = await browser.get(side.account)
        assert "Ada's phone" in shown.words
        assert len(removals(shown)) == 1
    async with house.halfway(side, user) as other:
        assert "Use a passkey instead" in (await other.get(f"{side.log_in}/code")).words
        assert (await give_at_log_in(other, side, phone)).location == side.home
        used = await other.get(side.account)
        assert used.status == 200
        assert used.text.count("<time") == shown.text.count("<time") + 2, "it was used, and another device is there"
        assert (await other.post(removals(used)[0])).location == side.account
        assert removals(await other.get(side.account)) == []
    assert await house.trail(user) == ["user.passkey_added", "user.logged_in", "user.passkey_removed"]
    logged_in = await details_of(house, "user.logged_in")
    assert (logged_in["by"], logged_in["passkey"]) == ("passkey", "Ada's phone")
    added, removed = sorted(await mail_to(house, user))
    assert "Ada's phone was added" in added
    assert "Ada's phone was removed" in removed
    assert f"{house.root}{'' if side.role is None else side.home}/lost-password" in added


async def test_a_passkey_is_as_good_as_a_new_code(house: House, side: Side, user: User, phone: Authenticator) -> None:
    async with house.inside(side, user, fresh=False) as browser:
        again = f"{side.confirm}?next={side.account}"
        assert (await browser.post(f"{side.account}/recovery-codes")).location == again
        assert "or a passkey" in (await browser.get(again)).words
        old = browser.token
        assert (await give_to_confirm(browser, side, phone)).location == side.account
        assert browser.token != old
        assert "Recovery codes" in (await browser.post(f"{side.account}/recovery-codes")).words
    async with open_browser(house.root, old, side.cookie) as planted:
        assert (await planted.get(side.account)).location.startswith(side.log_in)
    assert "user.confirmed" in await house.trail(user)


@pytest.mark.usefixtures("phone")
async def test_who_gave_its_code_long_ago_neither_adds_nor_removes_one(house: House, side: Side, user: User) -> None:
    async with house.inside(side, user, fresh=False) as browser:
        (remove,) = removals(await browser.get(side.account))
        for path in (f"{side.account}/passkeys/offer", f"{side.account}/passkeys", remove):
            answer = await browser.post(path, name="Phone", passkey="{}")
            assert answer.location == f"{side.confirm}?next={side.account}", path
        assert removals(await browser.get(side.account)) == [remove]
        assert "user.passkey_removed" not in await house.trail(user)


@pytest.mark.usefixtures("phone")
async def test_a_code_opens_the_site_as_ever(house: House, side: Side, user: User) -> None:
    async with house.halfway(side, user) as browser:
        assert (await browser.post(f"{side.log_in}/code", code=code())).location == side.home


@pytest.mark.usefixtures("phone")
async def test_a_password_alone_with_a_passkey_opens_nothing(house: House, side: Side, user: User) -> None:
    async with house.halfway(side, user) as browser:
        for path in (f"{side.account}/passkeys/offer", f"{side.account}/passkeys", f"{side.confirm}/passkey"):
            assert (await browser.post(path)).location.startswith(f"{side.log_in}/code"), path
    async with open_browser(house.root, None, side.cookie) as stranger:
        await stranger.get(side.log_in)
        assert (await stranger.post(f"{side.log_in}/passkey")).location == side.log_in


async def test_a_forgotten_authenticator_takes_its_passkeys_along(
    house: House, side: Side, user: User, phone: Authenticator
) -> None:
    await house.platform.database.run(authenticator.reset, acting(user), user)
    assert await house.execute("select 1 from passkeys") == []
    async with house.halfway(side, user) as browser:
        assert (await browser.post(f"{side.log_in}/passkey")).status == 404
        assert (await browser.post(f"{side.log_in}/code", passkey=phone.signed(OFFER))).status == 422


OFFER = json.dumps({"challenge": "Y2M", "rpId": "localhost"})


# -- challenges


async def test_a_reply_is_taken_once(house: House, side: Side, user: User, phone: Authenticator) -> None:
    async with house.inside(side, user) as browser:
        reply = phone.signed(await ask(browser, side.confirm))
        assert (await browser.post(side.confirm, passkey=reply)).location == side.home
        phone.count += 1  # what makes the second time fail is not the count
        assert (await browser.post(side.confirm, passkey=reply)).status == 422


async def test_of_a_reply_that_comes_twice_at_once_one_is_taken(
    house: House, side: Side, user: User, phone: Authenticator
) -> None:
    async with house.halfway(side, user) as one, open_browser(house.root, one.token, side.cookie) as two:
        reply = phone.signed(await ask(one, side.log_in))
        answers = await asyncio.gather(*(each.post(f"{side.log_in}/code", passkey=reply) for each in (one, two)))
    assert len([each for each in answers if each.location == side.home and each.headers.get("Set-Cookie")]) == 1


async def test_a_wrong_reply_uses_its_challenge_up(house: House, side: Side, user: User, phone: Authenticator) -> None:
    async with house.inside(side, user) as browser:
        right = phone.signed(await ask(browser, side.confirm))
        refused = await browser.post(side.confirm, passkey=with_part(right, "signature", b"no"))
        assert (refused.status, "That passkey was not taken" in refused.words) == (422, True)
        assert (await browser.post(side.confirm, passkey=right)).status == 422


async def test_a_challenge_is_of_its_session(house: House, side: Side, user: User, phone: Authenticator) -> None:
    async with house.halfway(side, user) as mine, house.halfway(side, user) as other:
        reply = phone.signed(await ask(mine, side.log_in))
        await ask(other, side.log_in)
        assert (await other.post(f"{side.log_in}/code", passkey=reply)).status == 422
        assert (await mine.post(f"{side.log_in}/code", passkey=reply)).location == side.home


async def test_a_challenge_ends(house: House, side: Side, user: User, phone: Authenticator) -> None:
    async with house.inside(side, user) as browser:
        reply = phone.signed(await ask(browser, side.confirm))
        await house.execute("update sessions set passkey_challenge_until = now() where passkey_challenge is not null")
        assert (await browser.post(side.confirm, passkey=reply)).status == 422


async def test_another_challenge_takes_the_place_of_the_one_before(
    house: House, side: Side, user: User, phone: Authenticator
) -> None:
    async with house.inside(side, user) as browser:
        before, now = [phone.signed(await ask(browser, side.confirm)) for _ in range(2)]
        assert (await browser.post(side.confirm, passkey=before)).status == 422
        assert (await browser.post(side.confirm, passkey=now)).location == side.home


async def test_a_challenge_that_nobody_made_is_none(house: House, side: Side, user: User, phone: Authenticator) -> None:
    async with house.inside(side, user) as browser:
        assert (await browser.post(side.confirm, passkey=phone.signed(OFFER))).status == 422
        made = phone.made(json.dumps({"challenge": "Y2M", "rp": {"id": "localhost"}}))
        assert (await browser.post(f"{side.account}/passkeys", name="x", passkey=made)).status == 422


# -- who is asked, and for whom


async def test_only_the_configured_origin_counts_whatever_host_is_named(
    house: House, side: Side, user: User, phone: Authenticator
) -> None:
    evil = Authenticator("https://localhost.example.org")
    async with house.inside(side, user) as browser:
        refused = await add(browser, side, evil)
        assert (refused.status, "was not taken" in refused.words) == (422, True)
        phone.origin = evil.origin
        assert (await give_to_confirm(browser, side, phone)).status == 422
        browser.session.headers["Host"] = "localhost.example.org"
        asked = json.loads(await ask(browser, side.confirm))
        made = json.loads((await browser.post(f"{side.account}/passkeys/offer")).text)
        assert (asked["rpId"], made["rp"]["id"]) == ("localhost", "localhost")
        phone.origin = house.root
        assert (await give_to_confirm(browser, side, phone)).location == side.account


async def test_a_passkey_of_somebody_else_opens_nothing_and_stays_his(
    house: House, side: Side, user: User, phone: Authenticator
) -> None:
    eve = await house.user(side, "Eve")
    mine = Authenticator(house.root)
    async with house.inside(side, eve) as browser, house.inside(side, user) as owner:
        assert (await add(browser, side, phone, "Stolen")).status == 422, "it is registered already"
        await add(browser, side, mine)
        assert (await give_to_confirm(browser, side, phone)).status == 422
        (theirs,) = removals(await owner.get(side.account))
        assert (await browser.post(theirs)).location == side.account
        assert removals(await owner.get(side.account)) == [theirs]
        assert (await give_to_confirm(owner, side, phone)).location == side.account
    assert "user.passkey_removed" not in await house.trail(eve)


async def test_a_passkey_of_one_site_opens_nothing_at_the_other(house: House) -> None:
    portal, office = SIDES.values()
    client, officer = await house.user(portal), await house.user(office)
    phone, key = Authenticator(house.root), Authenticator(house.root)
    async with house.inside(portal, client) as one, house.inside(office, officer) as other:
        await add(one, portal, phone)
        await add(other, office, key)
        assert (await give_to_confirm(other, office, phone)).status == 422
        assert (await give_to_confirm(one, portal, key)).status == 422


async def test_a_removed_passkey_opens_nothing(house: House, side: Side, user: User, phone: Authenticator) -> None:
    spare = Authenticator(house.root)
    async with house.inside(side, user) as browser, house.halfway(side, user) as other:
        await add(browser, side, spare)
        reply = phone.signed(await ask(other, side.log_in))
        await browser.post(removals(await browser.get(side.account))[0])
        assert (await other.post(f"{side.log_in}/code", passkey=reply)).status == 422
        assert (await give_at_log_in(other, side, spare)).location == side.home


async def test_an_authenticator_that_counts_back_is_refused_and_noted(
    house: House, side: Side, user: User, phone: Authenticator
) -> None:
    async with house.inside(side, user) as browser:
        phone.count, phone.step = 7, 0
        assert (await give_to_confirm(browser, side, phone)).location == side.account
        for copied in (7, 3, 0):
            phone.count = copied
            assert (await give_to_confirm(browser, side, phone)).status == 422, copied
        phone.count = 8
        assert (await give_to_confirm(browser, side, phone)).location == side.account
    assert (await house.trail(user)).count("user.passkey_refused") == 3
    noted = await house.execute("select details from audit_trail where action = 'user.passkey_refused' order by seq")
    assert noted[1]["details"]["refusal"].startswith("it has counted to 3, and had to 7")


async def test_an_authenticator_that_does_not_count_is_good(house: House, side: Side, user: User) -> None:
    phone = Authenticator(house.root, step=0)
    async with house.inside(side, user) as browser:
        await add(browser, side, phone)
        for _ in range(2):
            assert (await give_to_confirm(browser, side, phone)).location == side.account


# -- failures


async def test_wrong_codes_lock_codes_and_no_passkey(
    house: House, side: Side, user: User, phone: Authenticator
) -> None:
    """Nobody guesses a passkey: wrong ones are not counted, and a right one is never refused for what others tried."""
    limit = house.platform.settings.log_in_failures_until_locked
    async with house.halfway(side, user) as browser:
        for _ in range(limit + 1):
            assert (await browser.post(f"{side.log_in}/code", passkey="{}")).status == 422
        for _ in range(limit):
            assert (await browser.post(f"{side.log_in}/code", code="000000")).status == 422
        assert (await browser.post(f"{side.log_in}/code", code=code())).status == 422, "a right one comes too late"
        assert (await give_at_log_in(browser, side, phone)).location == side.home
    assert (await house.trail(user)).count("user.locked_out") == 1


@pytest.mark.parametrize("said", ["", "null", "x" * 20_000, '{"rawId": "AAAA", "response": {"clientDataJSON": "e30"}}'])
async def test_what_is_no_reply_is_refused(house: House, side: Side, user: User, said: str) -> None:
    async with house.inside(side, user) as browser:
        assert (await browser.post(side.confirm, passkey=said)).status == 422
        assert (await browser.post(f"{side.account}/passkeys", name="x", passkey=said)).status == 422


async def test_a_passkey_has_a_name_and_an_account_so_many(house: House, side: Side, user: User) -> None:
    async with house.inside(side, user) as browser:
        nameless = await add(browser, side, Authenticator(house.root), "  ")
        assert (nameless.status, "Please fill this in" in nameless.words) == (422, True)
        for each in range(MOST_PASSKEYS):
            assert (await add(browser, side, Authenticator(house.root), f"Key {each}")).status == 303
        more = await add(browser, side, Authenticator(house.root))
        assert (more.status, "as many as an account may have" in more.words) == (422, True)
        assert len(removals(more)) == MOST_PASSKEYS


async def test_what_a_passkey_is_called_is_shown_and_never_run(house: House, side: Side, user: User) -> None:
    hostile = "\"><script>alert(1)</script>'{{7*7}}"
    async with house.inside(side, user) as browser:
        await add(browser, side, Authenticator(house.root), hostile)
        shown = await browser.get(side.account)
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert(1)" in shown.text
    assert "{{7*7}}" in shown.text


async def test_where_the_host_is_a_number_there_are_no_passkeys(house: House, side: Side) -> None:
    user = await house.user(side)
    numbered = house.world.platform
    async with open_browser(numbered.settings.portal, await session_of(numbered, user), side.cookie) as browser:
        assert "Passkeys" not in (await browser.get(side.account)).words
        for path in (f"{side.account}/passkeys/offer", f"{side.confirm}/passkey"):
            assert (await browser.post(path)).status == 404, path
        assert (await browser.post(f"{side.account}/passkeys", name="x", passkey="{}")).status == 422
        assert (await browser.post(side.confirm, passkey="{}")).status == 422
