"""Stored transactions are a real flow's rows again: every constraint sees them, and the audit believes them."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from bitpesa.kernel.database.pool import open_database
from bitpesa.ops.bookkeeping.integrity import audit
from experiments.bench.filler import fill
from experiments.bench.payer import Payer
from experiments.bench.stage import database_of, with_database
from experiments.bench.written import Written, written_by
from tests.journeys.world import ok, open_world


def test_another_database_of_the_same_server() -> None:
    url = "postgresql://bitpesa@/bitpesa?host=/somewhere&port=5432"
    assert with_database(url, "other") == "postgresql://bitpesa@/other?host=/somewhere&port=5432"
    assert database_of(url) == "bitpesa"


@pytest.fixture
async def flow(fresh_database_url: str) -> tuple[Payer, Written]:
    """A payer, and what a transaction of his wrote from creation to its last webhook."""
    async with open_world(fresh_database_url) as world:
        await world.funded(ok("00"))  # opens the accounts
        conn = await asyncpg.connect(fresh_database_url)
        written = await written_by(lambda: world.funded(ok("00"), external_id="order-2"), conn, world.app.id)
        keys = await conn.fetchrow("select id, key from api_keys where app_id = $1", world.app.id)
        await conn.close()
        (transaction,) = written.inserted["transactions"]
        payer = Payer(keys["key"], "", world.app.id, keys["id"], transaction["sender_id"])
    return payer, written


async def counts(conn: asyncpg.Connection, tables) -> dict[str, int]:
    return {table: await conn.fetchval(f"select count(*) from {table}") for table in tables}  # noqa: S608 - ours


async def test_what_is_stored_is_like_the_flow_and_the_audit_believes_it(fresh_database_url: str, flow) -> None:
    payer, written = flow
    conn = await asyncpg.connect(fresh_database_url)
    before = await counts(conn, written.inserted)
    await fill(conn, [payer], written, 5)
    after = await counts(conn, written.inserted)
    assert {table: after[table] - before[table] for table in after} == {
        table: 5 * len(rows) for table, rows in written.inserted.items()
    }
    assert {"events", "webhook_deliveries", "ledger_postings", "payout_attempts"} < set(written.inserted)
    pointed = await conn.fetch("select app_id, event_seq from webhook_deliveries group by 1, 2 having count(*) > 1")
    assert pointed == []
    await conn.close()
    async with open_database(fresh_database_url) as database, database.reading() as reading:
        report = await audit(reading)
    assert report.disagreements == ()
    assert report.figures["sandbox"].transactions["paid"] == 7


async def test_rows_that_the_constraints_refuse_are_not_stored(fresh_database_url: str, flow) -> None:
    payer, written = flow
    stranger = Payer(payer.key, "", uuid4(), payer.key_id, UUID(int=7))
    conn = await asyncpg.connect(fresh_database_url)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await fill(conn, [stranger], written, 1)
    await conn.close()
