"""Cookies as a real browser keeps them: over TLS for this host alone, and plain where it is plain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Error, Page, expect

from bitpesa.kernel.crypto import one_time_codes
from bitpesa.server.http import listen
from bitpesa.tenants.users.model import StaffRole, User
from bitpesa.wiring import Platform
from tests.journeys.people import PASSWORD
from tests.journeys.world import World, open_world
from tests.web.kit.browsing import Chromium, launched
from tests.web.kit.tls import HOST, behind_tls, make_certificate
from tests.web.kit.visiting import SECRET, enrolled_user, join

STRICT = "strict-transport-security"


class Deployment(msgspec.Struct, frozen=True):
    """A server as users reach it, and a browser that finds it by its name."""

    world: World
    chromium: Chromium
    origin: str
    plain: str
    """The same server without what is before it."""


@asynccontextmanager
async def deployed(database_url: str, folder: Path, *, with_tls: bool) -> AsyncIterator[Deployment]:
    listener, certificate = listen("127.0.0.1", 0), make_certificate(folder)
    settings = {"portal_origin": f"https://{HOST}:{listener.getsockname()[1]}"} if with_tls else {}
    options = (
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={certificate.pin}",
    )
    with listener:
        async with open_world(database_url, **settings) as world:
            port = int(world.platform.settings.sandbox_origins[0].rpartition(":")[2])
            plain = f"http://{HOST}:{port}"
            async with behind_tls(listener, port, certificate), launched(*options) as chromium:
                yield Deployment(world, chromium, settings.get("portal_origin", plain), plain)


async def with_password(platform: Platform, role: StaffRole | None = None) -> User:
    """Somebody who can log in by hand."""
    user = await enrolled_user(platform, role=role)
    kept = await platform.passwords.hash(PASSWORD)

    async def write(work: Any) -> None:
        await work.conn.execute("update users set password_hash = $2 where id = $1", user.id, kept)

    await platform.database.run(write)
    return user


async def log_in(page: Page, where: str, user: User) -> str:
    """Log in by hand, and answer what the page of the log-in told browsers about TLS."""
    answer = await page.goto(where)
    assert answer is not None
    await page.get_by_label("E-mail address").fill(user.email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    step = one_time_codes.step_at(datetime.now(UTC))
    await page.get_by_label("Code").fill(one_time_codes.code_at(SECRET, step))
    await page.get_by_role("button", name="Go on").click()
    return (await answer.all_headers()).get(STRICT, "")


async def cookies(page: Page) -> dict[str, Any]:
    """What the browser keeps, by name."""
    return {each["name"]: each for each in await page.context.cookies()}


async def invite(page: Page) -> None:
    """Do something that takes a form, as a member."""
    await page.goto("/portal/people")
    await page.get_by_label("E-mail address to invite").fill("bob@example.com")
    await page.get_by_role("button", name="Send the invitation").click()
    await expect(page.get_by_role("rowheader", name="bob@example.com")).to_be_visible()


async def renew_codes(page: Page) -> None:
    """Do something that takes a form and a code given lately, as one of staff."""
    await page.goto("/office/account")
    await page.get_by_role("button", name="Make others in their place").click()
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    await page.goto("/office")


async def test_over_tls_both_sites_keep_a_cookie_that_no_other_host_sees_or_sets(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with deployed(fresh_database_url, tmp_path, with_tls=True) as here:
        platform = here.world.platform
        member, officer = await with_password(platform), await with_password(platform, StaffRole.VIEWER)
        await join(platform, member, here.world.app.organisation_id)
        page = await here.chromium.page(url=here.origin)
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

        assert await log_in(page, "/log-in", member) == "max-age=31536000"
        await page.wait_for_url("**/portal/test")
        await invite(page)
        assert await log_in(page, "/office/log-in", officer) == "max-age=31536000"
        await page.wait_for_url("**/office")
        await renew_codes(page)

        kept = await cookies(page)
        assert set(kept) == {"__Host-bitpesa", "__Host-bitpesa_office"}
        for cookie in kept.values():
            assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
            assert (cookie["domain"], cookie["path"], cookie["expires"]) == (HOST, "/", -1)
        assert await page.evaluate("document.cookie") == ""

        inside = {name: cookie["value"] for name, cookie in kept.items()}
        await page.get_by_role("button", name="Log out").locator("visible=true").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        await page.goto("/portal")
        await page.get_by_role("button", name="Log out").locator("visible=true").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        outside = {name: cookie["value"] for name, cookie in (await cookies(page)).items()}
        assert not set(inside.values()) & set(outside.values())
        await page.context.add_cookies(
            [{"name": name, "value": value, "url": here.origin, "secure": True} for name, value in inside.items()]
        )
        for closed in ("/portal", "/office"):
            await page.goto(closed)
            await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        assert complaints == []


async def test_who_came_over_tls_once_never_comes_without_it_again(fresh_database_url: str, tmp_path: Path) -> None:
    async with deployed(fresh_database_url, tmp_path, with_tls=True) as here:
        for path in ("/log-in", "/office/log-in"):
            page = await here.chromium.page()
            before = await page.goto(here.plain + path)
            assert before is not None
            assert before.ok, "a browser that knows nothing yet comes as it is told"
            assert await cookies(page) == {}, "and keeps no cookie that is for TLS alone"
            await page.goto(here.origin + path)
            assert len(await cookies(page)) == 1
            with pytest.raises(Error, match="ERR_SSL_PROTOCOL_ERROR"):
                await page.goto(here.plain + path)


async def test_where_it_is_plain_nothing_asks_for_tls(fresh_database_url: str, tmp_path: Path) -> None:
    async with deployed(fresh_database_url, tmp_path, with_tls=False) as here:
        platform = here.world.platform
        member, officer = await with_password(platform), await with_password(platform, StaffRole.VIEWER)
        await join(platform, member, here.world.app.organisation_id)
        page = await here.chromium.page(url=here.origin)
        assert await log_in(page, "/log-in", member) == ""
        await page.wait_for_url("**/portal/test")
        await invite(page)
        assert await log_in(page, "/office/log-in", officer) == ""
        await page.wait_for_url("**/office")
        kept = await cookies(page)
        assert set(kept) == {"bitpesa", "bitpesa_office"}
        for cookie in kept.values():
            assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (False, True, "Lax")
        await page.get_by_role("button", name="Log out").locator("visible=true").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
