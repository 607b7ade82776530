"""Scenario 20: many clients fund one transaction at once, and it is funded once."""

import asyncio
from decimal import Decimal
from typing import Any

from bitpesa.cli.client import Answered
from tests.journeys.world import World, ok

PAID_OUT = ["transaction.created", "transaction.paid_in", "recipient.paid_out", "transaction.paid_out"]


async def test_of_thirty_debits_at_once_one_funds_the_transaction(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    answers = await asyncio.gather(*(world.debit(transaction) for _ in range(30)))
    assert sorted(answer.status for answer in answers) == [201] + [422] * 29
    refusals = [answer.object[0]["errors"] for answer in answers if answer.status == 422]
    assert refusals == [{"base": [{"error": "Transaction already funded"}]}] * 29
    assert await world.balance("USD") == Decimal(975)

    await world.drain()
    assert world.events(transaction["id"]) == PAID_OUT
    assert len(await world.orders(transaction["recipients"][0]["id"])) == 1
    assert len((await world.client.get("/accounts/debits")).object) == 1


async def test_debits_that_come_while_the_first_payment_of_the_sender_is_recorded_wait_for_nobody_in_a_circle(
    world: World,
) -> None:
    transaction = await world.transaction(ok("00"))
    async with world.working():
        answers = await asyncio.gather(*(debit_again_and_again(world, transaction) for _ in range(8)))
    statuses = [answer.status for each in answers for answer in each]
    assert sorted(statuses) == [201] + [422] * (len(statuses) - 1)
    await world.drain()
    paid = await world.show(transaction)
    assert (paid["state"], paid["sender"]["onboarding_status"]) == ("paid", "completed_first_transaction")
    assert len(await world.orders(transaction["recipients"][0]["id"])) == 1
    assert await world.deadlocks() == 0


async def debit_again_and_again(world: World, transaction: dict[str, Any]) -> list[Answered]:
    answers = [await world.debit(transaction)]
    while (await world.show(transaction))["state"] != "paid":
        answers += await asyncio.gather(*(world.debit(transaction) for _ in range(3)))
    return answers


async def test_of_thirty_create_and_fund_at_once_one_creates_and_funds(world: World) -> None:
    answers = await asyncio.gather(
        *(world.post_transaction(ok("00"), path="/transactions/create_and_fund", external_id="T-1") for _ in range(30))
    )
    assert sorted(answer.status for answer in answers) == [201] + [422] * 29
    (winner,) = [answer.object for answer in answers if answer.status == 201]
    refusals = [answer.object["errors"] for answer in answers if answer.status == 422]
    assert refusals == [{"external_id": [{"error": "taken"}]}] * 29
    assert await world.balance("USD") == Decimal(975)

    await world.drain()
    assert world.events(winner["id"]) == PAID_OUT
    assert len(await world.orders(winner["recipients"][0]["id"])) == 1
