import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest

from bitpesa.kernel.database.notifications import CHANNEL, Wakeups

PATIENCE_SECONDS = 20
SLEEP_SECONDS = 3600

# The last statement of such a connection is the one that began to listen, or a notification.
LISTENING = """
select pid from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
  and (query = 'LISTEN ' || $1 or query = 'LISTEN "' || $1 || '"' or query like '%pg_notify%')
"""


@asynccontextmanager
async def bridged(url, *all_wakeups):
    """Wake-ups of several processes, each with its connection to the others."""
    tasks = [asyncio.create_task(wakeups.bridge(url)) for wakeups in all_wakeups]
    try:
        await listeners(url, len(all_wakeups))
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in ended] == [asyncio.CancelledError] * len(tasks)


async def listeners(url, wanted):
    """Wait until so many connections listen, and give their process ids."""
    conn = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                rows = await conn.fetch(LISTENING, CHANNEL)
                if len(rows) >= wanted:
                    return {row["pid"] for row in rows}
    finally:
        await conn.close()


async def woken(wakeups, topic="payouts"):
    await asyncio.wait_for(wakeups.wait(topic, SLEEP_SECONDS), PATIENCE_SECONDS)


async def test_whoever_waits_for_a_topic_is_woken():
    wakeups = Wakeups()
    waiting = asyncio.create_task(wakeups.wait("payouts", SLEEP_SECONDS))
    wakeups.wake({"payouts", "events"})
    await asyncio.wait_for(waiting, PATIENCE_SECONDS)


async def test_a_wake_up_that_came_before_counts():
    wakeups = Wakeups()
    wakeups.wake(["payouts"])
    await woken(wakeups)


async def test_a_wake_up_counts_once():
    wakeups = Wakeups()
    wakeups.wake(["payouts"])
    await woken(wakeups)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wakeups.wait("payouts", SLEEP_SECONDS), 0.01)


async def test_other_topics_sleep_on():
    wakeups = Wakeups()
    wakeups.wake(["events"])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wakeups.wait("payouts", SLEEP_SECONDS), 0.01)


async def test_sleep_ends_by_itself():
    await asyncio.wait_for(Wakeups().wait("payouts", 0.001), PATIENCE_SECONDS)


async def test_another_process_is_woken(fresh_database_url):
    here, there = Wakeups(), Wakeups()
    async with bridged(fresh_database_url, here, there):
        here.wake(["events", "payouts"])
        await woken(there, "payouts")
        await woken(there, "events")
        there.wake(["payouts"])
        await woken(here, "payouts")


async def test_wake_ups_that_come_fast_all_arrive(fresh_database_url):
    here, there = Wakeups(), Wakeups()
    async with bridged(fresh_database_url, here, there):
        topics = [f"topic-{number}" for number in range(100)]
        for topic in topics:
            here.wake([topic])
        for topic in topics:
            await woken(there, topic)


async def test_nobody_is_woken_by_the_echo_of_its_own_voice(fresh_database_url):
    here, there = Wakeups(), Wakeups()
    async with bridged(fresh_database_url, here, there):
        here.wake(["payouts"])
        await woken(here)
        await woken(there)
        there.wake(["answer"])
        await woken(here, "answer")  # came after the echo, were there one
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(here.wait("payouts", SLEEP_SECONDS), 0.01)


async def test_a_lost_connection_is_made_again_by_one_who_only_listens(fresh_database_url):
    here, there = Wakeups(), Wakeups()
    async with bridged(fresh_database_url, here, there):
        lost = await listeners(fresh_database_url, 2)
        waiting = asyncio.create_task(there.wait("payouts", SLEEP_SECONDS))
        conn = await asyncpg.connect(fresh_database_url)
        await conn.fetch("select pg_terminate_backend(pid) from unnest($1::int[]) as pid", list(lost))
        await conn.close()
        here.wake(["payouts"])  # while nobody is connected
        await asyncio.wait_for(waiting, PATIENCE_SECONDS)
        assert not lost & await listeners(fresh_database_url, 2)
        here.wake(["events"])
        await woken(there, "events")


async def test_whoever_is_stopped_while_being_woken_stops():
    wakeups = Wakeups()
    waiting = asyncio.create_task(wakeups.wait("topic", SLEEP_SECONDS))
    for _ in range(3):  # until it sleeps
        await asyncio.sleep(0)
    wakeups.wake({"topic"})
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
