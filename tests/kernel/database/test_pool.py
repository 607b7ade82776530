import asyncio
from uuid import uuid4

import asyncpg
import pytest

from bitpesa.kernel.database.pool import TRIES_AFTER_DEADLOCK, Overtaken, open_database

PATIENCE_SECONDS = 20


class Refused(Exception):
    pass


@pytest.fixture(autouse=True)
async def two_counters(database):
    """Two rows that can be locked in either order."""
    async with database.work() as work:
        await work.conn.execute("create table counters (id int primary key, n int not null default 0)")
        await work.conn.execute("insert into counters (id) values (1), (2)")


async def numbers(database):
    async with database.reading() as conn:
        return [row["n"] for row in await conn.fetch("select n from counters order by id")]


async def add_one(work, counter):
    await work.conn.execute("update counters set n = n + 1 where id = $1", counter)


async def test_work_is_committed_when_it_ends(database):
    assert await database.run(add_one, 1) is None
    assert await numbers(database) == [1, 0]


async def test_work_that_is_refused_leaves_nothing_and_wakes_nobody(database):
    async def add_and_refuse(work):
        await add_one(work, 1)
        work.wake("payouts")
        raise Refused

    with pytest.raises(Refused):
        await database.run(add_and_refuse)
    assert await numbers(database) == [0, 0]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(database.wakeups.wait("payouts", 3600), 0.01)


async def test_wake_ups_come_after_the_commit(database):
    async def add_and_wake(work):
        work.wake("payouts")
        await add_one(work, 1)

    waiting = asyncio.create_task(database.wakeups.wait("payouts", 3600))
    await database.run(add_and_wake)
    await asyncio.wait_for(waiting, PATIENCE_SECONDS)
    assert await numbers(database) == [1, 0]


async def test_a_deadlock_is_broken_and_both_sides_end_well(database):
    met = asyncio.Barrier(2)
    tries = []

    async def add_to_both(work, first, second):
        tries.append(first)
        await add_one(work, first)
        if len(tries) <= 2:
            await met.wait()  # each holds one row and wants the other
        await add_one(work, second)
        return first

    async with asyncio.timeout(PATIENCE_SECONDS):
        ended = await asyncio.gather(database.run(add_to_both, 1, 2), database.run(add_to_both, 2, 1))
    assert ended == [1, 2]
    assert await numbers(database) == [2, 2]
    assert len(tries) == 3


@pytest.mark.parametrize("problem", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError, Overtaken])
async def test_work_is_tried_again_but_not_for_ever(database, problem):
    tries = []

    async def always_too_late(work):
        tries.append(1)
        await add_one(work, 1)
        raise problem("too late")

    with pytest.raises(problem):
        await database.run(always_too_late)
    assert len(tries) == TRIES_AFTER_DEADLOCK
    assert await numbers(database) == [0, 0]


async def test_other_failures_are_not_tried_again(database):
    tries = []

    async def fail(_work):
        tries.append(1)
        raise Refused

    with pytest.raises(Refused):
        await database.run(fail)
    assert len(tries) == 1


async def test_work_that_is_cancelled_leaves_a_clean_connection(fresh_database_url):
    async with open_database(fresh_database_url, connections=1) as database:
        begun = asyncio.Event()

        async def hang(work):
            await work.conn.execute("create table half (id int)")
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(database.run(hang))
        await asyncio.wait_for(begun.wait(), PATIENCE_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with database.reading() as conn:
            assert not conn.is_in_transaction()
            assert await conn.fetchval("select to_regclass('half')") is None


async def test_json_is_read_and_written_exactly(database):
    async with database.reading() as conn:
        text = await conn.fetchval("""select '{"rate": 1.10, "nul": "a"}'::json""")
        assert str(text["rate"]) == "1.10"
        profile = {"name": "Nguyễn Thị 李 O'Brien 👩🏽", "e\u0301": "\u0301", "nul": "\x00"}
        assert await conn.fetchval("select $1::json", profile) == profile


async def test_times_are_in_utc(database):
    async with database.reading() as conn:
        assert await conn.fetchval("show timezone") == "UTC"
        assert await conn.fetchval("select $1::uuid", (one := uuid4())) == one
