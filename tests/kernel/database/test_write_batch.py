"""Sheets are written all or none; of those written together, each is refused for its own faults only."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitpesa.kernel.database.pool import UNREACHABLE, NeedsTransaction, Overtaken
from bitpesa.kernel.database.statements import parse
from bitpesa.kernel.database.write_batch import Memory, Scribe, Sheet, write
from bitpesa.kernel.problems import NotFound
from tests.waiting import PATIENCE_SECONDS, until_somebody_waits

APP = UUID(int=7)

SQL = parse("""
-- name: enlist(rows)
insert into guests (name) select r.name from json_to_recordset($1) as r (name text)
on conflict do nothing
returning name

-- name: enlist_too(rows)
insert into guests (name) select r.name from json_to_recordset($1) as r (name text)
returning name

-- name: pour(rows)
update jugs j set cups = j.cups - r.cups from json_to_recordset($1) as r (jug integer, cups integer)
where j.id = r.jug
returning j.id, j.cups

-- name: toast(rows) after pour
insert into toasts (words, cups) select r.words, p.cups from json_to_recordset($1) as r (words text), pour p
returning words

-- name: unchanged(rows)
select j.id from json_to_recordset($1) as r (jug integer, version text)
join jugs j on j.id = r.jug and j.xmin::text = r.version
for key share of j
""")


@pytest.fixture(autouse=True)
async def a_feast(database):
    async with database.work() as work:
        await work.conn.execute("""
            create table guests (name text primary key, place integer generated always as identity);
            create table jugs (id integer primary key, cups integer not null check (cups >= 0));
            create table toasts (words text, cups integer);
            insert into jugs values (1, 10), (2, 10);
        """)


def sheet_of(*entries, memory=None):
    sheet = Sheet(memory)
    for name, *rows in entries:
        sheet.add(SQL[name], rows)
    return sheet


async def state(database):
    async with database.reading() as conn:
        guests = [row["name"] for row in await conn.fetch("select name from guests order by place")]
        jugs = [row["cups"] for row in await conn.fetch("select cups from jugs order by id")]
        toasts = [tuple(row) for row in await conn.fetch("select * from toasts order by words")]
        return guests, jugs, toasts


async def commits(database, table):
    async with database.reading() as conn:
        return len(await conn.fetch(f"select distinct xmin::text from {table}"))  # noqa: S608 - a table of this test


async def write_all(database, *sheets):
    async with database.reading() as conn:
        await write(conn, sheets)


async def test_sheets_are_written_together_in_one_commit(database):
    sheets = [sheet_of(("enlist", {"name": n}), ("pour", {"jug": j, "cups": 3})) for n, j in (("a", 1), ("b", 2))]
    await write_all(database, *sheets)
    assert await state(database) == (["a", "b"], [7, 7], [])
    assert await commits(database, "guests") == 1


async def test_statements_are_carried_out_in_their_order(database):
    """So whoever is waited for by everybody is locked last."""
    await write_all(database, sheet_of(("enlist", {"name": "a"}), ("enlist_too", {"name": "b"})))
    await write_all(database, sheet_of(("enlist_too", {"name": "c"}), ("enlist", {"name": "d"})))
    assert (await state(database))[0] == ["a", "b", "c", "d"]


async def test_a_statement_may_name_the_rows_of_the_one_before(database):
    await write_all(database, sheet_of(("pour", {"jug": 1, "cups": 4}), ("toast", {"words": "Cheers"})))
    assert await state(database) == ([], [6, 10], [("Cheers", 6)])


async def test_what_statements_answer_is_told(database):
    heard = []
    sheet = sheet_of(("enlist", {"name": "a"}))
    sheet.add(SQL.pour, [{"jug": 2, "cups": 1}], heard.extend)
    await write_all(database, sheet)
    assert heard == [{"id": 2, "cups": 9}]


async def test_a_sheet_that_writes_fewer_rows_than_it_was_handed_writes_nothing(database):
    await write_all(database, sheet_of(("enlist", {"name": "a"})))
    known, missing = ("enlist", {"name": "a"}, {"name": "b"}), ("pour", {"jug": 1, "cups": 1}, {"jug": 9, "cups": 1})
    for spoilt in ([known], [("enlist", {"name": "b"}), missing], [missing, ("enlist", {"name": "b"})]):
        with pytest.raises(asyncpg.SerializationError):
            await write_all(database, sheet_of(*spoilt))
    assert await state(database) == (["a"], [10, 10], [])


async def test_what_changed_since_it_was_read_is_seen_even_while_waiting_for_who_changes_it(database):
    async with database.reading() as conn:
        version = await conn.fetchval("select xmin::text from jugs where id = 1")
    check = ("unchanged", {"jug": 1, "version": version})
    await write_all(database, sheet_of(check, ("enlist", {"name": "a"})))
    async with database.work() as work:
        await work.conn.execute("select from jugs where id = 1 for update")
        late = asyncio.create_task(write_all(database, sheet_of(check, ("enlist", {"name": "b"}))))
        async with database.reading() as conn:
            await until_somebody_waits(conn)
        await work.conn.execute("update jugs set cups = 10 where id = 1")
    with pytest.raises(asyncpg.SerializationError):
        await late
    assert await state(database) == (["a"], [10, 10], [])


# -- the scribe


def scribe_of(database):
    return Scribe(database.pool, hands=1, unreachable=UNREACHABLE)


async def test_one_that_spoils_it_for_all_is_refused_alone(database):
    scribe = scribe_of(database)
    await scribe.write(sheet_of(("enlist", {"name": "known"})))
    names = ["a", "b", "known", "c", "a"]
    sheets = [sheet_of(("enlist", {"name": name}), ("pour", {"jug": 1, "cups": 1})) for name in names]
    problems = await asyncio.gather(*(scribe.write(each) for each in sheets), return_exceptions=True)
    assert [problem is None for problem in problems] == [True, True, False, True, False]
    assert {type(problem) for problem in problems if problem} == {asyncpg.SerializationError}
    assert await state(database) == (["known", "a", "b", "c"], [7, 10], [])


async def test_sheets_without_rows_cost_nothing(database):
    await scribe_of(database).write(Sheet())
    assert await state(database) == ([], [10, 10], [])


GUESTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(min_value=1, max_value=2), st.integers(min_value=0, max_value=6)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(guests=GUESTS)
async def test_together_comes_to_the_same_as_one_by_one(database, guests):
    """Each takes a name that may be taken, and cups that may not be there."""
    outcomes = []
    for at_once in (False, True):
        async with database.work() as work:
            await work.conn.execute("truncate guests, toasts; update jugs set cups = 10")
        scribe = scribe_of(database)
        sheets = [sheet_of(("enlist", {"name": n}), ("pour", {"jug": j, "cups": c})) for n, j, c in guests]
        if at_once:
            problems = await asyncio.gather(*map(scribe.write, sheets), return_exceptions=True)
        else:
            problems = [(await asyncio.gather(scribe.write(each), return_exceptions=True))[0] for each in sheets]
        outcomes.append((list(map(type, problems)), await state(database)))
    assert outcomes[0] == outcomes[1]


# -- work on sheets


class Host:
    """Enlists guests, and remembers how: on a sheet, or in a transaction."""

    def __init__(self, database):
        self.database = database
        self.ways = []

    async def enlist(self, work, name, problem=None):
        self.ways.append("transaction" if work.sheet is None else "sheet")
        work.wake("guests")
        if isinstance(problem, type) and (work.sheet is not None or issubclass(problem, NotFound)):
            raise problem
        await work.write((SQL.enlist, [{"name": name}]))
        return f"welcome {name}"

    async def run(self, *args, app=APP):
        return await self.database.run_on_sheet(app, self.enlist, *args)


@pytest.fixture
def host(database):
    return Host(database)


async def test_work_that_nothing_stands_against_is_done_on_a_sheet_and_wakes_others_afterwards(database, host):
    waiting = asyncio.create_task(database.wakeups.wait("guests", 3600))
    assert await host.run("a") == "welcome a"
    await asyncio.wait_for(waiting, PATIENCE_SECONDS)
    assert host.ways == ["sheet"]
    assert (await state(database))[0] == ["a"]


@pytest.mark.parametrize("problem", [NeedsTransaction, Overtaken])
async def test_work_that_needs_more_is_done_in_a_transaction(host, problem):
    assert await host.run("a", problem) == "welcome a"
    assert host.ways == ["sheet", "transaction"]
    assert await host.run("b") == "welcome b"
    assert host.ways[2:] == ["sheet"]


async def test_whoever_is_refused_is_judged_anew_in_a_transaction_and_nothing_is_stored(database, host):
    with pytest.raises(NotFound):
        await host.run("a", NotFound)
    assert host.ways == ["sheet", "transaction"]
    assert (await state(database))[0] == []


async def test_an_app_whose_sheet_was_refused_goes_alone_for_a_while_and_others_do_not(host):
    await host.run("a")
    with pytest.raises(asyncpg.SerializationError):
        await host.run("a")
    assert host.ways[:3] == ["sheet", "sheet", "transaction"]
    host.ways.clear()
    await host.run("b")
    await host.run("c", app=uuid4())
    assert host.ways == ["transaction", "sheet"]


async def test_work_on_a_sheet_gets_no_connection_to_write_on(database):
    async def write_past_the_sheet(work):
        await work.conn.execute("insert into guests (name) values ($1)", "a")
        return work.sheet

    assert await database.run_on_sheet(APP, write_past_the_sheet) is None


# -- memory


def test_what_is_remembered_for_longest_is_forgotten_first():
    memory = Memory(most=2)
    for number in range(3):
        memory.remember(number, f"fact {number}")
    assert [memory.recall(number) for number in range(3)] == [None, "fact 1", "fact 2"]


def test_a_refused_sheet_forgets_what_it_relied_on():
    memory = Memory()
    memory.remember("a", 1)
    memory.remember("b", 2)
    sheet = Sheet(memory)
    assert (sheet.recall("a"), sheet.recall("c")) == (1, None)
    sheet.forget()
    assert (memory.recall("a"), memory.recall("b")) == (None, 2)
