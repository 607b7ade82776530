"""Every page of the portal about an app: readable by everybody, on a phone as on a desk, by day and by night."""

from typing import Literal

import pytest

from tests.journeys.world import World
from tests.web.kit.browsing import Chromium, grave_findings, is_too_wide
from tests.web.portal.furnished import furnish


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_no_page_is_hard_to_use(
    world: World, chromium: Chromium, width: int, scheme: Literal["light", "dark"]
) -> None:
    furnished = await furnish(world)
    page = await chromium.member(world.platform, world.app.organisation_id, width=width, scheme=scheme)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for name, path in furnished.paths.items():
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, name
        complaints += [f"{name}: {each}" for each in await grave_findings(page)]
        complaints += [f"{name} is too wide"] if await is_too_wide(page) else []
    assert complaints == []


@pytest.mark.parametrize("path", ["/", "/documentation", "/documentation/transactions", "/pay/nothing"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
async def test_pages_for_everybody_are_no_harder(
    world: World, chromium: Chromium, path: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = await chromium.page(url=world.platform.settings.sandbox_origins[0], width=width, scheme=scheme)
    await page.goto(path)
    assert await grave_findings(page) == []
    assert not await is_too_wide(page)
