"""Both sites under a name, since browsers have passkeys for names alone; and users with passkeys at their browsers."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from playwright.async_api import Page

from bitpesa.kernel.crypto import one_time_codes
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.server.http import answering, listen, make_front
from bitpesa.tenants.users import store
from bitpesa.tenants.users.model import StaffRole, User
from bitpesa.web.kit.cookies import OFFICE, PORTAL
from bitpesa.wiring import Platform
from tests.journeys.world import World, open_world
from tests.kernel.authenticators import Authenticator
from tests.web.backoffice.officers import forget_code
from tests.web.kit.browsing import Chromium
from tests.web.kit.visiting import NOBODY, SECRET, Browser, Shown, enrolled_user, open_browser, session_of


class Side(msgspec.Struct, frozen=True):
    """One of the sites, as somebody with a passkey walks through it."""

    log_in: str
    home: str
    cookie: str
    role: StaffRole | None

    @property
    def account(self) -> str:
        return f"{self.home}/account"

    @property
    def confirm(self) -> str:
        return f"{self.home}/confirm"


SIDES = {
    "portal": Side("/log-in", "/portal", PORTAL, None),
    "office": Side("/office/log-in", "/office", OFFICE, StaffRole.VIEWER),
}


class House:
    """Both sites at `http://localhost`, over the database of a world."""

    def __init__(self, world: World, platform: Platform) -> None:
        self.world = world
        self.platform = platform

    @property
    def root(self) -> str:
        return self.platform.settings.portal

    async def user(self, side: Side, name: str = "Ada Obi") -> User:
        return await enrolled_user(self.platform, name=name, role=side.role)

    @asynccontextmanager
    async def inside(self, side: Side, user: User, *, fresh: bool = True) -> AsyncIterator[Browser]:
        """A browser that is logged in; without `fresh` its code was given long ago."""
        token = await session_of(self.platform, user)
        if not fresh:
            await forget_code(self.platform, user)
        async with open_browser(self.root, token, side.cookie) as browser:
            yield browser

    @asynccontextmanager
    async def halfway(self, side: Side, user: User) -> AsyncIterator[Browser]:
        """A browser whose password was right."""
        async with open_browser(self.root, await self.halfway_token(user), side.cookie) as browser:
            yield browser

    async def halfway_token(self, user: User) -> str:
        token = new_token()

        async def make(work: Any) -> None:
            await store.insert_session(work.conn, token_hash(token), user.id, NOBODY)

        await self.platform.database.run(make)
        return token

    async def page(self, chromium: Chromium, side: Side, token: str, **window: Any) -> Page:
        return await chromium.page(url=self.root, token=token, cookie=side.cookie, **window)

    async def execute(self, statement: str, *args: Any) -> list[Any]:
        async with self.platform.database.reading() as conn:
            return list(await conn.fetch(statement, *args))

    async def trail(self, user: User) -> list[str]:
        found = await self.execute("select action from audit_trail where object_id = $1 order by seq", str(user.id))
        return [row["action"] for row in found]


@asynccontextmanager
async def open_house(database_url: str) -> AsyncIterator[House]:
    listener = listen("127.0.0.1", 0)
    origin = f"http://localhost:{listener.getsockname()[1]}"
    async with open_world(database_url, live_origins=()) as world:
        settings = msgspec.structs.replace(world.platform.settings, sandbox_origins=(origin,))
        platform = msgspec.structs.replace(world.platform, settings=settings)
        async with answering(make_front(platform), listener):
            yield House(world, platform)


async def add(browser: Browser, side: Side, phone: Authenticator, name: str = "Phone") -> Shown:
    """Add a passkey as the script does."""
    offer = await browser.post(f"{side.account}/passkeys/offer")
    assert offer.status == 200, offer.words
    return await browser.post(f"{side.account}/passkeys", name=name, passkey=phone.made(offer.text))


async def ask(browser: Browser, path: str) -> str:
    """What a passkey is asked to reply to."""
    offer = await browser.post(f"{path}/passkey")
    assert offer.status == 200, offer.words
    return offer.text


async def give_at_log_in(browser: Browser, side: Side, phone: Authenticator) -> Shown:
    return await browser.post(f"{side.log_in}/code", passkey=phone.signed(await ask(browser, side.log_in)))


async def give_to_confirm(browser: Browser, side: Side, phone: Authenticator) -> Shown:
    return await browser.post(side.confirm, passkey=phone.signed(await ask(browser, side.confirm)), next=side.account)


def code() -> str:
    """What the authenticator of every such user shows."""
    return one_time_codes.code_at(SECRET, one_time_codes.step_at(datetime.now(UTC)))


def removals(shown: Shown) -> list[str]:
    """Where the passkeys on a page of an account are removed."""
    return re.findall(r'action="([^"]+/passkeys/[0-9a-f-]{36}/remove)"', shown.text)
