"""Scenario 21: many clients drain one balance at once, to nothing and not below."""

import asyncio
import random
from decimal import Decimal
from typing import Any

import pytest

from bitpesa.cli.client import Answered
from tests.journeys.world import World, ok

SHORT = {"amount": [{"error": "insufficient_balance"}]}
FUNDED = {"base": [{"error": "Transaction already funded"}]}


@pytest.fixture(params=[False, True], ids=["stopped clock", "real time"])
async def world(world: World, request: pytest.FixtureRequest) -> World:
    """Callers are let in one way or the other: by a statement of its own, or along with what they change."""
    if request.param:
        await world.run_clock_right()
    return world


async def transactions(world: World, count: int) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(world.transaction(ok("00")) for _ in range(count))))


async def debit_list(world: World, chosen: list[dict[str, Any]]) -> Answered:
    debits = [{"to_id": each["id"], "to_type": "Transaction"} for each in chosen]
    return await world.client.post("/accounts/debits", {"debit": debits})


async def test_fifty_debits_drain_a_balance_that_is_enough_for_forty(world: World) -> None:
    answers = await asyncio.gather(*(world.debit(each) for each in await transactions(world, 50)))
    assert sorted(answer.status for answer in answers) == [201] * 40 + [422] * 10
    assert all(answer.object[0]["errors"] == SHORT for answer in answers if answer.status == 422)
    left = [answer.object[0]["running_balance"] for answer in answers if answer.status == 201]
    assert sorted(left) == list(range(0, 1000, 25))
    assert await world.balance("USD") == Decimal(0)

    await world.drain()
    found = (await world.client.get("/transactions?per=100")).object
    assert sorted(each["state"] for each in found) == ["approved"] * 10 + ["paid"] * 40
    assert await world.deadlocks() == 0


async def test_lists_in_any_order_that_overlap_are_all_or_nothing(world: World) -> None:
    shuffled = random.Random(21)
    known = await transactions(world, 60)
    lists = [shuffled.sample(known, 5) for _ in range(30)]
    answers = await asyncio.gather(*(debit_list(world, chosen) for chosen in lists))
    assert {answer.status for answer in answers} == {201, 422}

    debited = [debit for answer in answers if answer.status == 201 for debit in answer.object]
    assert len({debit["to_id"] for debit in debited}) == len(debited)
    assert sorted(debit["running_balance"] for debit in debited) == list(range(1000 - 25 * len(debited), 1000, 25))
    for answer in answers:
        left = [each["running_balance"] for each in answer.object if answer.status == 201]
        assert left == sorted(left, reverse=True)
        if answer.status == 422:
            errors = [each["errors"] for each in answer.object if each["errors"]]
            assert errors in ([SHORT], [FUNDED] * len(errors))
    assert await world.balance("USD") == Decimal(1000 - 25 * len(debited))
    assert await world.deadlocks() == 0


async def test_lists_that_ask_for_more_than_there_is_leave_the_balance_at_nothing(world: World) -> None:
    shuffled = random.Random(22)
    known = await transactions(world, 50)
    shuffled.shuffle(known)
    answers = await asyncio.gather(*(debit_list(world, known[at : at + 5]) for at in range(0, 50, 5)))
    assert sorted(answer.status for answer in answers) == [201] * 8 + [422] * 2
    refusals = [answer.object for answer in answers if answer.status == 422]
    assert all([each["errors"] for each in refused] == [SHORT, {}, {}, {}, {}] for refused in refusals)
    assert await world.balance("USD") == Decimal(0)
    assert await world.deadlocks() == 0
