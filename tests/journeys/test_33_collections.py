"""Scenario 33: money is collected to a balance, for the wrong amount, not at all, and too late."""

from decimal import Decimal

from tests.journeys.collecting import XOF, collection, pays, state_of, to_balance
from tests.journeys.world import World, ok


async def test_a_collection_ends_on_the_balance(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    assert created["payin_reference"].isdigit()
    assert len(created["payin_reference"]) == 6
    (method,) = created["payin_methods"]
    assert (method["state"], method["errors"], method["state_reason_details"]) == ("initial", {}, None)
    await world.drain()
    assert await state_of(world, created) == ("pending", "pending")

    before = await world.balance("USD")
    paid = await world.client.post(f"/transactions/{created['id']}/payin", {"payin_method": {"type": "XOF::Mobile"}})
    assert (paid.status, paid.object["state"], paid.object["paid_amount"]) == (200, "received", 50000)
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    output = created["recipients"][0]["output_amount"]
    assert await world.balance("USD") == before + Decimal(output)
    assert world.events(created["id"]) == [
        "transaction.created",
        "payin_method.pending",
        "payin_method.paid_in",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]


async def test_a_number_that_fails_may_be_tried_again(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF | {"phone_number": "+2250102030409"})
    await world.drain()
    assert await state_of(world, created) == ("approved", "error")
    shown = (await world.show(created))["payin_methods"][0]
    details = shown["state_reason_details"]
    assert (details["code"], details["category"]) == ("412", "user_invalid_data_error")
    assert world.events(created["id"])[-2:] == ["payin_method.pending", "payin_method.error"]

    retried = await world.client.post(f"/payin_methods/{shown['id']}/retry")
    assert (retried.status, retried.object["state"]) == (200, "pending")
    assert await state_of(world, created) == ("pending", "pending")
    await world.drain()
    assert await state_of(world, created) == ("approved", "error")

    change = {"in_details": {"phone_number": "+2250102030400"}}
    edited = await world.client.patch(f"/payin_methods/{shown['id']}", change)
    assert (edited.status, edited.object["state"]) == (200, "pending")
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    refused = await world.client.post(f"/payin_methods/{shown['id']}/retry")
    assert refused.status == 422
    assert refused.object["errors"] == {"base": [{"error": "Payin method cannot be retried"}]}


async def test_another_amount_resizes_the_transaction(world: World) -> None:
    legs = [ok("00", 30000) | {"requested_currency": "XOF"}, ok("00", 20000) | {"requested_currency": "XOF"}]
    created = await collection(world, legs, XOF)
    assert [leg["input_amount"] for leg in created["recipients"]] == [30000, 20000]
    await world.drain()
    await pays(world, created, 40000)
    shown = await world.show(created)
    assert [leg["input_amount"] for leg in shown["recipients"]] == [24000, 16000]
    assert [leg["requested_amount"] for leg in shown["recipients"]] == [30000, 20000]
    # 400 naira and 600 francs a dollar: 24000 and 16000 francs are 16000 and 10666.67 naira, rounded down.
    assert [leg["output_amount"] for leg in shown["recipients"]] == [16000, 10666]
    assert (shown["input_amount"], shown["paid_amount"], shown["due_amount"]) == (40000, 40000, 0)
    assert (shown["state"], shown["payin_methods"][0]["state"]) == ("paid", "mispaid")
    told = world.events(created["id"])
    assert told[2:4] == ["payin_method.mispaid", "transaction.mispaid"]
    assert told[-1] == "transaction.paid_out"
    (mispaid,) = (each for each in world.heard() if each.event == "transaction.mispaid")
    assert (mispaid.content["object"]["state"], mispaid.content["object"]["input_amount"]) == ("mispaid", 40000)


async def test_money_that_comes_too_late_goes_back(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    await world.drain()
    await world.advance(hours=1)
    assert await state_of(world, created) == ("canceled", "canceled")
    await world.drain()
    assert world.events(created["id"])[-2:] == ["payin_method.canceled", "transaction.canceled"]

    before = await world.balance("USD")
    await pays(world, created, 50000)
    assert await state_of(world, created) == ("canceled", "canceled")
    returned = await world.client.post(f"/sandbox/transactions/{created['id']}/return")
    assert returned.status == 200, returned.body
    assert await state_of(world, created) == ("canceled", "refunded")
    await world.drain()
    assert world.events(created["id"])[-1] == "payin_method.refunded"
    assert await world.balance("USD") == before
    again = await world.client.post(f"/sandbox/transactions/{created['id']}/return")
    assert (again.status, again.object["errors"]) == (422, {"base": [{"error": "Nothing is waiting to be returned"}]})
