"""Scenario 18: the forms a debit may have, and debits that do not match what is due."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from tests.journeys.world import World, ok

NOBODY = "8d9ae8c1-9bb8-4e1c-b9b0-0d7a2c7f7e0d"


def naming(transaction: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"to_id": transaction["id"], "to_type": "Transaction", **more}


# What is asked for, what of it is echoed, and what is wrong with it: what no SDK could read is not echoed.
MISMATCHES = [
    ({"currency": "EUR"}, {"currency": "EUR"}, {"currency": [{"error": "invalid"}]}),
    ({"amount": Decimal("24.99")}, {"amount": Decimal("24.99")}, {"amount": [{"error": "invalid"}]}),
    ({"amount": "25.001"}, {"amount": Decimal("25.001")}, {"amount": [{"error": "invalid"}]}),
    ({"amount": "much"}, {}, {"amount": [{"error": "invalid"}]}),
    ({"to_type": "Recipient"}, {"to_type": "Recipient"}, {"to_type": [{"error": "inclusion"}]}),
    ({"to_id": NOBODY}, {"to_id": NOBODY}, {"to_id": [{"error": "not_found"}]}),
    ({"to_id": "no id"}, {}, {"to_id": [{"error": "not_found"}]}),
]


async def test_a_debit_that_does_not_match_is_refused(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    for wrong, echoed, errors in MISMATCHES:
        refused = await world.debit(transaction, **wrong)
        assert refused.status == 422
        right = {name: value for name, value in naming(transaction).items() if name not in wrong}
        assert refused.object == [{**right, **echoed, "errors": errors}]
    assert await world.show(transaction) == transaction
    assert await world.balance("USD") == Decimal(1000)
    assert (await world.client.get("/accounts/debits")).object == []


async def test_the_amount_is_compared_as_a_number(world: World) -> None:
    for amount in (25, 25.0, "25", "25.0", "25.00", "2.5e1"):
        answer = await world.debit(await world.transaction(ok("00")), amount=amount, currency="USD")
        assert answer.status == 201
        assert (answer.object[0]["amount"], answer.object[0]["currency"]) == (25, "USD")


async def test_the_bare_body_of_2018_is_answered_with_an_object(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    refused = await world.client.post("/accounts/debits", naming(transaction, currency="USD", amount=24))
    assert refused.status == 422
    assert refused.object == {**naming(transaction), "currency": "USD", "amount": 24} | {
        "errors": {"amount": [{"error": "invalid"}]}
    }
    answer = await world.client.post("/accounts/debits", naming(transaction, currency="USD", amount=25))
    assert answer.status == 201
    assert answer.object["to_id"] == transaction["id"]
    assert (answer.object["amount"], answer.object["running_balance"]) == (25, 975)
    assert await world.balance("USD") == Decimal(975)


async def test_a_list_is_debited_in_its_order(world: World) -> None:
    first, second = await world.transaction(ok("00")), await world.transaction(ok("00", 20000))
    answer = await world.client.post("/accounts/debits", {"debit": [naming(second, metadata={"n": 1}), naming(first)]})
    assert answer.status == 201
    assert [
        (debit["to_id"], debit["to_type"], debit["amount"], debit["running_balance"], debit["metadata"])
        for debit in answer.object
    ] == [
        (second["id"], "Transaction", 50, 950, {"n": 1}),
        (first["id"], "Transaction", 25, 925, {}),
    ]
    assert await world.balance("USD") == Decimal(925)
    assert {(await world.show(each))["state"] for each in (first, second)} == {"received"}


async def test_one_bad_entry_of_a_list_leaves_all_of_it_undone(world: World) -> None:
    good, wrong = await world.transaction(ok("00")), str(uuid4())
    refused = await world.client.post("/accounts/debits", {"debit": [naming(good), naming({"id": wrong})]})
    assert refused.status == 422
    assert refused.object == [
        {**naming(good), "errors": {}},
        {**naming({"id": wrong}), "errors": {"to_id": [{"error": "not_found"}]}},
    ]
    assert await world.show(good) == good
    assert await world.balance("USD") == Decimal(1000)
    await world.drain()
    assert world.events(good["id"]) == ["transaction.created"]


async def test_the_entry_that_the_balance_does_not_cover_is_named(world: World) -> None:
    small, large = await world.transaction(ok("00")), await world.transaction(ok("00", 400_000))
    refused = await world.client.post("/accounts/debits", {"debit": [naming(small), naming(large)]})
    assert refused.status == 422
    assert [each["errors"] for each in refused.object] == [{}, {"amount": [{"error": "insufficient_balance"}]}]
    assert {(await world.show(each))["state"] for each in (small, large)} == {"approved"}
    assert await world.balance("USD") == Decimal(1000)


async def test_a_list_that_names_a_transaction_twice_is_refused_at_the_second(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    refused = await world.client.post("/accounts/debits", {"debit": [naming(transaction), naming(transaction)]})
    assert refused.status == 422
    assert [each["errors"] for each in refused.object] == [{}, {"base": [{"error": "Transaction already funded"}]}]
    assert await world.balance("USD") == Decimal(1000)
