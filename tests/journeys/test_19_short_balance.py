"""Scenario 19: a balance that is short by one minor unit, unless the app may overdraw it."""

from decimal import Decimal
from typing import Any

from tests.journeys.world import World, ok


def costing(amount: str) -> dict[str, Any]:
    """A recipient that costs exactly this many pounds."""
    return {**ok("00", amount), "requested_currency": "GBP"}


async def test_one_minor_unit_short_is_too_short(world: World) -> None:
    too_much = await world.transaction(costing("100.01"), input_currency="GBP")
    assert too_much["input_amount"] == Decimal("100.01")
    refused = await world.debit(too_much)
    assert refused.status == 422
    assert refused.object[0]["errors"] == {"amount": [{"error": "insufficient_balance"}]}
    assert await world.balance("GBP") == Decimal(100)
    assert await world.show(too_much) == too_much

    exact = await world.transaction(costing("100"), input_currency="GBP")
    answer = await world.debit(exact)
    assert answer.status == 201
    assert (answer.object[0]["amount"], answer.object[0]["running_balance"]) == (100, 0)
    assert await world.balance("GBP") == Decimal(0)


async def test_an_app_that_may_overdraw_does(world: World) -> None:
    too_much = await world.transaction(costing("100.01"), input_currency="GBP")
    assert (await world.debit(too_much)).status == 422
    await world.change_settings(negative_balance=True)

    answer = await world.debit(too_much)
    assert answer.status == 201
    assert (answer.object[0]["amount"], answer.object[0]["running_balance"]) == (Decimal("100.01"), Decimal("-0.01"))
    assert await world.balance("GBP") == Decimal("-0.01")
    shown = await world.client.get("/accounts")
    assert shown.body["meta"] == {"negative_balance": True}
    assert {"amount": Decimal("-0.01"), "currency": "GBP"} in shown.object


async def test_an_app_that_may_overdraw_no_more_cannot_go_further_down(world: World) -> None:
    await world.change_settings(negative_balance=True)
    assert (await world.debit(await world.transaction(costing("100.01"), input_currency="GBP"))).status == 201
    await world.change_settings(negative_balance=False)
    refused = await world.debit(await world.transaction(costing("1"), input_currency="GBP"))
    assert refused.status == 422
    assert refused.object[0]["errors"] == {"amount": [{"error": "insufficient_balance"}]}
    assert (await world.client.get("/accounts")).body["meta"] == {"negative_balance": False}
