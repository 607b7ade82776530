"""A page of the office that is about one app says which environment it is of; its address names the app."""

import re
from typing import Any

from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import App
from tests.journeys.world import World
from tests.web.backoffice.furnished import furnish
from tests.web.backoffice.officers import at_work


async def test_a_page_of_one_app_says_its_environment(world: World) -> None:
    furnished = await furnish(world)

    async def make(work: Any) -> App:
        return await organisations.create_app(work, world.app.organisation_id, "live")

    live = await world.platform.database.run(make)
    of_apps = [
        path for path in furnished.paths.values() if str(world.app.id) in path or str(furnished.checked.id) in path
    ]
    assert len(of_apps) >= 4
    expected = dict.fromkeys(of_apps, "Test") | {
        f"/office/apps/{live.id}": "Live",
        f"/office/balances/{live.id}": "Live",
    }
    expected |= {"/office/books?environment=live": "Live", "/office/books?environment=sandbox": "Test"}
    async with at_work(world.platform) as browser:
        for _ in range(2):  # by turns, as in two windows
            for path, word in expected.items():
                page = await browser.get(path)
                (title,) = re.findall(r"<title>(.*)</title>", page.text)
                assert (page.status, title.rpartition(" · ")[2]) == (200, word), path
        home = await browser.get("/office")
        assert " · " not in re.findall(r"<title>(.*)</title>", home.text)[0]
