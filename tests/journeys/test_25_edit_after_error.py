"""Scenario 25: a payout fails for its details, they are edited, and it is paid."""

from decimal import Decimal
from typing import Any

from tests.journeys.world import World, ok


def changing(**details: Any) -> dict[str, Any]:
    return {"recipient": {"payout_method": {"details": details}}}


async def test_a_wrong_account_number_is_corrected_and_paid(world: World) -> None:
    transaction = await world.funded(ok("19"))
    (leg,) = transaction["recipients"]
    assert (leg["state"], leg["state_reason_details"]["code"]) == ("error", "416")
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (True, True, False)

    refused = await world.client.patch(f"/recipients/{leg['id']}", changing(bank_code="999999"))
    assert refused.status == 422
    assert refused.object["payout_method"]["errors"] == {"bank_code": [{"error": "inclusion"}]}
    assert "bank_code" in refused.object["payout_method"]["fields"]
    await world.drain()
    assert len(await world.orders(leg["id"])) == 1
    assert (await world.show(transaction))["recipients"] == [leg]

    answer = await world.client.patch(f"/recipients/{leg['id']}", changing(bank_account="12345678900"))
    assert answer.status == 200
    assert answer.object["payout_method"]["details"] == {
        **leg["payout_method"]["details"],
        "bank_account": "12345678900",
    }
    await world.drain()
    paid = await world.show(transaction)
    assert (paid["state"], paid["recipients"][0]["state"]) == ("paid", "success")
    assert paid["recipients"][0]["state_reason"] is None
    assert len(await world.orders(leg["id"])) == 2
    assert await world.balance("USD") == Decimal(975)

    refused = await world.client.patch(f"/recipients/{leg['id']}", changing(bank_account="12345678901"))
    assert refused.status == 422
    assert refused.object["errors"] == {"base": [{"error": "Recipient is not editable"}]}
    assert await world.show(transaction) == paid
    assert world.events(transaction["id"]) == [
        "transaction.created",
        "transaction.paid_in",
        "recipient.error",
        "transaction.error",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
