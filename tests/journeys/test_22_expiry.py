"""Scenario 22: a transaction can be funded for an hour, to the millisecond."""

import asyncio
from decimal import Decimal
from typing import Any

from bitpesa.cli.client import Answered
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

    await world.drain()
    assert world.events(transaction["id"]) == ["transaction.created", "transaction.canceled"]
    assert (await world.show(transaction))["state"] == "canceled"
    assert await world.balance("USD") == Decimal(1000)
    await world.drain()
    assert world.events(transaction["id"]) == ["transaction.created", "transaction.canceled"]


async def test_a_debit_and_the_sweeper_race_and_one_of_them_wins(world: World) -> None:
    """Time and the sweeper reach the boundary while debits are under way, in every round one answer later."""
    funded = 0
    for head_start in range(5):
        racing = [await world.transaction(ok("00")) for _ in range(6)]
        await world.advance(seconds=3599.999)
        answers = await race(world, racing, head_start)
        refusals = [answer.object for answer in answers if answer.status != 201]
        assert all([each["errors"] for each in refused] == TOO_LATE for refused in refusals)
        await world.drain()
        for transaction, answer in zip(racing, answers, strict=True):
            await agree(world, transaction, funded=answer.status == 201)
        assert len(racing) - len(refusals) >= head_start
        funded += len(racing) - len(refusals)
    assert await world.balance("USD") == 1000 - 25 * funded
    assert await world.deadlocks() == 0


async def race(world: World, racing: list[dict[str, Any]], head_start: int) -> list[Answered]:
    two_at_a_time, answered = asyncio.Semaphore(2), asyncio.Semaphore(0)

    async def debit(transaction: dict[str, Any]) -> Answered:
        async with two_at_a_time:
            answer = await world.debit(transaction)
        answered.release()
        return answer

    async def pass_the_boundary() -> None:
        for _ in range(head_start):
            await answered.acquire()
        await world.advance(seconds=0.001)
        await world.sweep()

    *answers, _ = await asyncio.gather(*map(debit, racing), pass_the_boundary())
    return answers


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
