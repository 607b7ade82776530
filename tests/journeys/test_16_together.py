"""Scenario 16, many at once: what providers answer is recorded together, and for each payout by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.database.pool import Work
from bitpesa.payments.recipients import operations as recipients
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.transactions.operations.pay_out import record_outcome
from bitpesa.rails.providers.port import Answered
from bitpesa.wiring import payout_settings
from tests.journeys.world import World, ok

PAID, PENDING, FAILED = Answered("0"), Answered("14"), Answered("31")


async def funded_at_once(world: World, *payments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Payments of these recipients, funded, before any of them is paid out."""
    known = list(await asyncio.gather(*(world.transaction(*legs) for legs in payments)))
    answers = await asyncio.gather(*(world.debit(each) for each in known))
    assert {answer.status for answer in answers} == {201}
    return known


async def states(world: World, payments: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    shown = [await world.show(each) for each in payments]
    return [(each["state"], [leg["state"] for leg in each["recipients"]]) for each in shown]


async def commits(world: World, payments: list[dict[str, Any]]) -> int:
    """In how many database transactions these ended."""
    async with world.platform.database.reading() as conn:
        ended = "select count(distinct xmin::text) from transactions where id = any($1::uuid[])"
        return int(await conn.fetchval(ended, [UUID(each["id"]) for each in payments]))


async def test_payouts_at_once_share_commits(world: World) -> None:
    await world.funded(ok("00"))  # the sender's first, which opens the accounts
    paid = await funded_at_once(world, *([ok("00")] for _ in range(30)))
    await world.drain()
    assert await states(world, paid) == [("paid", ["success"])] * 30
    assert await commits(world, paid) < 30
    assert await world.deadlocks() == 0
    assert [world.events(each["id"]).count("transaction.paid_out") for each in paid] == [1] * 30


async def test_payments_to_several_end_with_their_last_payout(world: World) -> None:
    await world.funded(ok("00"))
    several = await funded_at_once(world, *([ok("00"), ok("00"), ok("00")] for _ in range(8)))
    await world.drain()
    assert await states(world, several) == [("paid", ["success"] * 3)] * 8
    assert await world.deadlocks() == 0


async def test_payouts_at_once_end_each_as_its_provider_says(world: World) -> None:
    await world.funded(ok("00"))
    endings = {"00": ("paid", ["success"]), "08": ("received", ["error"])}
    mixed = await funded_at_once(world, *([ok(ending)] for ending in [*endings] * 5))
    await world.drain()
    assert await states(world, mixed) == [*endings.values()] * 5
    assert await world.deadlocks() == 0


async def test_payouts_that_are_cancelled_meanwhile_are_paid_or_given_back_and_never_both(world: World) -> None:
    await world.funded(ok("00"))
    before = await world.balance("USD")
    known = await funded_at_once(world, *([ok("00")] for _ in range(20)))
    recipients = [each["recipients"][0]["id"] for each in known]
    await asyncio.gather(world.drain(), *(world.client.delete(f"/recipients/{each}") for each in recipients))
    await world.drain()
    shown = await states(world, known)
    assert set(map(str, shown)) <= {str(("paid", ["success"])), str(("refunded", ["refunded"]))}
    paid = sum(state == "paid" for state, _ in shown)
    assert await world.balance("USD") == before - 25 * paid


# -- what others do between the reading and the writing


async def claimed(world: World, count: int) -> list[Recipient]:
    """Payouts that were handed to their provider, which has not answered yet."""

    async def simulator(_conn: Any, _recipient: Recipient) -> str:
        return "simulator"

    found = await world.platform.database.run(
        recipients.claim_attempts, simulator, free=Turns().free(2 * count), lease=timedelta(minutes=1)
    )
    assert len(found) == count
    return [each.recipient for each in found]


async def record(work: Work, world: World, recipient: Recipient, outcome: Answered) -> None:
    policy = payout_settings(world.platform.settings).sandbox_policy
    await record_outcome(work, recipient, outcome, policy=policy, asked=False)


async def record_late(
    world: World, recipient: Recipient, outcome: Answered, meanwhile: Callable[[], Awaitable[object]]
) -> None:
    """Record an answer on a sheet that is written only when something else was done."""

    async def answer(work: Work) -> None:
        await record(work, world, recipient, outcome)
        if work.sheet is not None:
            await meanwhile()

    await world.platform.database.run_on_sheet(world.app.id, answer)


async def test_two_last_payouts_end_their_payment_whoever_is_recorded_first(world: World) -> None:
    await world.funded(ok("00"))
    (payment,) = await funded_at_once(world, [ok("00"), ok("00")])
    first, second = await claimed(world, 2)
    database = world.platform.database
    await record_late(world, first, PAID, lambda: database.run(record, world, second, PAID))
    shown = await states(world, [payment])
    if (
        shown[0][1] != ["success"] * 2
    ):  # nothing could be done meanwhile: it was recorded under locks from the beginning
        await database.run(record, world, second, PAID)
        shown = await states(world, [payment])
    assert shown == [("paid", ["success"] * 2)]


async def test_a_cancellation_that_comes_before_the_answer_is_written_is_not_lost(world: World) -> None:
    await world.funded(ok("00"))
    (payment,) = await funded_at_once(world, [ok("00")])
    (recipient,) = await claimed(world, 1)
    await record_late(world, recipient, PENDING, lambda: world.client.delete(f"/recipients/{recipient.id}"))
    assert await states(world, [payment]) == [("received", ["pending"])]
    async with world.platform.database.reading() as conn:
        asked = await conn.fetchval("select cancel_requested_at from recipients where id = $1", recipient.id)
    assert asked is not None
    await world.drain()


async def test_an_answer_that_another_word_overtakes_before_it_is_written_changes_nothing(world: World) -> None:
    await world.funded(ok("00"))
    (payment,) = await funded_at_once(world, [ok("00")])
    (recipient,) = await claimed(world, 1)
    database = world.platform.database
    await record_late(world, recipient, PENDING, lambda: database.run(record, world, recipient, FAILED))
    assert await states(world, [payment]) == [("received", ["error"])]
