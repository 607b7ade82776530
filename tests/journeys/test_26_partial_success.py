"""Scenario 26: of three recipients one is paid, and the money of the others comes back."""

from decimal import Decimal
from typing import Any

from tests.journeys.world import World, ok

ERROR = ["recipient.error", "transaction.error"]


async def three_recipients(world: World) -> tuple[dict[str, Any], list[str]]:
    transaction = await world.transaction(ok("00", 10000), ok("08", 20000), ok("19", 30000))
    assert transaction["input_amount"] == 150
    assert [leg["input_amount"] for leg in transaction["recipients"]] == [25, 50, 75]
    assert (await world.debit(transaction)).status == 201
    assert await world.balance("USD") == Decimal(850)
    await world.drain()
    seen = await world.show(transaction)
    assert (seen["state"], [leg["state"] for leg in seen["recipients"]]) == ("received", ["success", "error", "error"])
    return transaction, [leg["id"] for leg in transaction["recipients"]]


async def stories(world: World, transaction: dict[str, Any], legs: list[str]) -> list[list[str]]:
    """What was told of the transaction and of each recipient, each in order; recipients are paid side by side."""
    await world.drain()
    own = [each.event for each in world.heard() if each.content["object"]["id"] == transaction["id"]]
    theirs = [[each.event for each in world.heard() if each.content["object"]["id"] == leg] for leg in legs]
    return [own, *theirs]


async def test_money_comes_back_leg_by_leg(world: World) -> None:
    transaction, legs = await three_recipients(world)

    second = await world.client.delete(f"/recipients/{legs[1]}")
    assert (second.status, second.object["state"], second.object["transaction_state"]) == (200, "refunded", "received")
    assert await world.balance("USD") == Decimal(900)
    assert (await world.show(transaction))["state"] == "received"

    third = await world.client.delete(f"/recipients/{legs[2]}")
    assert (third.status, third.object["state"], third.object["transaction_state"]) == (200, "refunded", "refunded")
    assert await world.balance("USD") == Decimal(975)
    ended = await world.show(transaction)
    assert (ended["state"], ended["paid_amount"], ended["due_amount"]) == ("refunded", 150, 0)
    assert [leg["state"] for leg in ended["recipients"]] == ["success", "refunded", "refunded"]

    first = await world.client.delete(f"/recipients/{legs[0]}")
    assert (first.status, first.object["errors"]) == (422, {"base": [{"error": "Recipient cannot be cancelled"}]})
    assert await stories(world, transaction, legs) == [
        [
            "transaction.created",
            "transaction.paid_in",
            "transaction.error",
            "transaction.error",
            "transaction.refunded",
        ],
        ["recipient.paid_out"],
        ["recipient.error", "recipient.refunded"],
        ["recipient.error", "recipient.refunded"],
    ]
    assert world.events(transaction["id"])[-3:] == ["recipient.refunded", "recipient.refunded", "transaction.refunded"]


async def test_one_that_is_corrected_is_paid_and_the_transaction_is_refunded_all_the_same(world: World) -> None:
    transaction, legs = await three_recipients(world)
    assert (await world.client.delete(f"/recipients/{legs[1]}")).status == 200
    edit = {"recipient": {"payout_method": {"details": {"bank_account": "12345678900"}}}}
    assert (await world.client.patch(f"/recipients/{legs[2]}", edit)).status == 200
    await world.drain()

    ended = await world.show(transaction)
    assert (ended["state"], ended["paid_amount"], ended["due_amount"]) == ("refunded", 150, 0)
    assert [leg["state"] for leg in ended["recipients"]] == ["success", "refunded", "success"]
    assert await world.balance("USD") == Decimal(900)
    assert await stories(world, transaction, legs) == [
        [
            "transaction.created",
            "transaction.paid_in",
            "transaction.error",
            "transaction.error",
            "transaction.refunded",
        ],
        ["recipient.paid_out"],
        ["recipient.error", "recipient.refunded"],
        ["recipient.error", "recipient.paid_out"],
    ]
    assert world.events(transaction["id"])[-3:] == ["recipient.refunded", "recipient.paid_out", "transaction.refunded"]
