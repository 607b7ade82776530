import asyncio

import pytest

from bitpesa.kernel.database.pool import open_database
from bitpesa.schema.migrate import (
    Migration,
    SchemaInUse,
    SchemaTooNew,
    SchemaTooOld,
    index_names,
    migrate,
    migrations,
    require_current,
)
from tests.schema.conftest import connected


async def steps(url):
    async with connected(url) as conn:
        return [row["name"] for row in await conn.fetch("select name from schema_steps order by applied_at, number")]


NAMES = [step.name for step in migrations()]


def test_each_step_has_a_number_of_its_own():
    numbers = [step.number for step in migrations()]
    assert numbers == sorted(set(numbers))
    assert sorted(NAMES) == NAMES


async def test_every_step_is_applied_in_order(empty_url):
    assert await migrate(empty_url) == NAMES
    assert await steps(empty_url) == NAMES
    await require_current(empty_url)


async def test_a_second_time_nothing_is_left_to_do(fresh_database_url):
    assert await migrate(fresh_database_url) == []


async def test_two_at_once_take_turns(empty_url):
    first, second = await asyncio.gather(migrate(empty_url), migrate(empty_url))
    assert sorted([first, second]) == [[], NAMES]
    assert await steps(empty_url) == NAMES


async def test_a_newer_schema_is_refused(fresh_database_url):
    async with connected(fresh_database_url) as conn:
        await conn.execute("insert into schema_steps (number, name) values (9999, '9999_from_the_future.sql')")
    with pytest.raises(SchemaTooNew, match="9999"):
        await migrate(fresh_database_url)
    with pytest.raises(SchemaTooNew, match="9999"):
        await require_current(fresh_database_url)


async def test_an_older_schema_is_told(fresh_database_url):
    async with connected(fresh_database_url) as conn:
        await conn.execute("delete from schema_steps where number > 1")
    with pytest.raises(SchemaTooOld, match=r"step 1, .* bitpesa migrate"):
        await require_current(fresh_database_url)


async def test_an_empty_database_is_too_old_and_stays_empty(empty_url):
    with pytest.raises(SchemaTooOld, match="step 0"):
        await require_current(empty_url)
    async with connected(empty_url) as conn:
        assert await conn.fetchval("select count(*) from pg_class where relnamespace = 'public'::regnamespace") == 0


def test_the_indexes_that_the_steps_leave_are_known_by_name(monkeypatch) -> None:
    texts = [
        "create table t (a int);\ncreate index t_by_a on t (a);\ncreate unique index t_once on t (a) where a > 0;",
        "drop index t_by_a;\ncreate index if not exists t_by_b on t (b);\nalter table t add constraint k unique (a);",
        "drop index if exists t_once;\nCREATE INDEX t_by_a ON t (a);",
    ]
    steps = [Migration(number, f"{number}.sql", text) for number, text in enumerate(texts, 1)]
    monkeypatch.setattr("bitpesa.schema.migrate.migrations", lambda: steps)
    assert index_names.__wrapped__() == {"t_by_a", "t_by_b"}


async def test_every_index_that_the_steps_make_is_there(fresh_database_url: str) -> None:
    async with connected(fresh_database_url) as conn:
        there = {row["indexname"] for row in await conn.fetch("select indexname from pg_indexes")}
    assert index_names() - there == set()
    assert len(index_names()) > 30


@pytest.fixture
async def url_before_the_queue(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database as it was before events had a queue."""
    before = [step for step in migrations() if step.number < 30]
    with monkeypatch.context() as earlier:
        earlier.setattr("bitpesa.schema.migrate.migrations", lambda: before)
        await migrate(empty_url)
    return empty_url


async def test_what_was_told_and_what_was_not_stays_so_when_events_get_their_queue(url_before_the_queue: str) -> None:
    async with connected(url_before_the_queue) as conn:
        await conn.execute(
            "insert into events (app_id, id, name, object_type, object_id, subject_id, payload, told) "
            "select gen_random_uuid(), gen_random_uuid(), 'sender.created', 'Sender', gen_random_uuid(), "
            "gen_random_uuid(), '{}', n % 2 = 0 from generate_series(1, 6) n"
        )
        untold = await conn.fetch("select seq, app_id, name, subject_id from events where not told order by seq")
    await migrate(url_before_the_queue)
    async with connected(url_before_the_queue) as conn:
        assert await conn.fetch("select * from untold_events order by seq") == untold
        assert await conn.fetchval("select count(*) from events") == 6


async def test_events_get_no_queue_while_an_earlier_release_writes_them(url_before_the_queue: str) -> None:
    """It would go on writing events, and nobody would be told of them."""
    async with open_database(url_before_the_queue) as database:
        async with database.reading() as conn:
            await conn.execute("select 1")
        with pytest.raises(SchemaInUse, match="stop them all"):
            await migrate(url_before_the_queue)
    async with connected(url_before_the_queue) as conn:
        assert await conn.fetchval("select to_regclass('untold_events')") is None
    assert "0030_untold_events.sql" in await migrate(url_before_the_queue)
