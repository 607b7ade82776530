"""Scenario 17: a transaction is created and funded in one call, and an external_id names one transaction for ever."""

import asyncio
from decimal import Decimal
from typing import Any

from bitpesa.cli.client import Answered
from tests.journeys.world import World, ok


async def create_and_fund(world: World, *legs: dict[str, Any], **more: Any) -> Answered:
    return await world.post_transaction(*legs, path="/transactions/create_and_fund", **more)


async def known_as(world: World, external_id: str) -> list[dict[str, Any]]:
    return (await world.client.get(f"/transactions?external_id={external_id}")).object


async def test_without_an_external_id_nothing_is_created_or_funded(world: World) -> None:
    refused = await create_and_fund(world, ok("00"))
    assert refused.status == 422
    assert refused.object["errors"] == {"external_id": [{"error": "blank"}]}
    assert (await world.client.get("/transactions")).object == []
    assert await world.balance("USD") == Decimal(1000)


async def test_a_payment_is_created_and_funded_at_once(world: World) -> None:
    answer = await create_and_fund(world, ok("00"), external_id="T-1")
    assert answer.status == 201
    created = answer.object
    assert created["state"] == "received"
    assert (created["input_amount"], created["paid_amount"], created["due_amount"]) == (25, 25, 0)
    assert await world.balance("USD") == Decimal(975)

    again = await create_and_fund(world, ok("00"), external_id="T-1")
    assert again.status == 422
    assert again.object["errors"] == {"external_id": [{"error": "taken"}]}
    assert again.body["meta"]["existing"]["transaction"]["external_id"] == "T-1"
    assert again.body["meta"]["existing"]["transaction"]["id"] == created["id"]
    assert await world.balance("USD") == Decimal(975)

    await world.drain()
    assert (await world.show(created))["state"] == "paid"
    assert world.events(created["id"]) == [
        "transaction.created",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
    (debit,) = (await world.client.get("/accounts/debits")).object
    assert (debit["to_id"], debit["amount"], debit["running_balance"]) == (created["id"], 25, 975)


async def test_a_payment_that_the_balance_does_not_cover_leaves_nothing_behind(world: World) -> None:
    refused = await create_and_fund(world, ok("00", 2_000_000), external_id="T-1")
    assert refused.status == 422
    assert refused.object["input_amount"] == 5000
    assert refused.object["errors"] == {"input_amount": [{"error": "insufficient_balance"}]}
    assert "id" not in refused.object
    assert await known_as(world, "T-1") == []
    await world.drain()
    assert world.events() == []
    assert await world.balance("USD") == Decimal(1000)

    answer = await create_and_fund(world, ok("00"), external_id="T-1")
    assert answer.status == 201
    assert await world.balance("USD") == Decimal(975)


async def test_a_second_transaction_of_the_same_external_id_is_shown_the_first(world: World) -> None:
    first = await world.transaction(ok("00"), external_id="T-9")
    second = await world.post_transaction(
        ok("01", 20000), external_id="T-9", sender={"external_id": "S-1", "city": "Rome"}
    )
    assert second.status == 422
    assert second.object["errors"] == {"external_id": [{"error": "taken"}]}
    assert second.body["meta"]["existing"]["transaction"] == await world.show(first)
    assert (await world.show(first))["sender"]["city"] == "New York"
    assert [each["id"] for each in await known_as(world, "T-9")] == [first["id"]]


async def test_of_twenty_at_once_one_is_created(world: World) -> None:
    answers = await asyncio.gather(*(world.post_transaction(ok("00"), external_id="T-9") for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [201] + [422] * 19
    (winner,) = [answer.object for answer in answers if answer.status == 201]
    losers = [answer for answer in answers if answer.status == 422]
    assert all(loser.object["errors"] == {"external_id": [{"error": "taken"}]} for loser in losers)
    assert {loser.body["meta"]["existing"]["transaction"]["id"] for loser in losers} == {winner["id"]}
    await world.drain()
    assert world.events(winner["id"]) == ["transaction.created"]
    assert [each["id"] for each in (await world.client.get("/transactions")).object] == [winner["id"]]


async def test_of_twenty_at_once_that_bring_their_sender_along_one_is_created(world: World) -> None:
    sender = {**(await world.show(await world.transaction(ok("00"))))["sender"], "external_id": "S-new"}
    sender = {name: value for name, value in sender.items() if name != "id"}
    answers = await asyncio.gather(
        *(world.post_transaction(ok("00"), external_id="T-9", sender=sender) for _ in range(20))
    )
    assert sorted(answer.status for answer in answers) == [201] + [422] * 19
    assert len((await world.client.get("/senders?external_id=S-new")).object) == 1


async def test_a_cancelled_transaction_keeps_its_external_id(world: World) -> None:
    created = await world.transaction(ok("00"), external_id="T-9")
    await world.client.delete(f"/recipients/{created['recipients'][0]['id']}")
    for path in ("/transactions", "/transactions/create_and_fund"):
        again = await world.post_transaction(ok("00"), path=path, external_id="T-9")
        assert again.status == 422
        assert again.object["errors"] == {"external_id": [{"error": "taken"}]}
        assert again.body["meta"]["existing"]["transaction"]["state"] == "canceled"
    assert await world.balance("USD") == Decimal(1000)


async def test_a_refused_transaction_does_not_reserve_its_external_id(world: World) -> None:
    refused = await world.post_transaction(ok("00", bank_code="000"), external_id="T-9")
    assert refused.status == 422
    created = await world.post_transaction(ok("00"), external_id="T-9")
    assert created.status == 201
