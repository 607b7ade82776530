"""Scenario 24: a payout meets a temporary error, is tried again, and its money is asked back."""

from decimal import Decimal

from tests.journeys.world import World, ok

ERROR = ["recipient.error", "transaction.error"]


async def test_a_temporary_error_is_retried_until_the_client_wants_its_money_back(world: World) -> None:
    transaction = await world.funded(ok("08"))
    assert transaction["state"] == "received"
    (leg,) = transaction["recipients"]
    assert (leg["state"], leg["transaction_state"]) == ("error", "received")
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (True, True, True)
    assert leg["state_reason"] == leg["state_reason_details"]["description"]
    assert leg["state_reason_details"] == {
        "code": "3",
        "category": "temporary_error",
        "messages": ["Temporary error", "Provider Error", "Undefined provider error"],
        "description": "The payment provider is not accepting transactions at the moment. We will retry the "
        "transaction at a later date. You can also edit or cancel this transaction.",
    }
    assert await world.balance("USD") == Decimal(975)

    await world.advance(seconds=59)
    await world.drain()
    assert len(await world.orders(leg["id"])) == 1
    await world.advance(seconds=1)
    await world.drain()
    first, second = await world.orders(leg["id"])
    assert first.reference != second.reference

    answer = await world.client.delete(f"/recipients/{leg['id']}")
    assert (answer.status, answer.object["state"], answer.object["transaction_state"]) == (200, "refunded", "refunded")
    refunded = await world.show(transaction)
    assert (refunded["state"], refunded["paid_amount"], refunded["due_amount"]) == ("refunded", 25, 0)
    assert await world.balance("USD") == Decimal(1000)

    await world.advance(hours=48)
    await world.drain()
    assert len(await world.orders(leg["id"])) == 2
    assert world.events(transaction["id"]) == [
        "transaction.created",
        "transaction.paid_in",
        *ERROR,
        *ERROR,
        "recipient.refunded",
        "transaction.refunded",
    ]
    again = await world.client.delete(f"/recipients/{leg['id']}")
    assert (again.status, again.object["errors"]) == (422, {"base": [{"error": "Recipient cannot be cancelled"}]})
    assert await world.balance("USD") == Decimal(1000)
