"""Every list of the office that grows is shown in pages, and what is looked for is found on them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.users import store as people
from bitpesa.web.kit.paging import PER
from tests.journeys.world import World, ok
from tests.web.backoffice.furnished import furnish
from tests.web.backoffice.officers import ADMINISTRATOR, at_work
from tests.web.kit.visiting import Browser, enrolled_user, join

MORE = PER + 5


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with at_work(world.platform, ADMINISTRATOR) as browser:
        await browser.get("/office")
        yield browser


async def execute(world: World, statement: str, *values: Any) -> None:
    async def run(work: Any) -> None:
        await work.conn.execute(statement, *values)

    await world.platform.database.run(run)


async def sign_up(world: World, *names: str) -> list[UUID]:
    """Organisations with a sandbox app each, in this order."""

    async def make(work: Any) -> list[UUID]:
        made = []
        for name in names:
            organisation = await organisations.create_organisation(work, name)
            await organisations.create_app(work, organisation.id, "sandbox")
            made.append(organisation.id)
        return made

    return await world.platform.database.run(make)


async def seen(browser: Browser, path: str, texts: list[str]) -> tuple[list[str], int]:
    """Which of the texts are on the pages of a list, page by page; how many pages there are."""
    found: list[str] = []
    page = 1
    while True:
        shown = await browser.get(f"{path}{'&' if '?' in path else '?'}page={page}")
        assert shown.status == 200, path
        here = [text for text in texts if text in shown.text]
        assert len(here) <= PER, path
        found += here
        if 'rel="next"' not in shown.text:
            return found, page
        page += 1


def each_once(found: tuple[list[str], int], texts: list[str]) -> None:
    """Every text stood on one page, and there was more than one."""
    assert (sorted(found[0]), found[1]) == (sorted(texts), 2)


async def test_organisations_and_their_apps(world: World, browser: Browser) -> None:
    names = [f"Client {number:02} Ltd" for number in range(MORE)]
    await sign_up(world, *names)
    for path in ("/office/organisations", "/office/rates", "/office/books"):
        each_once(await seen(browser, path, names), names)
        each_once(await seen(browser, f"{path}?who=cLiEnT", names), names)
        (only, pages) = await seen(browser, f"{path}?who=client+07", names)
        assert (only, pages) == (["Client 07 Ltd"], 1), path
        assert "Nothing matches" in (await browser.get(f"{path}?who=100%25")).words, path


async def test_organisations_are_found_by_the_addresses_of_their_people(world: World, browser: Browser) -> None:
    first, second = await sign_up(world, "Nairobi Exports", "Kampala Coffee")
    ada = await enrolled_user(world.platform, email="ada@nairobi.example.com")
    await join(world.platform, ada, first)
    await join(world.platform, await enrolled_user(world.platform, email="ben@kampala.example.com"), second)
    page = await browser.get("/office/organisations?who=ADA%40nairobi")
    assert ("Nairobi Exports" in page.words, "Kampala Coffee" in page.words) == (True, False)
    page = await browser.get("/office/organisations?who=.example.com")
    assert ("Nairobi Exports" in page.words, "Kampala Coffee" in page.words) == (True, True)
    assert "Nothing matches" in (await browser.get("/office/organisations?who=ada%40kampala")).words


async def test_who_asks_for_live_access_is_on_the_first_page(world: World, browser: Browser) -> None:
    (asking, *_) = await sign_up(world, "The Oldest One", *(f"Client {number}" for number in range(MORE)))
    assert "The Oldest One" not in (await browser.get("/office/organisations")).words
    await execute(
        world,
        "insert into onboarding_requests (organisation_id, id, asked_by, asked_at, state)"
        " values ($1, gen_random_uuid(), 'ada@example.com', clock_timestamp(), 'waiting')",
        asking,
    )
    page = await browser.get("/office/organisations")
    assert "live access" in page.words
    assert page.words.index("The Oldest One") < page.words.index("Client 24")
    assert "The Oldest One" not in (await browser.get("/office/organisations?page=2")).words


async def test_users(world: World, browser: Browser) -> None:
    addresses = [f"user-{number:02}@example.com" for number in range(MORE)]

    async def make(work: Any) -> None:
        for address in addresses:
            await people.insert_user(work.conn, "Ada Obi", address, "no password", None)

    await world.platform.database.run(make)
    each_once(await seen(browser, "/office/users?who=ADA", addresses), addresses)
    assert await seen(browser, "/office/users?who=USER-07", addresses) == (["user-07@example.com"], 1)
    assert "Nobody matches" in (await browser.get("/office/users?who=nobody")).words
    assert "Amina" not in (await browser.get("/office/users?who=amina")).words, "staff are no users of clients"


async def test_what_waits_for_staff(world: World, browser: Browser) -> None:
    await furnish(world)
    numbers = [f"N-{number:02}-" for number in range(MORE)]
    await execute(
        world,
        "insert into screening_hits select (jsonb_populate_record(h, jsonb_build_object('uid', text))).*"
        " from screening_hits h, unnest($1::text[]) text",
        numbers,
    )
    await execute(
        world,
        "insert into payin_receipts"
        " select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'reference', text))).*"
        " from payin_receipts r, unnest($1::text[]) text where not accepted",
        numbers,
    )
    for path in ("/office/senders/hits", "/office/surplus"):
        each_once(await seen(browser, path, numbers), numbers)
    assert f"Potential sanctions matches 0 and {MORE + 1} in the sandbox" in (await browser.get("/office")).words
    await execute(world, "delete from payin_receipts where reference like 'N-%'")  # the books are audited at the end


async def test_movements_and_changes_of_a_rate(world: World, browser: Browser) -> None:
    reasons = [f"invoice {number:02}." for number in range(MORE)]
    for reason in reasons:
        made = await browser.post(
            f"/office/balances/{world.app.id}",
            direction="deposit",
            amount="900000",
            currency="USD",
            bank_reference=f"FT {reason}",
            value_date=datetime.now(UTC).date().isoformat(),
            is_another="yes",
            reason=reason,
        )
        assert made.location == f"/office/balances/{world.app.id}?done=proposed", made.words
    for path in (f"/office/balances/{world.app.id}", "/office/balances"):
        each_once(await seen(browser, path, reasons), reasons)
    rates = [f"{400 + number}.2571" for number in range(MORE)]
    for rate in rates:
        await browser.post("/office/rates/NGN", units=rate)
    found, pages = await seen(browser, "/office/rates/NGN", [f">{rate}<" for rate in rates])
    assert (len(found), pages) == (MORE, 2)


async def test_the_transactions_of_a_sender_and_what_staff_did(world: World, browser: Browser) -> None:
    made = [await world.transaction(ok("00"), external_id=f"T-{number:02}-") for number in range(MORE)]
    ids = [f"T-{number:02}-" for number in range(MORE)]
    path = f"/office/senders/{world.app.id}/{made[0]['sender']['id']}"
    each_once(await seen(browser, path, ids), ids)
    refused = await browser.post(f"{path}/dismiss", reason="")
    assert (refused.status, f'href="{path}?page=2"' in refused.text) == (422, True)
    marked = f"/office/transactions/{world.app.id}/{made[0]['id']}"
    for number in range(MORE):
        await browser.post(f"{marked}/mark", reason=f"reason {number:02}.")
    page = await browser.get(marked)
    story, _, did = page.words.partition("What staff did")
    assert f"of {MORE}: the story has all of them" in did
    assert all(f"reason {number:02}." in story for number in range(MORE))


async def test_behind_the_last_page_nobody_is_told_that_nothing_waits(browser: Browser) -> None:
    for path in ("senders", "held", "payouts", "mandates", "surplus", "balances", "senders/hits", "trail", "users"):
        page = await browser.get(f"/office/{path}?page=9")
        assert "There is no such page any more" in page.words, path
        assert f'href="/office/{path}?page=1"' in page.text, path
