"""A real Chromium, signed in or not: pages are pressed through in it, and held against the rules of accessibility."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from bitpesa.tenants.users.model import Permission
from bitpesa.wiring import Platform
from tests.programs import program
from tests.web.kit.visiting import COOKIE, enrolled_user, join, session_of

OPTIONS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")

SERIOUS = {"serious", "critical"}


class Chromium:
    """A browser whose windows share nothing with each other."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    async def page(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        cookie: str = COOKIE,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
    ) -> Page:
        """A page in a window of its own; with the token of a session it is signed in at that URL."""
        window = await self._browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, java_script_enabled=scripts, base_url=url
        )
        if token is not None:
            await window.add_cookies([{"name": cookie, "value": token, "url": url}])
        page = await window.new_page()
        page.set_default_timeout(20_000)
        return page

    async def member(
        self,
        platform: Platform,
        organisation_id: UUID,
        permissions: Iterable[Permission] | None = None,
        *,
        email: str | None = None,
        **window: object,
    ) -> Page:
        """A page of a new member of an organisation: an administrator, unless permissions are given."""
        user = await enrolled_user(platform, email=email)
        await join(platform, user, organisation_id, permissions)
        token = await session_of(platform, user)
        return await self.page(url=platform.settings.sandbox_origins[0], token=token, **window)  # type: ignore[arg-type]


@asynccontextmanager
async def launched(*options: str) -> AsyncIterator[Chromium]:
    """A browser with further options on its command line."""
    path, args = program("chromium"), [*OPTIONS, *options]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=args, chromium_sandbox=False)
        yield Chromium(browser)
        await browser.close()


@pytest.fixture
async def chromium() -> AsyncIterator[Chromium]:
    """A browser of this test alone."""
    async with launched() as chromium:
        yield chromium


async def grave_findings(page: Page) -> list[str]:
    """What axe finds wrong with a page and calls serious or critical, one line each."""
    results = await Axe().run(page)
    return [
        f"{found['impact']} {found['id']}: {node['target']} {node.get('failureSummary', '')}"
        for found in results.response["violations"]
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]


async def is_too_wide(page: Page) -> bool:
    """Whether a page has to be pushed sideways to be read."""
    width: bool = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return width
