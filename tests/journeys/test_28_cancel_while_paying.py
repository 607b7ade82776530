"""Scenario 28: cancellations at a hundred moments around the start of the payouts; no money goes two ways."""

import asyncio
import random
from decimal import Decimal
from typing import Any

from bitpesa.rails.providers.simulator.bank import Simulator
from tests.journeys.world import World, ok

HOW_MANY = 100
AT_ONCE = 4


class Pace:
    """How slowly the bank answers: while it is slow, one answer is given for each cancellation that was answered."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._waiting: list[asyncio.Event] = []
        self._is_slow = True

    async def wait(self) -> None:
        if self._is_slow:
            turn = asyncio.Event()
            self._waiting.append(turn)
            await turn.wait()

    def answer_one(self) -> None:
        if self._waiting:
            self._waiting.pop(self._chance.randrange(len(self._waiting))).set()

    def answer_all(self) -> None:
        self._is_slow = False
        for turn in self._waiting:
            turn.set()


async def test_a_payout_is_never_both_made_and_refunded(world: World) -> None:
    chance = random.Random(28)
    await world.give("1500.00", "USD")
    await world.client.delete(f"/webhooks/{world.webhook['id']}")
    endings = ["00", "08"] * (HOW_MANY // 2)
    created = await asyncio.gather(*(world.transaction(ok(ending)) for ending in endings))
    debits = [{"to_id": each["id"], "to_type": "Transaction"} for each in created]
    assert (await world.client.post("/accounts/debits", {"debit": debits})).status == 201
    recipient_ids = [each["recipients"][0]["id"] for each in created]
    early, late = recipient_ids[:10], recipient_ids[-10:]
    racing = recipient_ids[10:-10]
    chance.shuffle(racing)

    answers = await cancel(world, early)
    pace = Pace(chance)
    await world.start_worker(Simulator(world.platform.database, answer_after=pace.wait))
    await world.hand_over()
    async with world.working():
        answers |= await cancel(world, racing, pace)
        pace.answer_all()
    answers |= await cancel(world, late)
    await world.drain()

    shown = (await world.client.get(f"/transactions?per={HOW_MANY}")).object
    ends = {each["recipients"][0]["id"]: await how_it_ended(world, each) for each in shown}
    assert set(ends.values()) == {"refunded unseen", "refunded after failure", "paid"}
    assert {ends[each] for each in early} == {"refunded unseen"}
    assert {ends[each] for each in late} == {"refunded after failure", "paid"}
    refused = {each for each, (status, _) in answers.items() if status == 422}
    assert {ends[each] for each in refused} == {"paid"}
    promised = {each for each, (_, state) in answers.items() if state == "refunded"}
    assert {ends[each] for each in promised} <= {"refunded unseen", "refunded after failure"}
    recorded = {each for each, (_, state) in answers.items() if state == "initial"}  # while the bank had them
    assert {ends[each] for each in recorded} == {"paid", "refunded after failure"}
    paid = sum(end == "paid" for end in ends.values())
    assert await world.balance("USD") == Decimal(2500 - 25 * paid)


async def cancel(world: World, recipient_ids: list[str], pace: Pace | None = None) -> dict[str, tuple[int, str]]:
    """Cancel recipients, a few at a time; answers each one's status and the state that was shown."""
    answers = {}
    left = iter(recipient_ids)

    async def cancel_some() -> None:
        for recipient_id in left:
            answer = await world.client.delete(f"/recipients/{recipient_id}")
            answers[recipient_id] = (answer.status, answer.object["state"])
            if pace is not None:
                pace.answer_one()

    await asyncio.gather(*(cancel_some() for _ in range(AT_ONCE)))
    return answers


async def how_it_ended(world: World, transaction: dict[str, Any]) -> str:
    """Which of the allowed ends a payout came to; anything else fails here."""
    (leg,) = transaction["recipients"]
    codes = [order.code for order in await world.orders(leg["id"])]
    match transaction["state"], leg["state"], codes:
        case "paid", "success", ["0"]:
            return "paid"
        case "refunded", "refunded", []:
            return "refunded unseen"
        case "refunded", "refunded", [*_] if set(codes) == {"3"}:
            return "refunded after failure"
    raise AssertionError(f"{transaction['state']}, {leg['state']}, orders {codes}")
