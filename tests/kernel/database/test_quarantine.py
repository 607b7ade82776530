from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
import structlog

from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.quarantine import DELAYS, Failure
from bitpesa.kernel.database.statements import parse
from bitpesa.kernel.database.undecodable import UnreadableRows, read_all, read_readable

SQL = parse(
    """
-- name: everything()
select * from cellar order by id
-- name: claim(most)
with due as (
    select id from cellar where not taken and id::text <> all ((select quarantined('wine'))::text[])
    order by id limit $1
)
update cellar c set taken = true from due where c.id = due.id returning c.*
"""
)

POISONS = (
    "update cellar set laid_down_at = '20000-01-01' where label = 'b'",
    "update cellar set laid_down_at = '4000-01-01 BC' where label = 'b'",
    "update cellar set day = '20000-01-01' where label = 'b'",
    "update cellar set kept_for = interval '178000000 years' where label = 'b'",
    """update cellar set notes = '{"a": "\\ud800"}' where label = 'b'""",
    "update cellar set bottles = -1 where label = 'b'",  # which can be decoded, and not be read
)


@pytest.fixture(autouse=True)
def undrawn():
    """Logs with their exceptions take a second each to be drawn."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
async def cellar(database):
    async with database.reading() as conn:
        await conn.execute(
            "create table cellar (id uuid primary key default gen_random_uuid(), app_id uuid default gen_random_uuid(),"
            " label text, bottles int default 6, notes json default '{}', day date default now(),"
            " kept_for interval default '1 h', laid_down_at timestamptz default now(), taken boolean default false)"
        )
        await conn.execute("insert into cellar (label) values ('a'), ('b'), ('c')")
    return database


def read(row):
    if row["bottles"] < 0:
        raise ValueError("fewer than none")
    assert row["kept_for"] == timedelta(hours=1)
    return row["label"]


async def claim(work, most):
    return await read_all(work.conn, SQL.claim, (most,), read)


@pytest.mark.parametrize("poison", POISONS)
async def test_a_claim_takes_all_but_the_row_that_cannot_be_read(cellar, poison):
    async with cellar.reading() as conn:
        await conn.execute(poison)
    assert sorted(await quarantine.claim(cellar, "wine", claim, 10)) == ["a", "c"]
    async with cellar.reading() as conn:
        assert await conn.fetch("select label from cellar where not taken") == [("b",)]  # what was looked at is undone
        (left_out,) = await quarantine.listed(conn)
        assert left_out.key == str(await conn.fetchval("select id from cellar where label = 'b'"))
    assert await quarantine.claim(cellar, "wine", claim, 10) == []


@pytest.mark.parametrize("poison", POISONS)
async def test_what_is_only_read_leaves_such_a_row_out(cellar, poison):
    async with cellar.reading() as conn:
        await conn.execute(poison)
        with pytest.raises(UnreadableRows):
            await read_all(conn, SQL.everything, (), read)
        assert sorted(await read_readable(conn, SQL.everything, (), read)) == ["a", "c"]
        # Afterwards the connection reads as it did before.
        assert await conn.fetchval("select now() > '2020-01-01'::timestamptz and '[1]'::json is not null")
    assert sorted(await read_readable(cellar.pool, SQL.everything, (), read)) == ["a", "c"]


async def put(database, *keys):
    await quarantine.put(database, "wine", [Failure(key, uuid4(), ValueError("corked")) for key in keys])


async def quarantined(database):
    async with database.reading() as conn:
        return await conn.fetchval("select quarantined('wine')")


async def test_a_row_waits_longer_with_each_failure_and_at_last_for_staff(database):
    waits = []
    for number in range(len(DELAYS) + 1):
        await put(database, "x")
        async with database.reading() as conn:
            (row,) = await quarantine.listed(conn)
        assert row.failures == number + 1
        waits.append(row.retry_at and row.retry_at - row.failed_at)
    assert waits[-1] is None
    assert all(earlier < later for earlier, later in pairwise(waits[:-1]))
    assert await quarantined(database) == ["x"]


async def test_a_row_is_tried_again_when_its_time_has_come_or_staff_say_so(database):
    await put(database, "x", "y")
    async with database.reading() as conn:
        await conn.execute("update quarantined_rows set retry_at = clock_timestamp() where key = 'x'")
        assert await quarantined(database) == ["y"]
        assert await quarantine.release(conn, "wine", "y")
        assert not await quarantine.release(conn, "wine", "y")
    assert await quarantined(database) == []


async def test_what_did_not_fail_again_is_forgotten_and_what_waits_for_staff_is_not(database):
    await put(database, "x", "y")
    async with database.reading() as conn:
        await conn.execute(
            "update quarantined_rows set retry_at = clock_timestamp() - interval '2 days' where key = 'x'"
        )
        await conn.execute("update quarantined_rows set retry_at = null where key = 'y'")
    assert await quarantine.forget(database) == 1
    assert await quarantined(database) == ["y"]
