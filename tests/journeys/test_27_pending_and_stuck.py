"""Scenario 27: a payout is with its provider, the client wants it back, and the provider's word decides."""

from decimal import Decimal
from typing import Any

from tests.journeys.world import World, ok

PENDING = ["transaction.created", "transaction.paid_in", "recipient.pending"]
STUCK = [*PENDING, "recipient.error", "transaction.error"]
PAID = ["recipient.paid_out", "transaction.paid_out"]
REFUNDED = ["recipient.refunded", "transaction.refunded"]
TEMPORARY_ERROR, SUCCESS, IN_DOUBT = "3", "0", "13"


async def pending(world: World) -> tuple[dict[str, Any], str]:
    transaction = await world.funded(ok("01"))
    (leg,) = transaction["recipients"]
    assert (transaction["state"], leg["state"], leg["state_reason_details"]["code"]) == ("received", "pending", "14")
    assert leg["may_cancel"] is False
    assert world.events(transaction["id"]) == PENDING
    return transaction, leg["id"]


async def stuck(world: World) -> tuple[dict[str, Any], str]:
    transaction, leg_id = await pending(world)
    await world.bank_says(leg_id, IN_DOUBT)
    seen = await world.show(transaction)
    (leg,) = seen["recipients"]
    assert (seen["state"], leg["state"], leg["state_reason_details"]["code"]) == ("manual", "stuck", "13")
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (False, False, False)
    assert world.events(transaction["id"]) == STUCK
    return transaction, leg_id


async def cancel_twice(world: World, transaction: dict[str, Any], leg_id: str, state: str) -> None:
    """Cancel what the provider has: it is noted, once, and nothing comes back yet."""
    for _ in range(2):
        answer = await world.client.delete(f"/recipients/{leg_id}")
        assert (answer.status, answer.object["state"]) == (200, state)
        assert (answer.object["editable"], answer.object["may_cancel"]) == (False, False)
        assert answer.object["metadata"] == {"force_cash_refund": True}
    seen = await world.show(transaction)
    assert seen["traits"] == {"auto_refund": True}
    await world.drain()
    assert (await world.show(transaction))["recipients"][0]["state"] == state
    assert await world.balance("USD") == Decimal(975)


async def ends(world: World, transaction: dict[str, Any], leg_id: str, state: str, leg_state: str, usd: int) -> None:
    """It has ended like this, and neither time nor the client changes anything about it."""
    for _ in range(2):
        seen = await world.show(transaction)
        assert (seen["state"], seen["recipients"][0]["state"]) == (state, leg_state)
        assert await world.balance("USD") == usd
        assert len(await world.orders(leg_id)) == 1
        await world.advance(hours=48)
        await world.drain()
    assert (await world.client.delete(f"/recipients/{leg_id}")).status == 422


async def test_a_cancelled_payout_that_fails_is_refunded_at_once(world: World) -> None:
    transaction, leg_id = await pending(world)
    await cancel_twice(world, transaction, leg_id, "pending")
    await world.bank_says(leg_id, TEMPORARY_ERROR)
    assert world.events(transaction["id"]) == [*PENDING, *REFUNDED]
    await ends(world, transaction, leg_id, "refunded", "refunded", 1000)


async def test_a_cancelled_payout_that_was_paid_is_paid(world: World) -> None:
    transaction, leg_id = await pending(world)
    await cancel_twice(world, transaction, leg_id, "pending")
    await world.bank_says(leg_id, SUCCESS)
    assert world.events(transaction["id"]) == [*PENDING, *PAID]
    await ends(world, transaction, leg_id, "paid", "success", 975)


async def test_a_cancelled_payout_that_the_sandbox_pays_is_paid(world: World) -> None:
    transaction, leg_id = await pending(world)
    await cancel_twice(world, transaction, leg_id, "pending")
    answer = await world.client.post(f"/transactions/{transaction['id']}/payout")
    assert (answer.status, answer.object["state"]) == (200, "paid")
    await world.drain()
    assert world.events(transaction["id"]) == [*PENDING, *PAID]
    await ends(world, transaction, leg_id, "paid", "success", 975)


async def test_a_stuck_payout_that_was_paid_after_all_is_paid(world: World) -> None:
    transaction, leg_id = await stuck(world)
    await cancel_twice(world, transaction, leg_id, "stuck")
    await world.bank_says(leg_id, SUCCESS)
    assert world.events(transaction["id"]) == [*STUCK, *PAID]
    await ends(world, transaction, leg_id, "paid", "success", 975)


async def test_a_stuck_payout_that_failed_after_all_is_refunded_to_who_asked_for_it(world: World) -> None:
    transaction, leg_id = await stuck(world)
    await cancel_twice(world, transaction, leg_id, "stuck")
    await world.bank_says(leg_id, TEMPORARY_ERROR)
    assert world.events(transaction["id"]) == [*STUCK, *REFUNDED]
    await ends(world, transaction, leg_id, "refunded", "refunded", 1000)


async def test_a_stuck_payout_that_failed_is_tried_again_when_nobody_wants_it_back(world: World) -> None:
    transaction, leg_id = await stuck(world)
    await world.bank_says(leg_id, TEMPORARY_ERROR)
    seen = await world.show(transaction)
    assert (seen["state"], seen["recipients"][0]["state"]) == ("received", "error")
    assert world.events(transaction["id"]) == [*STUCK, "recipient.error", "transaction.error"]
    await world.bank_says(leg_id, SUCCESS)
    await world.advance(minutes=1)
    await world.drain()
    assert (await world.show(transaction))["state"] == "paid"
    assert len(await world.orders(leg_id)) == 2
    assert await world.balance("USD") == Decimal(975)
