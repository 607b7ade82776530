"""Scenario 30: cash that is picked up over a counter: notice, edit, revocation, pick-up, and the limits of time."""

import re
from decimal import Decimal
from typing import Any

from tests.journeys.world import World

FUNDED = ["transaction.created", "transaction.paid_in"]
REFUNDED = ["recipient.refunded", "transaction.refunded"]

CASH = {
    "requested_amount": 1000,
    "requested_currency": "MAD",
    "payout_method": {
        "type": "MAD::Cash",
        "details": {"first_name": "John", "last_name": "Doe", "phone_number": "+212537718685"},
    },
}
SENDER = {"external_id": "S-1", "identification_type": "PP", "identification_number": "X1234567"}


async def noticed(world: World, **more: Any) -> dict[str, Any]:
    """A funded cash payout whose notice the bank has issued."""
    shown = await world.funded(CASH, sender=SENDER, **more)
    assert (shown["state"], shown["recipients"][0]["state"]) == ("received", "pending")
    return shown


async def states(world: World, transaction: dict[str, Any]) -> tuple[str, str]:
    shown = await world.show(transaction)
    return shown["state"], shown["recipients"][0]["state"]


async def test_the_notice_carries_the_reference_that_the_recipient_must_show(world: World) -> None:
    shown = await noticed(world)
    leg = shown["recipients"][0]
    assert leg["state_reason_details"]["code"] == "21"
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (True, True, True)
    (pending,) = [each for each in world.heard() if each.event == "recipient.pending"]
    assert pending.content["object"]["metadata"] == leg["metadata"]
    assert set(leg["metadata"]) == {"payment_reference"}
    assert re.fullmatch(r"[A-Z0-9]{11}", leg["metadata"]["payment_reference"])
    assert await world.balance("USD") == Decimal(900)


async def test_an_edit_keeps_the_reference_and_issues_no_second_notice(world: World) -> None:
    shown = await noticed(world)
    leg = shown["recipients"][0]
    change = {"recipient": {"payout_method": {"details": {"last_name": "Smith"}}}}
    edited = await world.client.patch(f"/recipients/{leg['id']}", change)
    assert edited.status == 200
    assert edited.object["payout_method"]["details"] == {**leg["payout_method"]["details"], "last_name": "Smith"}
    assert edited.object["metadata"] == leg["metadata"]
    await world.drain()
    assert len(await world.orders(leg["id"])) == 1
    assert await states(world, shown) == ("received", "pending")


async def test_a_cancellation_voids_the_notice_and_gives_the_money_back(world: World) -> None:
    shown = await noticed(world)
    leg = shown["recipients"][0]
    deleted = await world.client.delete(f"/recipients/{leg['id']}")
    assert (deleted.status, deleted.object["state"]) == (200, "pending")
    assert await world.balance("USD") == Decimal(900)
    await world.drain()
    assert await states(world, shown) == ("refunded", "refunded")
    (order,) = await world.orders(leg["id"])
    assert (order.code, order.is_open) == ("54", False)
    assert await world.balance("USD") == Decimal(1000)
    assert world.events(shown["id"]) == [*FUNDED, "recipient.pending", *REFUNDED]


async def test_cash_that_was_picked_up_before_the_revocation_is_paid(world: World) -> None:
    shown = await noticed(world)
    leg = shown["recipients"][0]
    assert (await world.client.delete(f"/recipients/{leg['id']}")).status == 200
    await world.bank_says(leg["id"], "0")
    assert await states(world, shown) == ("paid", "success")
    assert await world.balance("USD") == Decimal(900)
    expected = [*FUNDED, "recipient.pending", "recipient.paid_out", "transaction.paid_out"]
    assert world.events(shown["id"]) == expected


async def test_the_timer_of_24_hours_leaves_the_notice_alone(world: World) -> None:
    shown = await noticed(world)
    leg = shown["recipients"][0]
    await world.advance(hours=24)
    await world.drain()
    assert await states(world, shown) == ("received", "pending")
    (order,) = await world.orders(leg["id"])
    assert (order.code, order.is_open) == ("21", True)
    assert await world.balance("USD") == Decimal(900)

    await world.bank_says(leg["id"], "0")
    assert await states(world, shown) == ("paid", "success")


async def test_cash_can_still_be_edited_and_cancelled_after_24_hours(world: World) -> None:
    shown = await noticed(world)
    leg = shown["recipients"][0]
    await world.advance(hours=25)
    await world.drain()
    change = {"recipient": {"payout_method": {"details": {"last_name": "Smith"}}}}
    assert (await world.client.patch(f"/recipients/{leg['id']}", change)).status == 200
    deleted = await world.client.delete(f"/recipients/{leg['id']}")
    assert (deleted.status, deleted.object["state"]) == (200, "pending")
    await world.drain()
    assert await states(world, shown) == ("refunded", "refunded")
    (order,) = await world.orders(leg["id"])
    assert (order.code, order.is_open) == ("54", False)
    assert await world.balance("USD") == Decimal(1000)


async def test_cash_that_nobody_picks_up_is_void_after_30_days(world: World) -> None:
    shown = await noticed(world, traits={"auto_refund": False})
    leg = shown["recipients"][0]
    await world.advance(days=30, seconds=-1)
    await world.drain()
    assert await states(world, shown) == ("received", "pending")
    await world.advance(minutes=15)
    await world.drain()
    failed = (await world.show(shown))["recipients"][0]
    assert (failed["state"], failed["state_reason_details"]["code"]) == ("error", "433")
    (order,) = await world.orders(leg["id"])
    assert (order.code, order.is_open) == ("54", False)
    assert (await world.client.delete(f"/recipients/{leg['id']}")).object["state"] == "refunded"
    assert await world.balance("USD") == Decimal(1000)


async def test_cash_that_nobody_picks_up_is_refunded_once_the_notice_is_void(world: World) -> None:
    shown = await noticed(world)
    await world.advance(hours=24)
    await world.drain()
    await world.advance(days=30)
    await world.drain()
    assert await states(world, shown) == ("refunded", "refunded")
    (order,) = await world.orders(shown["recipients"][0]["id"])
    assert (order.code, order.is_open) == ("54", False)
    assert await world.balance("USD") == Decimal(1000)
