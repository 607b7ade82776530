"""Scenario 39, the people: from signing up to the first signed call, and every way that must not work."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from html import unescape
from uuid import UUID

import pytest

from bitpesa.cli.client import Client
from bitpesa.tenants.users.model import Permission
from bitpesa.web.kit.cookies import csrf_of
from tests.journeys.people import COMPANY, PASSWORD, Person, Town, open_town
from tests.programs import program
from tests.web.kit.visiting import Shown


@pytest.fixture
async def town(fresh_database_url: str) -> AsyncIterator[Town]:
    async with open_town(fresh_database_url) as town:
        yield town


async def key_of(person: Person, place: str = "test") -> tuple[Shown, str, str]:
    """The page of the newest key, the key and its secret."""
    listed = await person.browser.get(f"/portal/{place}/keys")
    links = re.findall(rf'href="(/portal/{place}/keys/[0-9a-f-]{{36}})"', listed.text)
    assert links, listed.words
    shown = await person.browser.get(links[0])
    found = {name: re.search(rf'<code id="{name}"[^>]*>([^<]+)</code>', shown.text) for name in ("key", "secret")}
    assert found["key"], shown.words
    assert found["secret"], shown.words
    return shown, found["key"][1], found["secret"][1]


async def call_status(town: Town, key: str, secret: str) -> int:
    """What a signed call is answered."""
    async with Client(f"{town.root}/v1", key, secret) as client:
        return (await client.get("/accounts")).status


async def set_permissions(town: Town, email: str, *permissions: str) -> None:
    """Whatever the rules say: this is how things stand."""
    await town.execute(
        "update members set permissions = $1 from users where users.id = user_id and email = $2",
        list(permissions),
        email,
    )


async def user_id(town: Town, email: str) -> UUID:
    (row,) = await town.execute("select id from users where email = $1", email)
    return row["id"]


async def key_id_of(town: Town, organisation: str) -> UUID:
    """The one key of an organisation's sandbox."""
    (row,) = await town.execute(
        "select k.id from api_keys k join apps a on a.id = k.app_id join organisations o on o.id = a.organisation_id"
        " where o.name = $1",
        organisation,
    )
    return row["id"]


# -- signing up


async def test_from_signing_up_to_the_first_signed_call(town: Town) -> None:
    ada = await town.somebody("ada@example.com")
    assert (await ada.browser.get("/portal/test/keys")).location == "/log-in?next=/portal/test/keys"
    await ada.sign_up()
    assert len(set(ada.recovery_codes)) == 10
    assert (await ada.browser.get("/portal/test/keys")).location == "/portal/organisations/new"
    await ada.found()
    shown, key, secret = await key_of(ada)
    async with Client(f"{town.root}/v1", key, secret) as client:
        answer = await client.get("/accounts")
    assert answer.status == 200
    assert "Nairobi Exports" in shown.words
    assert await town.trail() == [
        "user.signed_up",
        "user.authenticator_enrolled",
        "organisation.founded",
        "api_key.secret_shown",
    ]
    assert (await town.execute("select name, country, phone_number from organisations where name = 'Nairobi Exports'"))[
        0
    ]["country"] == "KE"


async def quick_start(town: Town) -> tuple[str, str, str, str]:
    """A key, and the examples that are shown with it: shell, Python, library."""
    ada = await town.founder()
    shown, key, _ = await key_of(ada)
    examples = re.findall(r'<pre tabindex="0"[^>]*><code>(.*?)</code>', shown.text, re.DOTALL)
    shell, python, javascript = map(unescape, examples)
    return key, shell, python, javascript


async def shows_an_object(*command: str) -> None:
    ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert '"object"' in ran.stdout or "'object'" in ran.stdout, ran.stdout


async def test_the_shell_of_the_quick_start_runs_as_it_stands(town: Town) -> None:
    for name in ("curl", "openssl"):
        program(name)
    key, shell, _, _ = await quick_start(town)
    assert key in shell
    await shows_an_object(program("bash"), "-c", shell)


async def test_the_python_of_the_quick_start_runs_as_it_stands(town: Town) -> None:
    key, _, python, _ = await quick_start(town)
    await shows_an_object(sys.executable, "-c", python)
    assert key in python


async def test_the_javascript_of_the_quick_start_runs_as_it_stands(town: Town) -> None:
    node = program("node", package="nodejs")
    key, _, _, javascript = await quick_start(town)
    await shows_an_object(node, "--input-type=module", "--eval", javascript)
    assert f'KEY = "{key}"' in javascript
    assert f'BASE = "{town.root}/v1"' in javascript
    assert "npm install" not in javascript


async def test_a_link_alone_makes_nobody_a_user(town: Town) -> None:
    eve = await town.somebody("victim@example.com")
    await eve.browser.post("/sign-up", name="Eve", email="victim@example.com", password="the password of eve")
    link = await town.link_to("victim@example.com", "/sign-up/")
    victim = await town.browser()
    assert "enter the password that you chose" in (await victim.get(link)).words.lower()
    assert (await victim.post(link, password="anything else")).status == 422
    own = await town.somebody("victim@example.com")
    await own.sign_up(password="the password of the victim")
    assert (await eve.browser.get(link)).status == 404  # what Eve caused leads nowhere now
    assert (await eve.browser.post(link, password="the password of eve")).status == 404
    refused = await eve.browser.post("/log-in", email="victim@example.com", password="the password of eve")
    assert refused.status == 422


async def test_a_known_address_is_answered_as_an_unknown_one(town: Town) -> None:
    await town.user("ada@example.com")
    eve = await town.somebody("eve@example.com")
    answers = []
    for email in ("ada@example.com", "nobody@example.com"):
        sent = await eve.browser.post("/sign-up", name="Eve", email=email, password="the password of eve")
        lost = await eve.browser.post("/lost-password", email=email)
        wrong = await eve.browser.post("/log-in", email=email, password="the password of eve")
        answers.append([(each.status, each.words.replace(email, "?")) for each in (sent, lost, wrong)])
    assert answers[0] == answers[1]
    subjects = [each.subject for each in await town.mail_to("ada@example.com")]
    assert "You have an account already" in subjects
    assert [each.subject for each in await town.mail_to("nobody@example.com")] == ["Confirm your e-mail address"]


async def test_an_address_gets_few_mails_that_strangers_cause(town: Town) -> None:
    eve = await town.somebody("eve@example.com")
    for _ in range(8):
        sent = await eve.browser.post("/sign-up", name="Eve", email="victim@example.com", password="the one of eve")
        assert sent.status == 200
    assert len(await town.mail_to("victim@example.com")) == 5
    await town.user("ada@example.com")
    for _ in range(8):
        await eve.browser.post("/lost-password", email="ada@example.com")
    assert len(await town.mail_to("ada@example.com")) == 1 + 5


async def test_what_one_network_has_used_up_is_left_to_others_until_an_address_had_enough(
    fresh_database_url: str,
) -> None:
    proxied = open_town(fresh_database_url, trusted_proxies=("127.0.0.1",), mails_to_address_per_day=7)
    async with proxied as town:
        await town.user("ada@example.com")
        for number, expected in ((1, 5), (2, 7), (3, 7)):
            eve = await town.somebody("eve@example.com")
            eve.browser.session.headers["X-Forwarded-For"] = f"192.0.2.{number}"
            for _ in range(6):
                await eve.browser.post("/lost-password", email="ada@example.com")
            assert len(await town.mail_to("ada@example.com")) == 1 + expected
        await town.execute("update daily_counts set day = day - 1")
        await eve.browser.post("/lost-password", email="ada@example.com")
        assert len(await town.mail_to("ada@example.com")) == 1 + 8


async def test_what_is_no_name_address_or_password_is_said_by_its_field(town: Town) -> None:
    eve = await town.somebody("eve@example.com")
    sent = await eve.browser.post("/sign-up", name=" ", email="eve", password="short")
    assert sent.status == 422
    for words in ("Please fill this in", "This does not look right", "Please use at least 10 characters"):
        assert words in sent.words
    assert 'value="eve"' in sent.text
    assert "short" not in sent.text
    easy = await eve.browser.post("/sign-up", name="Eve", email="eve@example.com", password="password123")
    assert "one of the first that is tried" in easy.words
    assert await town.execute("select * from sign_ups") == []


async def test_a_confirmation_link_ends(town: Town) -> None:
    ada = await town.somebody("ada@example.com")
    await ada.browser.post("/sign-up", name="Ada", email=ada.email, password=PASSWORD)
    link = await town.link_to(ada.email, "/sign-up/")
    await town.execute("update sign_ups set expires_at = clock_timestamp()")
    assert (await ada.browser.get(link)).status == 404
    assert (await ada.browser.post(link, password=PASSWORD)).status == 404
    assert (await ada.browser.get("/sign-up/%00%ff")).status == 404
    assert await town.execute("select * from users") == []


# -- the second factor


async def test_nothing_is_open_before_an_authenticator_is_enrolled(town: Town) -> None:
    ada = await town.somebody("ada@example.com")
    await ada.browser.post("/sign-up", name="Ada", email=ada.email, password=PASSWORD)
    link = await town.link_to(ada.email, "/sign-up/")
    await ada.browser.post(link, password=PASSWORD)
    for path in ("/portal/organisations/new", "/portal/account", "/portal/test/keys"):
        assert (await ada.browser.get(path)).location == f"/log-in/authenticator?next={path}"
    assert (await ada.browser.post("/portal/organisations/new", **COMPANY)).location == "/log-in/authenticator"
    shown = await ada.browser.get("/log-in/authenticator")
    assert "<svg" in shown.text
    assert (await ada.browser.post("/log-in/authenticator", code="000000")).status == 422
    assert (await ada.browser.get("/portal/account")).status == 303
    again = await ada.browser.get("/log-in/authenticator")
    assert re.findall(r'id="key">([^<]+)', again.text) == re.findall(r'id="key">([^<]+)', shown.text)
    await ada.enrol()
    assert (await ada.browser.get("/portal/account")).status == 200


async def test_an_enrolled_authenticator_is_neither_shown_nor_replaced(town: Town) -> None:
    ada = await town.user("ada@example.com")
    other = await town.browser()
    await other.get("/log-in")
    await other.post("/log-in", email=ada.email, password=PASSWORD)
    assert (await other.get("/log-in/authenticator")).location == "/log-in/code"
    assert (await other.post("/log-in/authenticator", code=await ada.code())).location == "/log-in/code"
    assert (await other.get("/portal/account")).location == "/log-in/code?next=/portal/account"


async def test_a_code_is_taken_once(town: Town) -> None:
    ada = await town.user("ada@example.com")
    code = await ada.code()
    browsers = [await town.browser() for _ in range(4)]
    for browser in browsers:
        await browser.get("/log-in")
        assert (await browser.post("/log-in", email=ada.email, password=PASSWORD)).status == 303
    answers = await asyncio.gather(*(browser.post("/log-in/code", code=code) for browser in browsers))
    assert sorted(answer.status for answer in answers) == [303, 422, 422, 422]
    last = next(browser for browser, answer in zip(browsers, answers, strict=True) if answer.status == 422)
    assert (await last.post("/log-in/code", code=code)).status == 422
    assert (await last.get("/portal/account")).location == "/log-in/code?next=/portal/account"


async def test_an_older_code_is_not_taken_after_a_newer_one(town: Town) -> None:
    ada = await town.user("ada@example.com")
    older, newer = await ada.code(), await ada.code()
    browser = await town.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", email=ada.email, password=PASSWORD)
    assert (await browser.post("/log-in/code", code=newer)).status == 303
    await browser.post("/log-out")
    await browser.get("/log-in")
    await browser.post("/log-in", email=ada.email, password=PASSWORD)
    assert (await browser.post("/log-in/code", code=older)).status == 422


async def test_a_recovery_code_works_once(town: Town) -> None:
    ada = await town.user("ada@example.com")
    code = ada.recovery_codes[3]
    for expected in (303, 422):
        browser = await town.browser()
        await browser.get("/log-in")
        await browser.post("/log-in", email=ada.email, password=PASSWORD)
        assert (await browser.post("/log-in/code", code=f" {code.upper().replace('-', ' ')} ")).status == expected
    account = await ada.browser.get("/portal/account")
    assert "9 are left" in account.words
    renewed = await ada.browser.post("/portal/account/recovery-codes")
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", renewed.text)
    assert len(codes) == 10
    browser = await town.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", email=ada.email, password=PASSWORD)
    assert (await browser.post("/log-in/code", code=ada.recovery_codes[0])).status == 422  # those before are gone
    assert (await browser.post("/log-in/code", code=codes[0])).status == 303


async def test_secrets_are_kept_sealed_or_hashed(town: Town) -> None:
    ada = await town.founder()
    _, _, api_secret = await key_of(ada)
    await ada.browser.post("/lost-password", email=ada.email)
    token = ada.browser.token or ""
    dump = await dump_of(town)
    for secret in (PASSWORD, ada.secret, token, api_secret, *ada.recovery_codes):
        assert secret not in dump
    link = await town.link_to(ada.email, "/lost-password/")
    assert link.rpartition("/")[2] not in await dump_of(town)


async def dump_of(town: Town) -> str:
    """What a thief of the database has, but for the mailbox that only the sandbox keeps."""
    tables = await town.execute(
        "select table_name as name from information_schema.tables"
        " where table_schema = 'public' and table_name <> 'sandbox_mails'"
    )
    return "\n".join([str(row) for table in tables for row in await town.execute(f'select * from "{table["name"]}"')])  # noqa: S608


# -- lock-out


async def tried(town: Town, email: str, password: str, code: str | None = None, **headers: str) -> Shown:
    """What a browser of its own is answered that logs in, and gives a code where it is asked for one."""
    browser = await town.browser()
    browser.session.headers.update(headers)
    await browser.get("/log-in")
    answer = await browser.post("/log-in", email=email, password=password)
    if code is None or answer.location != "/log-in/code":
        return answer
    await browser.get("/log-in/code")
    return await browser.post("/log-in/code", code=code)


async def lock(town: Town, email: str) -> None:
    """Fail as often as locks an address."""
    for n in range(5):
        assert (await tried(town, email, f"guess number {n}")).status == 422


async def test_a_locked_address_tells_nobody_whether_a_password_is_right(town: Town) -> None:
    ada = await town.user("ada@example.com")
    newcomer = await town.somebody("new@example.com")
    await newcomer.browser.post("/sign-up", name="New", email=newcomer.email, password=PASSWORD)
    link = await town.link_to(newcomer.email, "/sign-up/")
    await newcomer.browser.post(link, password=PASSWORD)  # a user without an authenticator
    for email in (ada.email, "nobody@example.com", newcomer.email):
        await lock(town, email)
    answers = []
    for email, password in (
        (ada.email, PASSWORD),
        (ada.email, "guess number 6"),
        ("nobody@example.com", PASSWORD),
        (newcomer.email, PASSWORD),
    ):
        browser = await town.browser()
        await browser.get("/log-in")
        first = await browser.post("/log-in", email=email, password=password)
        shown = await browser.get("/log-in/code")
        wrong = await browser.post("/log-in/code", code="000000")
        recovery = await browser.post("/log-in/code", code="aaaa-bbbb-cccc-dddd")
        inside = await browser.get("/portal/account")
        enrolling = await browser.get("/log-in/authenticator")
        pages = (first, shown, wrong, recovery, inside, enrolling)
        answers.append([(each.status, each.location, each.words) for each in pages])
    assert [status for status, _, _ in answers[0]] == [303, 200, 422, 422, 303, 303]
    assert answers[1:] == answers[:1] * 3
    assert "checked together with the code" in answers[0][1][2]


async def test_a_lock_refuses_no_right_password_with_a_right_code(town: Town) -> None:
    """Whoever guesses at an address locks out whoever guesses, and not its owner: not at the door, not inside."""
    ada = await town.user("ada@example.com")
    await lock(town, ada.email)
    assert (await tried(town, ada.email, "guess number 6", await ada.code())).status == 422
    assert (await tried(town, ada.email, PASSWORD, await ada.code())).location == "/portal"
    await lock(town, ada.email)
    assert (await tried(town, ada.email, PASSWORD, ada.recovery_codes[0])).location == "/portal"
    assert await town.execute("select * from failed_tries where subject like 'address ada%'") == []
    await lock(town, ada.email)
    assert (await ada.browser.post("/portal/confirm", code="000000")).status == 422
    assert (await ada.browser.post("/portal/confirm", code=await ada.code())).status == 303
    changed = await ada.browser.post("/portal/account/password", known=PASSWORD, password="another horse battery")
    assert changed.status == 303, changed.words


async def test_a_lock_on_a_network_refuses_no_right_password_with_a_right_code(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url, network_failures_until_locked=6) as town:
        ada = await town.user("ada@example.com")
        for number in range(6):
            assert (await tried(town, f"user{number}@example.com", "one guess each")).status == 422
        assert (await tried(town, "user7@example.com", "one guess each")).status == 303
        assert (await tried(town, ada.email, "a wrong one", await ada.code())).status == 422
        assert (await tried(town, ada.email, PASSWORD, await ada.code())).location == "/portal"
        bob = await town.user("bob@example.com")  # neither are those locked out who sign up
        assert (await bob.browser.get("/portal/account")).status == 200
        rows = await town.execute("select subject from failed_tries where subject like 'address%' and count > 0")
        assert [row["subject"] for row in rows if "user" not in row["subject"]] == []  # no address is blamed


async def test_a_log_in_under_a_lock_is_good_for_few_codes_once_and_for_a_while(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await lock(town, ada.email)
    browser = await town.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", email=ada.email, password=PASSWORD)
    for _ in range(5):
        assert (await browser.post("/log-in/code", code="aaaa-bbbb-cccc-dddd")).status == 422
    assert (await browser.post("/log-in/code", code=await ada.code())).status == 422
    for ended in ("update throttled_log_ins set expires_at = clock_timestamp()", "delete from throttled_log_ins"):
        await browser.post("/log-in", email=ada.email, password=PASSWORD)
        await town.execute(ended)
        assert (await browser.post("/log-in/code", code=await ada.code())).location == "/log-in"
    await browser.get("/log-in")
    await browser.post("/log-in", email=ada.email, password=PASSWORD)
    other = await town.browser(browser.token)
    assert (await browser.post("/log-in/code", code=await ada.code())).location == "/portal"
    assert (await other.get("/portal/account")).location == "/log-in?next=/portal/account"
    assert (await other.get("/log-in/code")).location == "/log-in"


async def test_a_password_that_was_replaced_opens_no_log_in_that_was_begun_with_it(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await lock(town, ada.email)
    browser = await town.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", email=ada.email, password=PASSWORD)
    await ada.browser.post("/portal/account/password", known=PASSWORD, password="another horse battery")
    assert (await browser.post("/log-in/code", code=await ada.code())).location == "/log-in"


async def test_a_thousand_guesses_at_once_are_not_all_made(town: Town) -> None:
    ada = await town.user("ada@example.com")
    eve = await town.somebody("eve@example.com")
    guesses = [f"guess number {n}" for n in range(11)]
    answers = await asyncio.gather(*(eve.browser.post("/log-in", email=ada.email, password=each) for each in guesses))
    assert sorted(answer.status for answer in answers) == [303] * 6 + [422] * 5
    (row,) = await town.execute(
        "select count, locked_until from failed_tries where subject = 'address ada@example.com'"
    )
    assert row["count"] == 5
    assert row["locked_until"] is not None


async def test_codes_are_not_guessed_by_whoever_knows_the_password(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url, trusted_proxies=("127.0.0.1",), network_failures_until_locked=12) as town:
        ada = await town.user("ada@example.com")
        for _ in range(5):
            assert (await tried(town, ada.email, PASSWORD, "000000", **{"X-Forwarded-For": "192.0.2.1"})).status == 422
        assert (await town.trail()).count("user.locked_out") == 1
        here, elsewhere = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.99"}
        assert (await tried(town, ada.email, PASSWORD, await ada.code(), **here)).status == 422
        assert (await ada.browser.post("/portal/confirm", code=await ada.code())).status == 303  # inside
        assert (await tried(town, ada.email, PASSWORD, await ada.code(), **elsewhere)).location == "/portal"
        for number in range(3, 15):  # from everywhere a few times each: that has an end as well
            network = {"X-Forwarded-For": f"192.0.2.{number}"}
            assert (await tried(town, ada.email, PASSWORD, "000000", **network)).status == 422
        assert (await tried(town, ada.email, PASSWORD, await ada.code(), **elsewhere)).status == 422
        assert (await tried(town, ada.email, PASSWORD, ada.recovery_codes[0], **elsewhere)).location == "/portal"


async def test_wrong_codes_within_a_session_are_counted_by_that_session(town: Town) -> None:
    ada = await town.user("ada@example.com")
    for _ in range(5):
        assert (await ada.browser.post("/portal/confirm", code="000000")).status == 422
    assert (await ada.browser.post("/portal/confirm", code=await ada.code())).status == 422
    assert "user.locked_out" in await town.trail()
    assert (await tried(town, ada.email, PASSWORD, await ada.code())).location == "/portal"
    for _ in range(5):
        await ada.browser.post("/portal/account/password", known="a wrong guess", password="another horse battery")
    refused = await ada.browser.post("/portal/account/password", known=PASSWORD, password="another horse battery")
    assert refused.status in {303, 422}
    assert (await tried(town, ada.email, PASSWORD, await ada.code())).location == "/portal"


async def test_logging_in_begins_the_count_anew(town: Town) -> None:
    ada = await town.user("ada@example.com")
    for _ in range(3):
        browser = await town.browser()
        await browser.get("/log-in")
        for _ in range(3):
            assert (await browser.post("/log-in", email=ada.email, password="a wrong guess")).status == 422
        assert (await browser.post("/log-in", email=ada.email, password=PASSWORD)).status == 303
        assert (await browser.post("/log-in/code", code=await ada.code())).status == 303


# -- lost passwords


async def test_a_lost_password_is_replaced_once_and_everybody_is_logged_out(town: Town) -> None:
    ada = await town.user("ada@example.com")
    other = await town.browser()
    await other.post("/lost-password", email=" ADA@example.com ")
    await other.get("/lost-password")
    await other.post("/lost-password", email=" ADA@example.com ")
    link = await town.link_to(ada.email, "/lost-password/")
    assert "ada@example.com" in (await other.get(link)).text
    assert (await other.post(link, password="short")).status == 422
    assert (await other.post(link, password="another horse battery")).status == 200
    assert (await other.post(link, password="yet another battery")).status == 404
    assert (await other.get(link)).status == 404
    assert (await ada.browser.get("/portal/account")).location == "/log-in?next=/portal/account"
    assert (await ada.browser.get("/log-in")).status == 200
    assert (await ada.browser.post("/log-in", email=ada.email, password=PASSWORD)).status == 422
    await ada.log_in("another horse battery")  # and the code is asked for as ever
    assert (await town.mail_to(ada.email))[0].subject == "Your password was replaced"


async def test_a_link_for_a_lost_password_ends(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ada.browser.post("/lost-password", email=ada.email)
    link = await town.link_to(ada.email, "/lost-password/")
    await town.execute("update password_links set expires_at = clock_timestamp()")
    assert (await ada.browser.get(link)).status == 404
    assert (await ada.browser.post(link, password="another horse battery")).status == 404
    assert (await ada.browser.post("/lost-password/x", password="another horse battery")).status == 404
    browser = await town.browser()
    await browser.get("/log-in")
    assert (await browser.post("/log-in", email=ada.email, password=PASSWORD)).status == 303


async def test_two_at_once_use_a_link_once(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ada.browser.post("/lost-password", email=ada.email)
    link = await town.link_to(ada.email, "/lost-password/")
    answers = await asyncio.gather(*(ada.browser.post(link, password=f"horse battery {n}") for n in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404]


async def test_a_password_is_changed_by_who_knows_it(town: Town) -> None:
    ada = await town.user("ada@example.com")
    other = await town.somebody(ada.email)
    other.secret, other._last_step = ada.secret, ada._last_step
    await other.log_in()
    changed = {"known": PASSWORD, "password": "another horse battery"}
    wrong = await ada.browser.post("/portal/account/password", **{**changed, "known": "a wrong guess"})
    assert wrong.status == 422
    assert "This does not look right" in wrong.words
    assert (await other.browser.get("/portal/account")).status == 200
    before = ada.browser.token
    assert (await ada.browser.post("/portal/account/password", **changed)).location == "/portal/account"
    assert ada.browser.token != before
    assert (await ada.browser.get("/portal/account")).status == 200
    assert (await other.browser.get("/portal/account")).location == "/log-in?next=/portal/account"


# -- sessions


async def test_every_step_of_logging_in_has_a_token_of_its_own(town: Town) -> None:
    ada = await town.user("ada@example.com")
    await ada.browser.post("/log-out")
    planted = "planted-by-somebody-else"
    browser = await town.browser(planted)
    await browser.get("/log-in")
    assert browser.token == planted  # it only ties the form to the browser
    await browser.post("/log-in", email=ada.email, password=PASSWORD)
    half = browser.token
    assert half not in (None, planted)
    await browser.post("/log-in/code", code=await ada.code())
    whole = browser.token
    assert whole not in (None, planted, half)
    assert (await browser.get("/portal/account")).status == 200
    for old in (planted, half):
        thief = await town.browser(old)
        assert (await thief.get("/portal/account")).location == "/log-in?next=/portal/account"
    await browser.post("/portal/confirm", code=await ada.code())
    assert browser.token not in (planted, half, whole)
    thief = await town.browser(whole)
    assert (await thief.get("/portal/account")).location == "/log-in?next=/portal/account"


async def test_a_device_is_logged_out_from_another(town: Town) -> None:
    ada = await town.user("ada@example.com")
    thief = await town.somebody(ada.email)
    thief.secret, thief._last_step = ada.secret, ada._last_step
    await thief.log_in()
    bob = await town.user("bob@example.com")
    account = await ada.browser.get("/portal/account")
    (path,) = re.findall(r'action="(/portal/account/sessions/[0-9a-f-]{36}/end)"', account.text)
    assert (await bob.browser.post(path)).status == 303  # not his: nothing happens
    assert (await thief.browser.get("/portal/account")).status == 200
    await ada.browser.post(path)
    assert (await thief.browser.get("/portal/account")).status == 303
    await thief.browser.get("/log-in")
    ada._last_step = thief._last_step
    thief._last_step = ada._last_step
    await thief.log_in()
    await ada.browser.post("/portal/account/sessions/end-others")
    assert (await thief.browser.get("/portal/account")).status == 303
    assert (await ada.browser.get("/portal/account")).status == 200


async def test_next_leads_to_pages_of_ours_only(town: Town) -> None:
    ada = await town.user("ada@example.com")
    for wanted in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "",
    ):
        answered = await ada.browser.post("/portal/confirm", code=await ada.code(), next=wanted)
        assert (answered.status, answered.location) == (303, "/portal"), wanted
        browser = await town.browser()
        await browser.get("/log-in")
        first = await browser.post("/log-in", email=ada.email, password=PASSWORD, next=wanted)
        assert (first.status, first.location) == (303, "/log-in/code"), wanted
    kept = await ada.browser.post("/portal/confirm", code=await ada.code(), next="/portal/test/keys?page=2")
    assert kept.location == "/portal/test/keys?page=2"


# -- organisations and invitations


async def test_an_organisation_says_where_it_is(town: Town) -> None:
    ada = await town.user("ada@example.com")
    made = await ada.browser.post(
        "/portal/organisations/new", **{**COMPANY, "country": "XX", "city": "", "phone_number": "x"}
    )
    assert made.status == 422
    for words in ("Please choose one from the list", "Please fill this in", "This does not look right"):
        assert words in made.words
    assert (await ada.browser.get("/portal/test/keys")).location == "/portal/organisations/new"
    await ada.found()
    await ada.found(name="Second Company")
    listed = await ada.browser.get("/portal/organisations")
    assert "1 Kenyatta Avenue, 00100 Nairobi, KE" in listed.words
    assert "Second Company" in listed.words


async def test_a_member_joins_by_invitation(town: Town) -> None:
    ada = await town.founder()
    await ada.browser.post("/portal/people/invite", email="Bob@Example.com", permissions=["Logs/Read", "Nonsense"])
    link = await town.link_to("bob@example.com", "/invitations/")
    bob = await town.somebody("bob@example.com")
    shown = await bob.browser.get(link)
    assert "Join Nairobi Exports" in shown.words
    await bob.sign_up()
    assert "You are invited to Nairobi Exports" in (await bob.browser.get("/portal/organisations")).words
    assert (await bob.browser.get(link)).location == f"/portal{link}"
    assert "Join Nairobi Exports" in (await bob.browser.get(f"/portal{link}")).words
    assert (await bob.browser.post(f"/portal{link}")).location == "/portal"
    (member,) = await town.execute(
        "select permissions from members m join users u on u.id = m.user_id where email = $1", bob.email
    )
    assert member["permissions"] == ["Logs/Read"]
    again = await bob.browser.post(f"/portal{link}")
    assert (again.status, "no good any more" in again.words) == (404, True)
    assert "invited" not in (await bob.browser.get("/portal/organisations")).words
    taken = await ada.browser.post("/portal/people/invite", email="bob@example.com")
    assert "a member already" in taken.words


async def test_an_invitation_is_accepted_from_the_list(town: Town) -> None:
    ada, bob, eve = await town.founder(), await town.user("bob@example.com"), await town.user("eve@example.com")
    await ada.browser.post("/portal/people/invite", email=bob.email)
    (offer,) = await town.execute("select id from invitations")
    assert (await eve.browser.post("/portal/invitations", invitation=str(offer["id"]))).status == 404
    assert (await bob.browser.post("/portal/invitations", invitation=str(offer["id"]))).location == "/portal"


async def test_another_address_voids_an_invitation(town: Town) -> None:
    ada, eve = await town.founder(), await town.user("eve@example.com")
    await ada.browser.post("/portal/people/invite", email="bob@example.com", permissions=["Api Keys/Read"])
    link = await town.link_to("bob@example.com", "/invitations/")
    refused = await eve.browser.post(f"/portal{link}")
    assert refused.status == 403
    assert "made to another address" in refused.words
    assert (await eve.browser.get("/portal/test/keys")).location == "/portal/organisations/new"
    bob = await town.user("bob@example.com")
    assert (await bob.browser.post(f"/portal{link}")).status == 404  # void for the right one as well
    assert "invitation.voided" in await town.trail()
    await ada.browser.post("/portal/people/invite", email="bob@example.com", permissions=["Api Keys/Read"])
    fresh = await town.link_to("bob@example.com", "/invitations/")
    assert fresh != link
    assert (await bob.browser.post(f"/portal{fresh}")).location == "/portal"


async def test_an_invitation_ends_after_seven_days(town: Town) -> None:
    ada, bob = await town.founder(), await town.user("bob@example.com")
    await ada.browser.post("/portal/people/invite", email=bob.email)
    (row,) = await town.execute("select id, expires_at - created_at as life from invitations")
    assert row["life"].total_seconds() == pytest.approx(7 * 86_400, abs=5)
    link = await town.link_to(bob.email, "/invitations/")
    await town.execute("update invitations set expires_at = clock_timestamp()")
    assert (await bob.browser.post(f"/portal{link}")).status == 404
    assert (await bob.browser.post("/portal/invitations", invitation=str(row["id"]))).status == 404
    stranger = await town.browser()
    assert (await stranger.get(link)).status == 404


async def test_an_invitation_is_taken_back(town: Town) -> None:
    ada, bob = await town.founder(), await town.user("bob@example.com")
    await ada.browser.post("/portal/people/invite", email=bob.email)
    link = await town.link_to(bob.email, "/invitations/")
    page = await ada.browser.get("/portal/people")
    (path,) = re.findall(r'action="(/portal/people/invitations/[0-9a-f-]{36}/withdraw)"', page.text)
    stranger = await town.founder("stranger@example.com", name="Elsewhere")
    await stranger.browser.post(path)
    assert (await bob.browser.get(f"/portal{link}")).status == 200  # another organisation's: nothing happened
    assert (await ada.browser.post(path)).location == "/portal/people"
    assert (await bob.browser.post(f"/portal{link}")).status == 404


async def test_an_invitation_is_worth_what_its_maker_may_still_give(town: Town) -> None:
    ada = await town.founder()
    keeper = await town.member(ada, "keeper@example.com", "Roles/Write", "Roles/Read", "Logs/Read")
    bob = await town.user("bob@example.com")
    await keeper.browser.post("/portal/people/invite", email=bob.email, permissions=["Logs/Read"])
    link = await town.link_to(bob.email, "/invitations/")
    await ada.browser.post(f"/portal/people/{await user_id(town, keeper.email)}", permissions=["Roles/Write"])
    refused = await bob.browser.post(f"/portal{link}")
    assert (refused.status, "worth nothing any more" in refused.words) == (403, True)


# -- permissions


PAGES = {
    "/portal/people": {"Roles/Read"},
    "/portal/test/keys": {"Api Keys/Read", "Api Keys/Write"},
    "/portal/audit": set(),
}
"""Pages of an organisation, and any of which permissions opens them; none: administrators alone."""


async def test_every_page_is_open_to_its_permission_and_to_no_other(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com")
    ada_id = await user_id(town, ada.email)
    key_id = await key_id_of(town, "Nairobi Exports")
    pages = {**PAGES, f"/portal/people/{ada_id}": {"Roles/Read"}, f"/portal/test/keys/{key_id}": {"Api Keys/Read"}}
    for granted in [set(), *({str(each)} for each in Permission)]:
        await set_permissions(town, bob.email, *granted)
        for path, needed in pages.items():
            expected = 200 if granted & needed else 403
            assert (await bob.browser.get(path)).status == expected, (path, granted)
        for path in ("/portal/account", "/portal/organisations", "/portal/organisations/new"):
            assert (await bob.browser.get(path)).status == 200
    for path in pages:
        assert (await ada.browser.get(path)).status == 200, path


async def test_every_action_is_open_to_its_permission_and_refusals_are_written_down(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com")
    carol = await town.member(ada, "carol@example.com", "Logs/Read")
    carol_id = await user_id(town, carol.email)
    await ada.browser.post("/portal/people/invite", email="dan@example.com")
    (offer,) = await town.execute("select id from invitations where email = 'dan@example.com'")
    key_id = await key_id_of(town, "Nairobi Exports")
    actions = {
        "/portal/people/invite": ("Roles/Write", "invitation.refused"),
        f"/portal/people/invitations/{offer['id']}/withdraw": ("Roles/Write", "invitation.withdrawal_refused"),
        f"/portal/people/{carol_id}": ("Roles/Write", "member.change_refused"),
        f"/portal/people/{carol_id}/remove": ("Roles/Write", "member.removal_refused"),
        "/portal/test/keys": ("Api Keys/Write", "api_key.creation_refused"),
        f"/portal/test/keys/{key_id}/replace": ("Api Keys/Write", "api_key.creation_refused"),
        f"/portal/test/keys/{key_id}/revoke": ("Api Keys/Write", "api_key.revocation_refused"),
    }
    before = await state_of(town)
    for path, (needed, written) in actions.items():
        await set_permissions(town, bob.email, *(each for each in Permission if each != needed))
        refused = await bob.browser.post(path, email="erin@example.com")
        assert refused.status == 403, (path, refused.words)
        assert (await town.trail())[-1] == written, path
    await set_permissions(town, bob.email)
    assert await state_of(town) == before
    for path, (needed, _) in actions.items():
        await set_permissions(town, bob.email, needed)
        done = await bob.browser.post(path, email="erin@example.com")
        assert done.status == 303, (path, done.words)


async def state_of(town: Town) -> list[str]:
    queries = (
        "select organisation_id, user_id, is_administrator, permissions from members order by 1, 2",
        "select id, email, void_at, accepted_at from invitations order by 1",
        "select id, revoked_at, enabled_at from api_keys order by 1",
    )
    return [str(row) for query in queries for row in await town.execute(query)]


async def test_nobody_gives_what_he_does_not_hold(town: Town) -> None:
    ada = await town.founder()
    keeper = await town.member(ada, "keeper@example.com", "Roles/Write", "Roles/Read", "Logs/Read")
    carol = await town.member(ada, "carol@example.com")
    ids = {each.email: await user_id(town, each.email) for each in (ada, keeper, carol)}
    before = await state_of(town)
    attempts = [
        (f"/portal/people/{ids[carol.email]}", {"permissions": ["Api Keys/Read"]}),
        (f"/portal/people/{ids[carol.email]}", {"administrator": "yes"}),
        (f"/portal/people/{ids[keeper.email]}", {"permissions": ["Roles/Write", "Api Keys/Read"]}),
        (f"/portal/people/{ids[keeper.email]}", {"permissions": ["Roles/Write"]}),
        (f"/portal/people/{ids[keeper.email]}", {"administrator": "yes"}),
        (f"/portal/people/{ids[ada.email]}", {"permissions": ["Logs/Read"]}),
        (f"/portal/people/{ids[ada.email]}/remove", {}),
        (f"/portal/people/{ids[keeper.email]}/remove", {}),
        ("/portal/people/invite", {"email": "x@example.com", "permissions": ["Api Keys/Read"]}),
    ]
    for path, fields in attempts:
        refused = await keeper.browser.post(path, **fields)
        assert (refused.status, "was refused" in refused.words) == (403, True), path
        assert (await town.trail())[-1].endswith("refused")
    assert await state_of(town) == before
    page = await keeper.browser.get(f"/portal/people/{ids[carol.email]}")
    assert re.search(r'value="Api Keys/Read"\s+disabled', page.text)
    allowed = await keeper.browser.post(f"/portal/people/{ids[carol.email]}", permissions=["Logs/Read"])
    assert allowed.location == "/portal/people"


async def test_the_last_administrator_stays_whoever_is_faster(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com")
    ada_id, bob_id = await user_id(town, ada.email), await user_id(town, bob.email)
    assert (await ada.browser.post(f"/portal/people/{ada_id}/remove")).status == 403
    assert (await ada.browser.post(f"/portal/people/{ada_id}", permissions=["Logs/Read"])).status == 403
    assert (await ada.browser.post(f"/portal/people/{bob_id}", administrator="yes")).status == 303
    both = await asyncio.gather(
        ada.browser.post(f"/portal/people/{bob_id}/remove"), bob.browser.post(f"/portal/people/{ada_id}/remove")
    )
    assert [answer.location for answer in both].count("/portal/people") == 1
    (row,) = await town.execute("select count(*) from members where is_administrator")
    assert row["count"] == 1


async def test_a_member_who_was_removed_sees_nothing_any_more(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com", "Logs/Read", "Api Keys/Read")
    assert (await bob.browser.get("/portal/test/keys")).status == 200
    await ada.browser.post(f"/portal/people/{await user_id(town, bob.email)}/remove")
    assert (await bob.browser.get("/portal/test/keys")).location == "/portal/organisations/new"


async def test_people_of_others_are_not_to_be_seen_or_changed(town: Town) -> None:
    ada, eve = await town.founder(), await town.founder("eve@example.com", name="Elsewhere")
    ada_id = await user_id(town, ada.email)
    assert (await eve.browser.get(f"/portal/people/{ada_id}")).location == "/portal/people"
    assert (await eve.browser.post(f"/portal/people/{ada_id}/remove")).status == 403
    _, key, secret = await key_of(ada)
    (row,) = await town.execute("select id from api_keys where key = $1", key)
    assert (await eve.browser.get(f"/portal/test/keys/{row['id']}")).location == "/portal/test/keys"
    await eve.browser.post(f"/portal/test/keys/{row['id']}/revoke")
    await eve.browser.post(f"/portal/test/keys/{row['id']}/replace", overlap="0")
    assert await call_status(town, key, secret) == 200
    assert "Nairobi Exports" not in (await eve.browser.get("/portal/audit")).words


# -- forms


async def test_no_form_does_anything_without_its_csrf(town: Town) -> None:
    from bitpesa.web.portal.account_routes import ROUTES

    ada = await town.founder()
    eve = await town.founder("eve@example.com", name="Elsewhere")
    before, trail = await state_of(town), await town.trail()
    assert eve.browser.token
    filled = {
        "token": "x",
        "user_id": str(await user_id(town, ada.email)),
        "session_id": "x",
        "passkey_id": "x",
        "key_id": "x",
        "invitation_id": "x",
        "organisation_id": "x",
    }
    for route in ROUTES:
        if "POST" not in (route.methods or ()):
            continue
        path = route.path.replace("{environment:environment}", "test").format(**filled)
        for wrong in ("", "x", csrf_of(eve.browser.token)):
            answer = await ada.browser.post(path, csrf=wrong, administrator="yes")
            # A page halfway through logging in sends who is inside to the portal.
            assert answer.status == 403 or path.startswith("/log-in/"), path
    assert (await state_of(town), await town.trail()) == (before, trail)


HOSTILE = "\"><script>alert(1)</script>'{{7*7}}"


async def test_what_people_write_is_shown_and_never_run(town: Town) -> None:
    ada = await town.somebody("ada@example.com")
    await ada.sign_up(name=HOSTILE)
    ada.browser.session.headers["User-Agent"] = HOSTILE
    await ada.found(name=HOSTILE, city=HOSTILE, street=HOSTILE, postal_code=HOSTILE)
    other = await town.somebody(ada.email)
    other.secret, other._last_step = ada.secret, ada._last_step
    other.browser.session.headers["User-Agent"] = HOSTILE
    await other.log_in()
    await ada.browser.post("/portal/people/invite", email="'or'1'='1@example.com")
    bob = await town.member(ada, "bob@example.com")
    ada_id = await user_id(town, ada.email)
    shown = [
        await ada.browser.get(path)
        for path in (
            "/portal/account",
            "/portal/organisations",
            "/portal/people",
            f"/portal/people/{ada_id}",
            "/portal/test/keys",
            "/portal/audit",
            "/mail",
            "/log-in?next=" + HOSTILE,
        )
    ]
    shown += [
        await bob.browser.get("/portal/organisations"),
        await ada.browser.post("/portal/organisations/new", **dict.fromkeys(COMPANY, HOSTILE)),
        await ada.browser.post("/portal/people/invite", email=HOSTILE),
        await ada.browser.post("/portal/confirm", code=HOSTILE, next=HOSTILE),
    ]
    stranger = await town.browser()
    await stranger.get("/log-in")
    shown += [
        await stranger.post("/sign-up", name=HOSTILE, email=HOSTILE, password="x"),
        await stranger.post("/log-in", email=HOSTILE, password="x", next=HOSTILE),
        await stranger.post("/lost-password", email=HOSTILE),
        await stranger.get(await town.link_to("bob@example.com", "/invitations/")),
    ]
    assert any("&lt;script&gt;alert(1)" in each.text for each in shown)
    for each in shown:
        assert "<script>alert" not in each.text, each.path
        assert "49" not in re.findall(r"\{\{|'(49)", each.text), each.path
        assert each.status < 500, each.path


# -- keys


async def test_a_revoked_key_is_refused_from_its_next_call_on(town: Town) -> None:
    ada = await town.founder()
    shown, key, secret = await key_of(ada)
    assert await call_status(town, key, secret) == 200
    assert (await ada.browser.post(f"{shown.path}/revoke")).location == "/portal/test/keys"
    assert await call_status(town, key, secret) == 401
    assert "revoked" in (await ada.browser.get("/portal/test/keys")).words


async def test_a_key_is_replaced_while_the_old_one_works_on_for_a_while(town: Town) -> None:
    ada = await town.founder()
    shown, key, secret = await key_of(ada)
    made = await ada.browser.post(f"{shown.path}/replace", overlap="3600")
    _, new_key, new_secret = await key_of(ada)
    assert made.location
    assert new_key != key
    assert [await call_status(town, each, its) for each, its in ((key, secret), (new_key, new_secret))] == [200, 200]
    assert "ends" in (await ada.browser.get("/portal/test/keys")).words
    await town.execute("update api_keys set revoked_at = clock_timestamp() where key = $1", key)  # the hour is over
    assert [await call_status(town, each, its) for each, its in ((key, secret), (new_key, new_secret))] == [401, 200]
    now = await ada.browser.post(f"{made.location}/replace", overlap="-5")
    assert now.status == 303
    assert await call_status(town, new_key, new_secret) == 401


async def test_an_app_has_so_many_keys_and_no_more(town: Town) -> None:
    ada = await town.founder()
    for _ in range(19):
        assert (await ada.browser.post("/portal/test/keys")).status == 303
    assert (await ada.browser.post("/portal/test/keys")).status == 403


async def test_keys_ask_for_a_new_code_after_a_while(town: Town) -> None:
    ada = await town.founder()
    shown, *_ = await key_of(ada)
    await town.execute("update sessions set second_factor_at = clock_timestamp() - interval '11 minutes'")
    before = await state_of(town)
    assert (await ada.browser.get(shown.path)).location == f"/portal/confirm?next={shown.path}"
    for path in ("/portal/test/keys", f"{shown.path}/revoke", f"{shown.path}/replace"):
        assert (await ada.browser.post(path)).location == "/portal/confirm?next=/portal/test/keys"
    assert (await ada.browser.post("/portal/account/recovery-codes")).location == "/portal/confirm?next=/portal/account"
    assert await state_of(town) == before
    assert (await ada.browser.post("/portal/confirm", code="000000", next=shown.path)).status == 422
    assert (await ada.browser.post("/portal/confirm", code=await ada.code(), next=shown.path)).location == shown.path
    assert (await ada.browser.get(shown.path)).status == 200


async def test_sandbox_keys_wait_for_staff_where_that_is_set(fresh_database_url: str) -> None:
    from bitpesa.tenants.organisations import operations

    async with open_town(fresh_database_url, sandbox_key_activation="manual") as town:
        ada = await town.founder()
        _, key, secret = await key_of(ada)
        assert "waits for staff" in (await ada.browser.get("/portal/test/keys")).words
        assert await call_status(town, key, secret) == 401
        await town.world.platform.database.run(operations.enable_key, key)
        assert await call_status(town, key, secret) == 200


async def test_live_has_no_keys_before_staff_open_it(town: Town) -> None:
    from bitpesa.tenants.organisations import operations

    ada = await town.founder()
    _, sandbox_key, _ = await key_of(ada)
    assert "no live keys yet" in (await ada.browser.get("/portal/live/keys")).words
    assert (await ada.browser.post("/portal/live/keys")).location == "/portal/live/keys"
    (row,) = await town.execute("select id from organisations where name = 'Nairobi Exports'")
    await town.world.platform.database.run(operations.create_app, row["id"], "live")
    assert (await ada.browser.post("/portal/live/keys")).status == 303
    shown, key, _ = await key_of(ada, "live")
    assert key.startswith("live_")
    assert sandbox_key not in (await ada.browser.get("/portal/live/keys")).text
    assert shown.status == 200


# -- mail


async def test_mail_is_shown_in_a_sandbox(town: Town) -> None:
    ada = await town.somebody("ada@example.com")
    await ada.browser.post("/sign-up", name="Ada", email=ada.email, password=PASSWORD)
    await town.world.drain()
    page = await ada.browser.get("/mail")
    assert "Confirm your e-mail address" in page.words
    assert re.search(rf'<a href="{town.root}/sign-up/', page.text)


async def test_a_deployment_with_live_or_a_mail_server_shows_no_mail(fresh_database_url: str) -> None:
    from tests.journeys.world import open_world
    from tests.web.kit.visiting import open_browser

    async with (
        open_world(fresh_database_url) as world,
        open_browser(world.platform.settings.sandbox_origins[0]) as browser,
    ):
        assert (await browser.get("/mail")).status == 404
    async with open_town(fresh_database_url, smtp_host="127.0.0.1") as town:
        assert (await (await town.browser()).get("/mail")).status == 404


async def test_a_disabled_user_is_outside_at_once(town: Town) -> None:
    from bitpesa.tenants.audit_log.model import staff
    from bitpesa.tenants.users import queries
    from bitpesa.tenants.users.operations import authenticator, user

    ada = await town.user("ada@example.com")
    platform = town.world.platform
    async with platform.database.reading() as conn:
        found = await queries.find_user_by_email(conn, ada.email)
    assert found is not None
    await platform.database.run(user.disable, staff("ops"), found)
    assert (await ada.browser.get("/portal/account")).status == 303
    await ada.browser.get("/log-in")
    assert (await ada.browser.post("/log-in", email=ada.email, password=PASSWORD)).status == 422
    await ada.browser.post("/lost-password", email=ada.email)
    assert not [each for each in await town.mail_to(ada.email) if "Replace" in each.subject]
    await platform.database.run(user.enable, staff("ops"), found)
    await platform.database.run(authenticator.reset, staff("ops"), found)
    assert (await ada.browser.post("/log-in", email=ada.email, password=PASSWORD)).status == 303
    await ada.enrol()
    assert (await ada.browser.get("/portal/account")).status == 200


# -- how much mail somebody causes


async def test_a_name_with_a_link_is_refused_and_what_is_there_already_makes_none(town: Town) -> None:
    ada = await town.user("ada@example.com")
    refused = await ada.browser.post(
        "/portal/organisations/new", **{**COMPANY, "name": "URGENT: http://evil.example/log-in now"}
    )
    assert (refused.status, "This does not look right" in refused.words) == (422, True)
    await ada.found()
    await town.execute("update organisations set name = 'Log in at http://evil.example/now or call 254700000000'")
    await town.execute("update users set name = E'Bank Security\n\nhttp://evil.example'")
    await ada.browser.post("/portal/people/invite", email="bob@example.com")
    (mail,) = await town.mail_to("bob@example.com")
    assert mail.subject == "An invitation to an organisation on bitpesa"
    assert "“Log in at http evil. example now or call 2547…”" in mail.text
    assert "“Bank Security http evil. example”" in mail.text
    assert re.findall(r"\S+://\S+", mail.text) == [f"{town.root}{await town.link_to(mail.recipient, '/invitations/')}"]


async def invited(by: Person, *emails: str) -> list[int]:
    """What somebody is answered who invites these."""
    return [(await by.browser.post("/portal/people/invite", email=email)).status for email in emails]


async def test_nobody_bombs_an_address_with_invitations(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url, mails_to_address_per_day=5) as town:
        ada = await town.founder()
        assert await invited(ada, *["bob@example.com"] * 5) == [303] * 3 + [422] * 2
        assert len(await town.mail_to("bob@example.com")) == 3
        eve = await town.founder("eve@example.com", name="Another Company")
        assert await invited(eve, *["bob@example.com"] * 3) == [303] * 2 + [422], "from everybody together"
        refused = await eve.browser.post("/portal/people/invite", email="bob@example.com")
        assert "enough mail for one day" in refused.words
        await town.execute("update daily_counts set day = day - 1")
        assert await invited(ada, "bob@example.com") == [303]


async def test_a_member_and_an_organisation_invite_so_many_a_day(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url, invitations_per_day=4) as town:
        ada = await town.founder()
        bob = await town.member(ada, "bob@example.com", "Roles/Read", "Roles/Write")
        assert await invited(ada, *(f"a{n}@example.com" for n in range(2))) == [303] * 2
        assert await invited(bob, *(f"b{n}@example.com" for n in range(3))) == [303] + [422] * 2
        await ada.found(name="Second Company")
        second = await town.execute("select id from organisations where name = 'Second Company'")
        await ada.browser.post("/portal/organisation", organisation=str(second[0]["id"]))
        assert await invited(ada, *(f"c{n}@example.com" for n in range(3))) == [303] + [422] * 2
        rows = await town.execute("select count(*) as count from invitations where email like 'b%@example.com'")
        assert rows[0]["count"] == 2


async def test_changes_of_address_cause_few_mails_to_strangers(town: Town) -> None:
    ada = await town.user("ada@example.com")
    for _ in range(7):
        asked = await ada.browser.post("/portal/account/address", email="victim@example.com", known=PASSWORD)
        assert asked.status == 303, asked.words
    assert len(await town.mail_to("victim@example.com")) == 5
