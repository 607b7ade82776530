"""Sanction lists in the office: loaded whole from a file or not at all, retired, and who did so from what."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bitpesa.payments.screening import queries
from bitpesa.payments.screening.model import Listed, ListInfo
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Entry, Filters
from tests.journeys.world import PERSON, World, open_world
from tests.payments.screening.test_list_formats import ALT, EU, OFAC, SIMPLE, UK
from tests.web.backoffice.officers import ADMINISTRATOR, VIEWER, at_work
from tests.web.kit.visiting import Browser, File, Shown

PATH = "/office/lists"
NAMESAKE = File("mine.csv", b"id,schema,name,aliases\nV-1,Person,Jane Roe,\n")


@pytest.fixture
async def administrator(world: World) -> AsyncIterator[Browser]:
    async with at_work(world.platform, ADMINISTRATOR) as browser:
        await browser.get(PATH)
        yield browser


async def lists(world: World) -> list[ListInfo]:
    async with world.platform.database.reading() as conn:
        return await queries.lists(conn)


async def trail_of(world: World, name: str) -> list[Entry]:
    async with world.platform.database.reading() as conn:
        return (await trail.list_page(conn, Filters(object_type="ScreeningList", object_id=name), limit=10))[0]


def loaded(answer: Shown) -> None:
    assert (answer.status, answer.location) == (303, f"{PATH}?done=loaded"), answer.words


async def listed(conn: Any) -> list[Listed]:
    return [each async for some in queries.listed_in_turn(conn, 2) for each in some]


@pytest.mark.parametrize(
    ("format_", "text", "entries"), [("simple", SIMPLE, 2), ("ofac", OFAC, 3), ("eu", EU, 2), ("uk", UK, 2)]
)
async def test_each_format_is_told_by_its_columns(
    world: World, administrator: Browser, format_: str, text: str, entries: int
) -> None:
    content = text.encode()
    loaded(await administrator.post(PATH, file=File("list of 24 Nov.csv", content)))
    (known,) = await lists(world)
    assert (known.name, known.format, known.entries, known.file_name) == (
        format_,
        format_,
        entries,
        "list of 24 Nov.csv",
    )
    assert known.sha256 == hashlib.sha256(content).hexdigest()
    (entry,) = await trail_of(world, format_)
    assert (entry.action, entry.actor.kind, entry.actor.name) == ("screening_list.loaded", "staff", known.loaded_by)
    assert entry.actor.id is not None
    assert (entry.after["file"], entry.after["sha256"], entry.after["entries"]) == (
        known.file_name,
        known.sha256,
        entries,
    )
    page = await administrator.get(PATH)
    assert [each in page.words for each in ("list of 24 Nov.csv", known.sha256, known.loaded_by)] == [True] * 3


async def test_a_name_a_format_aliases_and_the_sandbox_are_chosen(world: World, administrator: Browser) -> None:
    sdn, alt = File("sdn.csv", OFAC.encode()), File("alt.csv", ALT.encode())
    loaded(await administrator.post(PATH, file=sdn, aliases=alt, format="ofac", name=" mine ", sandbox_only="yes"))
    (known,) = await lists(world)
    assert (known.name, known.format, known.sandbox_only) == ("mine", "ofac", True)
    async with world.platform.database.reading() as conn:
        names = {each.entry.uid: each.entry.names for each in await listed(conn)}
    assert "Zeb VEX" in names["36"]
    assert "sandbox only" in (await administrator.get(PATH)).words


async def test_a_newer_edition_takes_the_place_of_the_older(world: World, administrator: Browser) -> None:
    for text, entries in ((SIMPLE, 2), (SIMPLE + "Q3,Person,Third One,,,,,,,,,,Test\n", 3)):
        loaded(await administrator.post(PATH, file=File("a.csv", text.encode())))
        assert [known.entries for known in await lists(world)] == [entries]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose the file of a list."),
        ({"file": File("", b"")}, "Choose the file of a list."),
        ({"file": File("a.csv", b"")}, "none of the formats known"),
        ({"file": File("a.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)}, "none of the formats known"),
        ({"file": File("a.csv", SIMPLE.encode()), "format": "eu"}, "no heading with the column Entity_LogicalId"),
        ({"file": File("a.csv", (SIMPLE + "Q3,Person\n").encode())}, "a.csv: line 4: it has 2 columns"),
        ({"file": File("a.csv", (SIMPLE + ",Person,No Id,,,,,,,,,,\n").encode())}, "line 4: it does not say"),
        ({"file": File("a.csv", (SIMPLE + "Q3,Person,A\0B,,,,,,,,,,\n").encode())}, "line 4: this is no text"),
        ({"file": File("a.csv", (SIMPLE + 'Q3,Person,"cut of').encode())}, "line 4: it has 3 columns"),
        ({"file": File("a.csv", SIMPLE.splitlines()[0].encode())}, "nobody is listed in it"),
        (
            {"file": File("a.csv", SIMPLE.encode()), "aliases": File("alt.csv", ALT.encode())},
            "belong to a list of OFAC",
        ),
        ({"file": File("a.csv", OFAC.encode()), "aliases": File("alt.csv", OFAC.encode())}, "aliases, line 1"),
        ({"file": File("a.csv", SIMPLE.encode()), "name": "x" * 61}, "name: Too long"),
        ({"file": File("a.csv", SIMPLE.encode()), "name": "a\0b"}, "name: Not valid"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_nothing_is_loaded(
    world: World, administrator: Browser, fields: dict[str, Any], words: str
) -> None:
    loaded(await administrator.post(PATH, file=File("older.csv", SIMPLE.encode())))
    before = await lists(world)
    refused = await administrator.post(PATH, **fields)
    assert (refused.status, words in refused.words) == (422, True), refused.words
    assert await lists(world) == before
    async with world.platform.database.reading() as conn:
        assert len(await listed(conn)) == 2
    assert len(await trail_of(world, "simple")) == 1


async def test_a_format_that_is_none_is_not_there(world: World, administrator: Browser) -> None:
    assert (await administrator.post(PATH, file=NAMESAKE, format="xml")).status == 404
    assert await lists(world) == []


async def test_a_hostile_file_name_is_kept_as_text(world: World, administrator: Browser) -> None:
    name = "<script>alert(1)</script>\u202e" + "n" * 300
    loaded(await administrator.post(PATH, file=File(name, SIMPLE.encode())))
    (known,) = await lists(world)
    assert (known.file_name, len(known.file_name or "")) == (name.replace("\u202e", "")[:255], 255)
    assert "<script>alert" not in (await administrator.get(PATH)).text


async def test_a_list_that_is_too_long_is_not_read(fresh_database_url: str) -> None:
    short = open_world(fresh_database_url, screening_list_max_bytes=1_000)
    async with short as world, at_work(world.platform, ADMINISTRATOR) as browser:
        await browser.get(PATH)
        for size, status in ((60_000, 303), (70_000, 413)):
            more = "".join(f"N-{n:05},Person,Nobody Known,\n" for n in range(size // 29))
            content = b"id,schema,name,aliases\n" + more.encode()
            assert (await browser.post(PATH, file=File("a.csv", content))).status == status, size
        (known,) = await lists(world)
    assert known.entries == 60_000 // 29


async def test_a_list_is_retired_with_a_reason(world: World, administrator: Browser) -> None:
    loaded(await administrator.post(PATH, file=NAMESAKE, name="mine"))
    assert (await administrator.post(f"{PATH}/retire", name="mine", reason=" ")).status == 422
    assert (await administrator.post(f"{PATH}/retire", name="other", reason="x")).status == 404
    assert len(await lists(world)) == 1
    retired = await administrator.post(f"{PATH}/retire", name="mine", reason="a copy of another")
    assert retired.location == f"{PATH}?done=retired"
    assert await lists(world) == []
    entry, _ = await trail_of(world, "mine")
    assert (entry.action, entry.reason, entry.before["entries"]) == (
        "screening_list.retired",
        "a copy of another",
        1,
    )
    assert "No list is loaded" in (await administrator.get(PATH)).words


async def test_senders_that_were_there_before_are_looked_up_and_found(world: World, administrator: Browser) -> None:
    sender = (await world.client.post("/senders", {"sender": {**PERSON, "external_id": "S-8"}})).object
    text = b"id,schema,name,aliases,birth_date\nV-1,Person,Jane Roe,,1950-01-01\n"
    loaded(await administrator.post(PATH, file=File("mine.csv", text), name="mine"))
    assert "A list has changed" in (await administrator.get(PATH)).words
    await world.drain()
    assert "A list has changed" not in (await administrator.get(PATH)).words
    hits = await administrator.get("/office/senders/hits")
    assert ("Jane Roe" in hits.words, sender["id"] in hits.text) == (True, True)
    await administrator.post(f"{PATH}/retire", name="mine", reason="a mistake")
    assert "No matches" in (await administrator.get("/office/senders/hits")).words
    assert "list retired" in (await administrator.get(f"/office/senders/{world.app.id}/{sender['id']}")).words
    loaded(await administrator.post(PATH, file=File("mine.csv", text), name="mine"))
    assert sender["id"] in (await administrator.get("/office/senders/hits")).text, "it counts again"


async def test_who_may_only_look_sees_the_lists_and_no_form(world: World, administrator: Browser) -> None:
    loaded(await administrator.post(PATH, file=NAMESAKE, name="mine"))
    async with at_work(world.platform, VIEWER) as browser:
        page = await browser.get(PATH)
    assert ("mine.csv" in page.words, "This is for those whose role is administrator" in page.words) == (True, True)
    assert f'action="{PATH}' not in page.text
    async with at_work(world.platform, ADMINISTRATOR, fresh=False) as browser:
        page = await browser.get(PATH)
    assert ("Give a new code" in page.words, f'action="{PATH}' in page.text) == (True, False)
