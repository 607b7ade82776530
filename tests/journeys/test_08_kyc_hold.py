"""Scenario 08: while a sender waits for approval, so do its transactions."""

from typing import Any

from bitpesa.cli.client import Client
from bitpesa.tenants.organisations.model import App
from tests.journeys.world import PERSON, World, ok


async def open_b(world: World, **changes: Any) -> tuple[App, Client]:
    """App B of the scenarios, with a balance and the receiver listening."""
    app, b = await world.open_app(kyc_mode="approval", **changes)
    await world.give("1000.00", "USD", app)
    await world.listen_to(b)
    return app, b


async def post_transaction(b: Client, sender: dict[str, Any], path: str = "/transactions", **more: Any):
    asked = {"input_currency": "USD", "sender": sender, "recipients": [ok("00")], **more}
    return await b.post(path, {"transaction": asked})


async def debit(b: Client, transaction: dict[str, Any]):
    return await b.post("/accounts/debits", {"debit": {"to_id": transaction["id"], "to_type": "Transaction"}})


async def test_a_transaction_waits_until_its_sender_is_approved(world: World):
    app, b = await open_b(world)
    created = await b.post("/senders", {"sender": PERSON})
    assert created.status == 201
    sender = created.object
    assert sender["state"] == "initial"

    held = await post_transaction(b, {"id": sender["id"]})
    assert (held.status, held.object["state"]) == (201, "initial")
    refused = await debit(b, held.object)
    assert refused.status == 422
    assert refused.object[0]["errors"] == {"base": [{"error": "Sender is not approved"}]}
    payin = await b.post(f"/transactions/{held.object['id']}/payin", {"payin_method": {"type": "NGN::Bank"}})
    assert payin.status == 422
    assert payin.object["errors"] == {"base": [{"error": "Sender is not approved"}]}
    at_once = await post_transaction(b, {"id": sender["id"]}, "/transactions/create_and_fund", external_id="T-8")
    assert at_once.status == 422
    assert at_once.object["errors"] == {"base": [{"error": "Sender is not approved"}]}

    await world.advance(app, seconds=3599)
    await world.approve_sender(sender["id"], app)
    approved = (await b.get(f"/transactions/{held.object['id']}")).object
    assert (approved["state"], approved["sender"]["state"]) == ("approved", "approved")
    assert (await debit(b, held.object)).status == 201
    await world.drain()
    assert world.events(sender["id"]) == ["sender.created", "sender.approved"]
    assert world.events(held.object["id"]) == [
        "transaction.created",
        "transaction.approved",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
    assert len(world.heard()) == 7
    assert await world.balance("USD", b) == 975


async def test_a_transaction_that_waits_too_long_is_cancelled(world: World):
    app, b = await open_b(world)
    sender = (await b.post("/senders", {"sender": PERSON})).object
    held = (await post_transaction(b, {"external_id": "S-1"})).object

    await world.advance(app, seconds=3600)
    assert (await b.get(f"/transactions/{held['id']}")).object["state"] == "canceled"
    await world.approve_sender(sender["id"], app)
    late = await debit(b, held)
    assert late.status == 422
    assert late.object[0]["errors"] == {"base": [{"error": "Transaction already expired"}]}
    await world.drain()
    assert world.events(sender["id"]) == ["sender.created", "sender.approved"]
    assert world.events(held["id"]) == ["transaction.created", "transaction.canceled"]
    assert len(world.heard()) == 4
    assert (await b.get(f"/transactions/{held['id']}")).object["state"] == "canceled"
    assert await world.balance("USD", b) == 1000


async def test_an_app_may_refuse_senders_that_are_not_approved(world: World):
    app, b = await open_b(world, unapproved_sender_policy="reject")
    sender = (await b.post("/senders", {"sender": PERSON})).object
    for path in ("/transactions", "/transactions/validate", "/transactions/create_and_fund"):
        for named in ({"id": sender["id"]}, {"external_id": "S-1"}, {**PERSON, "external_id": "S-2"}):
            refused = await post_transaction(b, named, path, external_id="T-8")
            assert refused.status == 422, path
            assert refused.object["sender"]["errors"] == {"base": [{"error": "Sender is not approved"}]}
            assert refused.object["errors"] == {"sender": [{"error": "invalid"}]}
    assert (await b.get("/transactions")).object == []
    assert (await b.get("/senders")).object == [sender]

    await world.approve_sender(sender["id"], app)
    assert (await post_transaction(b, {"id": sender["id"]}, external_id="T-8")).status == 201


async def test_a_change_that_redoes_kyc_sends_unfunded_transactions_back_to_waiting(world: World):
    app, b = await open_b(world)
    sender = (await b.post("/senders", {"sender": PERSON})).object
    await world.approve_sender(sender["id"], app)
    transaction = (await post_transaction(b, {"id": sender["id"]})).object
    assert transaction["state"] == "approved"

    moved = await b.patch(f"/senders/{sender['id']}", {"sender": {"city": "Rome"}})
    assert (moved.status, moved.object["state"]) == (200, "approved")
    renamed = await b.patch(f"/senders/{sender['id']}", {"sender": {"last_name": "Doe"}})
    assert (renamed.status, renamed.object["state"]) == (200, "initial")
    assert (await b.get(f"/transactions/{transaction['id']}")).object["state"] == "initial"
    assert (await debit(b, transaction)).object[0]["errors"] == {"base": [{"error": "Sender is not approved"}]}

    await world.approve_sender(sender["id"], app)
    assert (await debit(b, transaction)).status == 201
    await world.drain()
    assert world.events(sender["id"]) == ["sender.created", "sender.approved", "sender.approved"]
    assert world.events(transaction["id"]) == [
        "transaction.created",
        "transaction.approved",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
