"""Scenario 16, many at once: what providers answer is recorded together, and for each payout by itself."""

import asyncio
from typing import Any
from uuid import UUID

from tests.journeys.world import World, ok


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
