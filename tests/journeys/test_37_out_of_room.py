"""Scenario 37, a full disk: the database refuses to write for a while; nothing is lost, nothing is paid twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from structlog.testing import capture_logs

from tests.journeys.collecting import XOF, collection, pays, state_of, to_balance
from tests.journeys.world import World, ok

LEASE_SECONDS = 60


@asynccontextmanager
async def no_room_for(world: World, table: str) -> AsyncIterator[None]:
    """Let the database refuse what is written to a table, in the words of a full disk."""
    async with world.platform.database.reading() as conn:
        await conn.execute("""
            create function no_room() returns trigger language plpgsql as $$
            begin raise 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$""")
        await conn.execute(f"create trigger no_room before insert or update on {table} execute function no_room()")
    try:
        yield
    finally:
        async with world.platform.database.reading() as conn:
            await conn.execute("drop function no_room cascade")


async def test_a_client_is_told_that_the_outcome_is_unknown_and_nothing_is_stored(world: World) -> None:
    async with no_room_for(world, "transactions"):
        refused = await world.post_transaction(ok("00"), external_id="order-1")
    assert (refused.status, refused.body["error"]) == (503, "Service Unavailable")
    assert (await world.client.get("/transactions?external_id=order-1")).object == []
    assert (await world.transaction(ok("00"), external_id="order-1"))["state"] == "approved"


async def test_a_payout_whose_answer_found_no_room_is_asked_about_and_paid_once(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    await world.debit(transaction)
    with capture_logs() as logs:
        async with no_room_for(world, "ledger_postings"):
            await world.drain()
    assert {entry["log_level"] for entry in logs} == {"warning"}
    assert (await world.show(transaction))["state"] == "received"
    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()
    assert (await world.show(transaction))["state"] == "paid"
    assert [order.code for order in await world.orders(transaction["recipients"][0]["id"])] == ["0"]
    assert await world.balance("USD") == Decimal(975)


async def test_collected_money_that_found_no_room_is_asked_for_and_booked_once(world: World) -> None:
    transaction = await collection(world, to_balance(40_000), XOF)
    await world.drain()
    with capture_logs() as logs:
        async with no_room_for(world, "payin_receipts"):
            await pays(world, transaction, 40_000)
    assert {entry["event"] for entry in logs} == {"collections.database_unreachable"}
    assert await state_of(world, transaction) == ("pending", "pending")
    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")
