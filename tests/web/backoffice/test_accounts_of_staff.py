"""Accounts of staff: made by a command, opened by link, password and authenticator; never by anything of the portal."""

import re
from typing import Any

import asyncpg
import pytest

from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import StaffRole, User
from bitpesa.web.kit.cookies import OFFICE
from tests.cli.processes import in_process
from tests.journeys.people import PASSWORD, Person, Town, open_town
from tests.journeys.world import World
from tests.web.backoffice.officers import ADMINISTRATOR, VIEWER, at_work, officer, root_of
from tests.web.kit.visiting import SECRET, Browser, enrolled_user, open_browser, session_of

EMAIL = "amina@example.com"


async def staff_command(world: World, *words: str) -> tuple[int, str, str]:
    """`bitpesa staff ...` on the world's database."""
    url = ("--database-url", world.platform.settings.database_url)
    ended = await in_process("staff", *words, *url, BITPESA_MASTER_KEYS=new_master_key())
    return ended.status, ended.output, ended.complaints


async def make(world: World, email: str = EMAIL, *more: str) -> str:
    """Make an account at the terminal, and answer the path of its link."""
    status, output, complaints = await staff_command(world, "create", email, "--name", "Amina Otieno", *more)
    assert status == 0, complaints
    found = re.search(r"(/office/lost-password/\S+)", output)
    assert found, output
    return found[1]


async def log_in(browser: Browser, email: str = EMAIL, where: str = "/office/log-in") -> Any:
    await browser.get(where)
    return await browser.post(where, email=email, password=PASSWORD)


async def test_the_first_of_staff_is_made_at_the_terminal_and_enrols_before_anything_is_open(
    fresh_database_url: str,
) -> None:
    async with open_town(fresh_database_url) as town, open_browser(town.root, None, OFFICE) as browser:
        link = await make(town.world)
        await browser.get(link)
        assert (await browser.post(link, password="short")).status == 422
        await browser.get(link)
        assert (await browser.post(link, password=PASSWORD)).status == 200
        assert (await browser.get(link)).status == 404, "a link works once"
        assert (await log_in(browser)).location == "/office/log-in/code"
        for path in ("/office", "/office/senders", "/office/confirm"):
            assert (await browser.get(path)).location.startswith("/office/log-in/authenticator"), path
        amina = Person(town, EMAIL, browser)
        shown = await browser.get("/office/log-in/authenticator")
        amina.secret = re.search(r'<code id="key">([A-Z2-7 ]+)</code>', shown.text)[1].replace(" ", "")  # type: ignore[index]
        assert (await browser.post("/office/log-in/authenticator", code="000000")).status == 422
        enrolled = await browser.post("/office/log-in/authenticator", code=await amina.code())
        assert "Recovery codes" in enrolled.words
        assert (await browser.get("/office")).status == 200
        assert (await browser.post("/office/log-out")).location == "/office/log-in"
        assert (await browser.get("/office")).location == "/office/log-in"
        assert (await log_in(browser)).location == "/office/log-in/code"
        assert (await browser.post("/office/log-in/code", code="123456")).status == 422
        assert (await browser.post("/office/log-in/code", code=await amina.code())).location == "/office"
        async with town.world.platform.database.reading() as conn:
            entries, _ = await trail.list_page(conn, Filters(actor=EMAIL), limit=10)
        assert {entry.actor.kind for entry in entries} == {"staff"}


async def test_a_staff_link_is_never_in_the_mail_that_a_sandbox_shows(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url) as town:
        link = await make(town.world)
        async with at_work(town.world.platform, ADMINISTRATOR) as browser:
            await browser.get("/office/staff")
            made = await browser.post("/office/staff", name="Baraka", email="baraka@example.com", role="operator")
            assert "/lost-password/" not in made.text, "whoever makes an account could be that person"
            assert "bitpesa staff link baraka@example.com" in made.words
        await town.world.drain()
        async with open_browser(town.root) as stranger:
            shown = await stranger.get("/mail")
        assert link not in shown.text
        assert "/office/lost-password/" not in shown.text


async def test_the_portal_neither_knows_staff_nor_opens_their_links(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url) as town:
        link = await make(town.world)
        token = link.rpartition("/")[2]
        async with open_browser(town.root) as portal:
            assert (await portal.get(f"/lost-password/{token}")).status == 404
            await portal.get("/lost-password")
            assert (await portal.post(f"/lost-password/{token}", password=PASSWORD)).status == 404
            await portal.post("/lost-password", email=EMAIL)
        await town.world.drain()
        assert len(await town.execute("select 1 from password_links")) == 1, "the portal made no link for staff"
        async with open_browser(town.root, None, OFFICE) as office:
            await office.get(link)
            await office.post(link, password=PASSWORD)
        async with open_browser(town.root) as portal:
            assert (await log_in(portal, where="/log-in")).status == 422
        client = await town.user("client@example.com")
        async with open_browser(town.root, None, OFFICE) as office:
            assert (await log_in(office, client.email)).status == 422


async def test_one_address_may_be_of_both_and_neither_password_opens_the_other(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url) as town:
        await town.user(EMAIL)
        await make(town.world)
        async with open_browser(town.root, None, OFFICE) as office:
            assert (await log_in(office)).status == 422
        async with open_browser(town.root) as portal:
            assert (await log_in(portal, where="/log-in")).location == "/log-in/code"


async def test_failures_at_the_portal_lock_nobody_of_staff_out(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url) as town:
        link = await make(town.world)
        async with open_browser(town.root, None, OFFICE) as office:
            await office.get(link)
            await office.post(link, password=PASSWORD)
            async with open_browser(town.root) as portal:
                for _ in range(8):
                    await portal.get("/log-in")
                    await portal.post("/log-in", email=EMAIL, password="wrong wrong wrong")
            assert (await log_in(office)).location == "/office/log-in/code"
            for _ in range(8):
                async with open_browser(town.root, None, OFFICE) as other:
                    await other.get("/office/log-in")
                    await other.post("/office/log-in", email=EMAIL, password="wrong wrong wrong")
            (locked,) = await town.execute(
                "select subject, locked_until from failed_tries where subject like 'staff %'"
            )
            assert locked["locked_until"] is not None, "staff is locked by failures of its own"


async def test_the_database_lets_no_client_become_staff(world: World) -> None:
    async def forge(work: Any) -> None:
        await work.conn.execute("update users set kind = 'staff', staff_role = 'administrator'")

    async def forge_role(work: Any) -> None:
        await work.conn.execute("update users set staff_role = 'administrator' where kind = 'client'")

    async def forge_session(work: Any) -> None:
        await work.conn.execute("update sessions set kind = 'staff'")

    await session_of(world.platform, await enrolled_user(world.platform))
    for forged in (forge, forge_role, forge_session):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await world.platform.database.run(forged)
    staff_user = await officer(world.platform)

    async def join(work: Any) -> None:
        await work.conn.execute(
            "insert into members (organisation_id, user_id, is_administrator, permissions) values ($1, $2, true, '{}')",
            world.app.organisation_id,
            staff_user.id,
        )

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await world.platform.database.run(join)


async def test_administrators_see_to_staff_and_nobody_to_himself(world: World) -> None:
    boss, other = await officer(world.platform, ADMINISTRATOR), await officer(world.platform, VIEWER)
    async with at_work(world.platform, user=boss) as browser, at_work(world.platform, user=other) as viewer:
        await browser.get("/office/staff")
        await viewer.get("/office/staff")
        changed = await browser.post(f"/office/staff/{other.id}", act="role", role="operator")
        assert changed.location == "/office/staff?done=changed"
        assert await role_of(world, other) is StaffRole.OPERATOR
        own = await browser.post(f"/office/staff/{boss.id}", act="role", role="viewer")
        assert (own.status, "nobody changes his own role" in own.words) == (422, True)
        assert (await browser.post(f"/office/staff/{boss.id}", act="disable")).status == 422
        assert await role_of(world, boss) is ADMINISTRATOR
        assert (await viewer.get("/office")).status == 200
        await browser.post(f"/office/staff/{other.id}", act="disable")
        assert (await viewer.get("/office")).status == 303, "who is shut out is outside at once"
        await browser.post(f"/office/staff/{other.id}", act="enable")
        twice = await browser.post("/office/staff", name="X", email=other.email, role="viewer")
        assert twice.status == 422
        renewed = await browser.post(f"/office/staff/{other.id}", act="link")
        assert other.email in renewed.words


async def test_everybody_sees_to_his_own_account(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url) as town:
        link = await make(town.world)
        async with open_browser(town.root, None, OFFICE) as office:
            await office.get(link)
            await office.post(link, password=PASSWORD)
        user = await staff_named(town.world, EMAIL)
        await enrol(town.world, user)
        async with (
            at_work(town.world.platform, user=user) as here,
            at_work(town.world.platform, user=user) as there,
        ):
            assert "Log out everywhere else" in (await here.get("/office/account")).words
            await there.get("/office")
            assert (
                await here.post("/office/account/password", known="wrong", password="another good one")
            ).status == 422
            changed = await here.post("/office/account/password", known=PASSWORD, password="another good one")
            assert changed.location == "/office/account"
            assert (await here.get("/office")).status == 200
            assert (await there.get("/office")).status == 303, "every other device is out"
            assert "Recovery codes" in (await here.post("/office/account/recovery-codes")).words
            async with at_work(town.world.platform, user=user) as third:
                await third.get("/office")
                assert (await here.post("/office/account/sessions/end-others")).location == "/office/account"
                assert (await third.get("/office")).status == 303


async def staff_named(world: World, email: str) -> User:
    async with world.platform.database.reading() as conn:
        found = await queries.find_staff_by_email(conn, email)
    assert found is not None
    return found


async def enrol(world: World, user: User) -> None:
    async def make_secret(work: Any) -> None:
        await work.conn.execute(
            "update users set sealed_totp_secret = $2, totp_enrolled_at = now() where id = $1",
            user.id,
            world.platform.vault.seal(SECRET),
        )

    await world.platform.database.run(make_secret)


async def test_the_terminal_lists_links_and_shuts_out(world: World) -> None:
    first = await make(world)
    status, output, _ = await staff_command(world, "link", EMAIL)
    assert (status, "/office/lost-password/" in output) == (0, True)
    async with open_browser(root_of(world.platform), None, OFFICE) as browser:
        assert (await browser.get(first)).status == 404, "another link ends the one before"
    assert (await staff_command(world, "create", EMAIL))[0] == 1
    assert (await staff_command(world, "create", "no address"))[0] == 1
    assert "no authenticator yet" in (await staff_command(world, "list"))[1]
    for word in ("reset-mfa", "disable"):
        assert (await staff_command(world, word, EMAIL))[0] == 0
    assert "disabled" in (await staff_command(world, "list"))[1]
    assert (await staff_command(world, "enable", EMAIL))[0] == 0
    assert (await staff_command(world, "disable", "nobody@example.com"))[0] == 1


async def role_of(world: World, user: User) -> StaffRole | None:
    async with world.platform.database.reading() as conn:
        return next(each.staff_role for each in await queries.list_staff(conn) if each.id == user.id)


async def mailed(town: Town) -> dict[str, str]:
    """The mail that waits for the mail server, by recipient."""
    rows = await town.execute("select recipient, sealed_text from mails order by created_at")
    return {row["recipient"]: town.world.platform.vault.open(row["sealed_text"]) for row in rows}


async def test_with_a_mail_server_a_link_goes_to_its_owner_and_is_shown_to_nobody(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url, smtp_host="mail.invalid") as town:
        async with at_work(town.world.platform, ADMINISTRATOR) as browser:
            await browser.get("/office/staff")
            made = await browser.post("/office/staff", name="Baraka", email="baraka@example.com", role="operator")
            assert ("/lost-password/" in made.text, "was mailed to baraka@example.com" in made.words) == (False, True)
        letter = (await mailed(town))["baraka@example.com"]
        path = re.search(r"(/office/lost-password/\S+)", letter)[1]  # type: ignore[index]
        async with open_browser(town.root, None, OFFICE) as office:
            await office.get(path)
            assert (await office.post(path, password=PASSWORD)).status == 200
            assert (await log_in(office, "baraka@example.com")).location == "/office/log-in/code"


async def test_the_terminal_shows_the_first_link_and_mails_the_others(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url, smtp_host="mail.invalid") as town:
        url = ("--database-url", town.world.platform.settings.database_url)
        key = town.world.platform.settings.master_keys[0]

        async def staff(*words: str) -> str:
            ended = await in_process("staff", *words, *url, BITPESA_MASTER_KEYS=key, BITPESA_SMTP_HOST="mail.invalid")
            assert ended.status == 0, ended.complaints
            return ended.output

        assert "/office/lost-password/" in await staff("create", EMAIL)
        second = await staff("create", "baraka@example.com")
        again = await staff("link", EMAIL)
        assert "/lost-password/" not in second + again
        assert "was mailed to baraka@example.com" in second
        assert set(await mailed(town)) == {"baraka@example.com", EMAIL}
