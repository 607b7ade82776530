"""Scenario 23: recipients are cancelled before any money came."""

import asyncio
from decimal import Decimal

from tests.journeys.world import World, ok


async def test_cancelling_the_only_recipient_cancels_the_transaction(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    answer = await world.client.delete(f"/recipients/{transaction['recipients'][0]['id']}")
    assert answer.status == 200
    assert (answer.object["state"], answer.object["transaction_state"]) == ("canceled", "canceled")
    assert (answer.object["editable"], answer.object["may_cancel"], answer.object["retriable"]) == (False,) * 3

    seen = await world.show(transaction)
    assert (seen["state"], seen["paid_amount"], seen["due_amount"]) == ("canceled", 0, 0)
    await world.drain()
    assert world.events(transaction["id"]) == ["transaction.created", "transaction.canceled"]

    refused = await world.debit(transaction)
    assert refused.status == 422
    assert refused.object[0]["errors"] == {"base": [{"error": "Transaction already expired"}]}
    again = await world.client.delete(f"/recipients/{transaction['recipients'][0]['id']}")
    assert again.status == 422
    assert again.object["errors"] == {"base": [{"error": "Recipient cannot be cancelled"}]}
    assert await world.balance("USD") == Decimal(1000)


async def test_a_recipient_that_leaves_takes_its_part_of_the_amount_along(world: World) -> None:
    transaction = await world.transaction(ok("00"), ok("00", 20000))
    assert transaction["input_amount"] == 75
    first, second = transaction["recipients"]
    answer = await world.client.delete(f"/recipients/{first['id']}")
    assert (answer.status, answer.object["state"], answer.object["transaction_state"]) == (200, "canceled", "approved")

    seen = await world.show(transaction)
    assert (seen["state"], seen["input_amount"], seen["paid_amount"], seen["due_amount"]) == ("approved", 50, 0, 50)
    assert (await world.debit(transaction, amount=75)).status == 422
    answer = await world.debit(transaction, amount=50)
    assert answer.status == 201
    assert (answer.object[0]["amount"], answer.object[0]["running_balance"]) == (50, 950)

    await world.drain()
    paid = await world.show(transaction)
    assert (paid["state"], [leg["state"] for leg in paid["recipients"]]) == ("paid", ["canceled", "success"])
    assert (paid["input_amount"], paid["paid_amount"], paid["due_amount"]) == (50, 50, 0)
    assert await world.orders(first["id"]) == []
    assert len(await world.orders(second["id"])) == 1
    assert world.events(transaction["id"]) == [
        "transaction.created",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]


async def test_a_debit_and_the_cancellations_of_all_recipients_agree(world: World) -> None:
    for _ in range(5):
        transaction = await world.transaction(ok("00"), ok("00", 20000))
        before = await world.balance("USD")
        debit, *answers = await asyncio.gather(
            world.debit(transaction),
            *(world.client.delete(f"/recipients/{leg['id']}") for leg in transaction["recipients"]),
        )
        assert [answer.status for answer in answers] == [200, 200]
        await world.drain()
        seen = await world.show(transaction)
        if debit.status == 201:
            assert seen["state"] == "refunded"
            assert world.events(transaction["id"])[-1] == "transaction.refunded"
            assert seen["paid_amount"] == debit.object[0]["amount"]
        else:
            assert seen["state"] == "canceled"
            assert world.events(transaction["id"]) == ["transaction.created", "transaction.canceled"]
        assert await world.balance("USD") == before
    assert await world.deadlocks() == 0
