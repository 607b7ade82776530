"""Wrong addresses in a browser, the order of countries, and where a live key is used."""

import pytest

from bitpesa.tenants.organisations import operations as organisations
from bitpesa.web.kit.labels import collated
from bitpesa.web.portal.organisations import COUNTRIES
from tests.journeys.people import open_town
from tests.journeys.world import World
from tests.web.kit.visiting import open_browser, signed_in

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_a_wrong_address_is_a_page_to_a_browser_and_json_to_a_program(world: World) -> None:
    async with open_browser(world.platform.settings.sandbox_origins[0]) as browser:
        for path in ("/nope", "/office/nope", "/portal/nope", "/documentation/nope", "/files/proofs/x/y.pdf"):
            page = await browser.get(path, **BROWSER)
            assert page.headers["Content-Type"].startswith("text/html"), path
            assert 'href="/"' in page.text
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            told = await browser.get(path)
            assert told.headers["Content-Type"] == "application/json", path
            assert page.status == told.status
        same = [(await browser.get(path, **BROWSER)).text for path in ("/nope", "/office/nope", "/portal/nope")]
        assert len(set(same)) == 1, "it tells nobody which sites there are"
        api = await browser.get("/v1/nope", **BROWSER)
        assert api.headers["Content-Type"].startswith("application/json"), "the API is for programs"


def test_countries_stand_as_in_a_dictionary() -> None:
    names = [name for _, name in COUNTRIES]
    assert names.index("Costa Rica") < names.index("Côte d'Ivoire") < names.index("Croatia")
    assert names.index("Tunisia") < names.index("Türkiye") < names.index("Turkmenistan")
    assert names.index("Åland Islands") < names.index("Albania")
    assert len(set(COUNTRIES)) == len(COUNTRIES) > 240


@pytest.mark.parametrize(("text", "key"), [("Côte d'Ivoire", "cote divoire"), ("ÅLAND", "aland"), ("", "")])
def test_accents_and_marks_do_not_sort(text: str, key: str) -> None:
    assert collated(text) == key


async def test_a_live_key_is_shown_with_where_live_is_called(world: World) -> None:
    live = await world.platform.database.run(organisations.create_app, world.app.organisation_id, "live")
    key, _ = await world.platform.database.run(organisations.create_key, world.platform.vault, live.id)
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        for path in ("/portal/live/keys", f"/portal/live/keys/{key.id}"):
            page = await browser.get(path)
            assert f"{world.platform.settings.live_origins[0]}/v1" in page.words
            assert f"{world.platform.settings.sandbox_origins[0]}/v1" not in page.words


async def test_a_deployment_without_live_says_so_beside_a_live_key(fresh_database_url: str) -> None:
    async with open_town(fresh_database_url) as town:
        ada = await town.founder()
        (row,) = await town.execute("select id from organisations where name = 'Nairobi Exports'")
        database, vault = town.world.platform.database, town.world.platform.vault
        live = await database.run(organisations.create_app, row["id"], "live")
        key, _ = await database.run(organisations.create_key, vault, live.id)
        page = await ada.browser.get(f"/portal/live/keys/{key.id}")
        assert "does not serve the live API" in page.words
        assert "/accounts" not in page.text, "no call that leads nowhere"
