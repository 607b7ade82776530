"""Scenario 16: a transaction is created, funded from the balance and paid out."""

from datetime import datetime
from decimal import Decimal

from tests.journeys.world import World, ok


async def test_a_payment_goes_from_creation_to_paid_out(world: World) -> None:
    created = await world.transaction(ok("00"))
    assert created["state"] == "approved"
    assert (created["input_amount"], created["paid_amount"], created["due_amount"]) == (25, 0, 25)
    lifetime = datetime.fromisoformat(created["expires_at"]) - datetime.fromisoformat(created["created_at"])
    assert lifetime.total_seconds() == 3600.0

    answer = await world.debit(created)
    assert answer.status == 201
    (debit,) = answer.object
    assert (debit["amount"], debit["running_balance"]) == (25, 975)

    await world.drain()
    paid = await world.show(created)
    assert paid["state"] == "paid"
    (leg,) = paid["recipients"]
    assert leg["state"] == "success"
    assert leg["state_reason_details"]["code"] == "0"
    assert await world.balance("USD") == Decimal(975)
    assert world.events(created["id"]) == [
        "transaction.created",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
