import asyncio
from uuid import uuid4

import asyncpg
import msgspec
import pytest
import structlog

from bitpesa.api_support.api_logs import rules
from bitpesa.api_support.api_logs.buffer import Journal
from bitpesa.kernel.database.background import Background
from bitpesa.kernel.database.pool import open_database
from bitpesa.kernel.values.ids import new_id
from tests.api_support.api_logs.test_rules import exchange

APP = uuid4()


def call(number: int, **parts):
    return exchange(id=new_id(), app_id=APP, url=str(number), **parts)


async def written(database):
    async with database.reading() as conn:
        return [int(row["request_url"]) for row in await conn.fetch("select request_url from api_logs order by id")]


async def test_everything_that_was_noted_is_written_in_order(database):
    journal = Journal(database)
    for number in range(1200):
        journal.note(call(number))
    assert await journal.write() == 1200
    assert await journal.write() == 0
    assert await written(database) == list(range(1200))


async def test_when_too_much_waits_the_oldest_is_left_out_and_counted(database):
    journal = Journal(database, most_waiting=10)
    for number in range(25):
        journal.note(call(number))
    assert journal.left_out == 15
    await journal.write()
    assert await written(database) == list(range(15, 25))
    journal.note(call(25))
    await journal.write()
    assert (journal.left_out, len(await written(database))) == (15, 11)


async def test_memory_is_bounded_by_what_bodies_weigh_too(database):
    journal = Journal(database, most_waiting_bytes=3 * rules.weight(call(0, request_body=b"x" * 1000)))
    for number in range(5):
        journal.note(call(number, request_body=b"x" * 1000))
    assert journal.left_out == 2


async def test_what_cannot_be_written_now_is_written_later_and_once(database, fresh_database_url):
    async with open_database(fresh_database_url) as closed:
        journal = Journal(closed)
    first = call(2)
    journal.note(first)
    with pytest.raises(asyncpg.InterfaceError):
        await journal.write()
    journal.note(call(3))
    journal.note(first)
    journal._database = database
    assert await journal.write() == 3
    assert sorted(await written(database)) == [2, 3]


async def test_the_background_writes_now_and_then_and_at_the_end():
    times, wrote = [], asyncio.Event()

    async def write():
        times.append(len(times))
        if len(times) == 2:
            raise RuntimeError("a failure does not end it")
        if len(times) == 4:
            wrote.set()

    async with Background("test", write, every_seconds=0.001):
        await wrote.wait()
        count = len(times)
    assert len(times) > count


async def test_a_call_that_cannot_be_written_keeps_no_other_out(database, monkeypatch):
    """Calls of several apps share a statement: what spoils it is left out alone."""
    journal, real = Journal(database), rules.to_log

    def to_log(each):
        made = real(each)
        return msgspec.structs.replace(made, request_url="\x00") if made.request_url == "1" else made

    monkeypatch.setattr(rules, "to_log", to_log)
    for number in range(3):
        journal.note(call(number))
    with structlog.testing.capture_logs():
        await journal.write()
    assert (await written(database), journal.left_out) == ([0, 2], 1)
