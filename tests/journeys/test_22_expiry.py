"""Scenario 22: a transaction can be funded for an hour, to the millisecond."""

import asyncio
from decimal import Decimal
from typing import Any

from tests.journeys.world import World, ok

TOO_LATE = [{"base": [{"error": "Transaction already expired"}]}]


async def test_the_last_millisecond_is_not_too_late(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    await world.advance(seconds=3599.999)
    assert (await world.show(transaction))["state"] == "approved"
    await world.sweep()
    answer = await world.debit(transaction)
    assert answer.status == 201
    assert await world.balance("USD") == Decimal(975)
    await world.advance(seconds=1)
    await world.drain()
    assert (await world.show(transaction))["state"] == "paid"


async def test_the_first_moment_after_it_is_too_late_even_without_the_sweeper(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    await world.advance(seconds=3600)
    refused = await world.debit(transaction)
    assert refused.status == 422
    assert [each["errors"] for each in refused.object] == TOO_LATE

    seen = await world.show(transaction)
    assert (seen["state"], seen["due_amount"], seen["recipients"][0]["state"]) == ("canceled", 0, "canceled")
    assert seen["recipients"][0]["transaction_state"] == "canceled"
    (listed,) = (await world.client.get("/recipients")).object
    assert listed == seen["recipients"][0]
    assert (await world.client.get("/recipients?state=initial")).object == []

    await world.drain()
    assert world.events(transaction["id"]) == ["transaction.created", "transaction.canceled"]
    assert (await world.show(transaction))["state"] == "canceled"
    assert await world.balance("USD") == Decimal(1000)
    await world.drain()
    assert world.events(transaction["id"]) == ["transaction.created", "transaction.canceled"]


async def test_a_debit_and_the_sweeper_race_and_one_of_them_wins(world: World) -> None:
    """Time reaches the boundary while debits are under way; five races in a round, since a round moves the clock."""
    funded = 0
    for _ in range(6):
        round_ = [await world.transaction(ok("00")) for _ in range(5)]
        await world.advance(seconds=3599.999)
        *answers, _ = await asyncio.gather(*(world.debit(each) for each in round_), pass_the_boundary(world))
        for transaction, answer in zip(round_, answers, strict=True):
            if answer.status != 201:
                assert [each["errors"] for each in answer.object] == TOO_LATE
        await world.drain()
        for transaction, answer in zip(round_, answers, strict=True):
            await agree(world, transaction, funded=answer.status == 201)
        funded += sum(answer.status == 201 for answer in answers)
    assert await world.balance("USD") == 1000 - 25 * funded
    assert await world.deadlocks() == 0


async def pass_the_boundary(world: World) -> None:
    await world.advance(seconds=0.001)
    await world.sweep()


async def agree(world: World, transaction: dict[str, Any], *, funded: bool) -> None:
    """The answer, the state and the events tell the same."""
    state = (await world.show(transaction))["state"]
    told = world.events(transaction["id"])
    if funded:
        assert state == "paid"
        assert told == ["transaction.created", "transaction.paid_in", "recipient.paid_out", "transaction.paid_out"]
    else:
        assert state == "canceled"
        assert told == ["transaction.created", "transaction.canceled"]
