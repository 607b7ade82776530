"""Scenario 29: a payout that has not happened in 24 hours is refunded; errors of the sender are not tried again."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from bitpesa.payments.transactions.operations.expiry import refund_overdue
from tests.journeys.world import World, ok

FAILED = ["recipient.error", "transaction.error"]
REFUNDED = ["recipient.refunded", "transaction.refunded"]
FUNDED = ["transaction.created", "transaction.paid_in"]


async def state_of(world: World, transaction: dict[str, Any]) -> tuple[str, str]:
    shown = await world.show(transaction)
    return shown["state"], shown["recipients"][0]["state"]


async def test_a_failing_payout_is_refunded_after_24_hours_to_the_second(world: World) -> None:
    funded = await world.funded(ok("08"))
    await world.advance(hours=23, minutes=59, seconds=59)
    await world.drain()
    assert await state_of(world, funded) == ("received", "error")
    await world.advance(seconds=1)
    await world.drain()
    assert await state_of(world, funded) == ("refunded", "refunded")
    assert await world.balance("USD") == Decimal(1000)
    assert world.events(funded["id"]) == [*FUNDED, *FAILED, *FAILED, *REFUNDED]
    assert (await world.show(funded))["traits"] == {}


async def test_nothing_is_tried_after_the_refund(world: World) -> None:
    funded = await world.funded(ok("08"))
    await world.advance(hours=24)
    await world.drain()
    before = await world.orders(funded["recipients"][0]["id"])
    await world.advance(hours=48)
    await world.drain()
    assert await world.orders(funded["recipients"][0]["id"]) == before
    assert await world.balance("USD") == Decimal(1000)


async def pending_over_24_hours(world: World) -> dict[str, Any]:
    funded = await world.funded(ok("01"))
    await world.advance(hours=24)
    await world.drain()
    shown = await world.show(funded)
    assert (shown["state"], shown["recipients"][0]["state"]) == ("received", "pending")
    assert (shown["recipients"][0]["editable"], shown["recipients"][0]["may_cancel"]) == (False, False)
    assert (shown["traits"], shown["recipients"][0]["metadata"]) == ({}, {})
    assert await world.balance("USD") == Decimal(975)
    await world.advance(hours=6)
    return shown


async def test_a_pending_payout_that_fails_later_is_refunded_without_another_try(world: World) -> None:
    pending = await pending_over_24_hours(world)
    await world.bank_says(pending["recipients"][0]["id"], "3")
    assert await state_of(world, pending) == ("refunded", "refunded")
    assert await world.balance("USD") == Decimal(1000)
    assert len(await world.orders(pending["recipients"][0]["id"])) == 1
    assert world.events(pending["id"]) == [*FUNDED, "recipient.pending", *REFUNDED]


async def test_a_pending_payout_that_succeeds_later_is_paid(world: World) -> None:
    pending = await pending_over_24_hours(world)
    await world.bank_says(pending["recipients"][0]["id"], "0")
    assert await state_of(world, pending) == ("paid", "success")
    assert await world.balance("USD") == Decimal(975)
    assert world.events(pending["id"]) == [*FUNDED, "recipient.pending", "recipient.paid_out", "transaction.paid_out"]


async def test_without_the_trait_a_payout_is_tried_until_people_must_look(world: World) -> None:
    funded = await world.funded(ok("08"), traits={"auto_refund": False})
    recipient_id = funded["recipients"][0]["id"]
    await world.advance(hours=48)
    await world.drain()
    assert await state_of(world, funded) == ("received", "error")
    while (await state_of(world, funded))[1] == "error":
        await world.advance(hours=1)
        await world.drain()
    assert await state_of(world, funded) == ("manual", "manual")
    assert len(await world.orders(recipient_id)) == 30
    *_, about_recipient, about_transaction = world.heard()
    assert (about_recipient.event, about_recipient.content["object"]["state"]) == ("recipient.error", "manual")
    assert (about_transaction.event, about_transaction.content["object"]["state"]) == ("transaction.error", "manual")
    shown = (await world.show(funded))["recipients"][0]
    assert (shown["editable"], shown["may_cancel"], shown["retriable"]) == (True, True, False)

    await world.advance(hours=48)
    await world.drain()
    assert len(await world.orders(recipient_id)) == 30
    deleted = await world.client.delete(f"/recipients/{recipient_id}")
    assert (deleted.status, deleted.object["state"]) == (200, "refunded")
    assert await state_of(world, funded) == ("refunded", "refunded")
    await world.drain()
    assert world.events(funded["id"]) == [*FUNDED, *(FAILED * 30), *REFUNDED]
    assert await world.balance("USD") == Decimal(1000)


async def test_an_error_of_the_sender_waits_for_a_refund_and_for_nothing_else(world: World) -> None:
    funded = await world.funded(ok("71"))
    leg = funded["recipients"][0]
    assert (leg["state"], leg["state_reason_details"]["code"]) == ("error", "511")
    assert leg["state_reason_details"]["category"] == "sender_error"
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (False, True, False)

    change = {"recipient": {"payout_method": {"details": {"bank_account": "12345678900"}}}}
    refused = await world.client.patch(f"/recipients/{leg['id']}", change)
    assert refused.status == 422
    assert refused.object["errors"] == {"base": [{"error": "Recipient is not editable"}]}
    assert (await world.show(funded))["recipients"][0] == leg

    await world.advance(hours=23)
    await world.drain()
    assert len(await world.orders(leg["id"])) == 1
    assert await state_of(world, funded) == ("received", "error")
    await world.advance(hours=1)
    await world.drain()
    assert await state_of(world, funded) == ("refunded", "refunded")
    assert await world.balance("USD") == Decimal(1000)
    assert world.events(funded["id"]) == [*FUNDED, *FAILED, *REFUNDED]


async def test_a_refund_that_is_asked_for_without_money_changes_nothing(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    refund = (refund_overdue, world.app.id, UUID(transaction["id"]))
    assert not await world.platform.database.run(*refund)
    assert await state_of(world, transaction) == ("approved", "initial")
    assert (await world.debit(transaction)).status == 201
