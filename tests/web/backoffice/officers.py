"""Staff at their browsers, with a code just given or long ago."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page

from bitpesa.tenants.users.model import StaffRole, User
from bitpesa.web.kit.cookies import OFFICE as COOKIE
from bitpesa.wiring import Platform
from tests.web.kit.browsing import Chromium
from tests.web.kit.visiting import Browser, enrolled_user, open_browser, session_of

VIEWER, OPERATOR, ADMINISTRATOR = StaffRole


def root_of(platform: Platform) -> str:
    return platform.settings.sandbox_origins[0]


async def officer(platform: Platform, role: StaffRole = OPERATOR, *, email: str | None = None) -> User:
    """One of staff who has an authenticator."""
    return await enrolled_user(platform, name="Amina Otieno", role=role, email=email)


@asynccontextmanager
async def at_work(
    platform: Platform, role: StaffRole = OPERATOR, *, user: User | None = None, fresh: bool = True
) -> AsyncIterator[Browser]:
    """The browser of one of staff; without `fresh` its code was given long ago."""
    user = user or await officer(platform, role)
    token = await session_of(platform, user)
    if not fresh:
        await forget_code(platform, user)
    async with open_browser(root_of(platform), token, COOKIE) as browser:
        yield browser


async def forget_code(platform: Platform, user: User) -> None:
    """Let the code of a user's sessions be hours old."""

    async def make(work: Any) -> None:
        await work.conn.execute(
            "update sessions set second_factor_at = second_factor_at - interval '2 hours' where user_id = $1", user.id
        )

    await platform.database.run(make)


async def in_chromium(
    chromium: Chromium, platform: Platform, role: StaffRole = OPERATOR, *, user: User | None = None, **window: Any
) -> Page:
    """A page of one of staff."""
    user = user or await officer(platform, role)
    token = await session_of(platform, user)
    return await chromium.page(url=root_of(platform), token=token, cookie=COOKIE, **window)
