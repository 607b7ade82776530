"""Scenario 11: a sender is deleted unless its money is moving."""

from tests.journeys.world import World, ok


async def test_a_deleted_sender_takes_its_unfunded_transactions_along(world: World):
    unfunded = await world.transaction(ok("00"))
    paid = await world.funded(ok("00"))
    other = await world.transaction(ok("00"))
    sender_id = unfunded["sender"]["id"]

    gone = await world.client.delete(f"/senders/{sender_id}")
    assert (gone.status, gone.object["state"]) == (200, "disabled")
    again = await world.client.delete(f"/senders/{sender_id}")
    assert (again.status, again.object) == (200, gone.object)

    cancelled = await world.show(unfunded)
    assert (cancelled["state"], cancelled["due_amount"]) == ("canceled", 0)
    assert cancelled["recipients"][0]["state"] == "canceled"
    assert (await world.show(paid))["state"] == "paid"
    await world.drain()
    assert world.events(sender_id) == ["sender.disabled"]
    for ended in (unfunded, other):
        assert world.events(ended["id"]) == ["transaction.created", "transaction.canceled"]
    assert world.events(paid["id"])[-1] == "transaction.paid_out"

    refused = await world.post_transaction(ok("00"))
    assert refused.status == 422
    assert refused.object["sender"]["errors"] == {"base": [{"error": "Sender is disabled"}]}
    late = await world.debit(unfunded)
    assert late.object[0]["errors"] == {"base": [{"error": "Transaction already expired"}]}
    changed = await world.client.patch(f"/senders/{sender_id}", {"sender": {"city": "Rome"}})
    assert (changed.status, changed.object["errors"]) == (422, {"base": [{"error": "Sender is disabled"}]})

    assert (await world.client.get(f"/senders/{sender_id}")).object == gone.object
    assert (await world.client.get("/senders?external_id=S-1")).object == [gone.object]
    assert await world.balance("USD") == 975


async def test_a_sender_whose_money_is_moving_stays(world: World):
    failing = await world.funded(ok("08"))
    assert failing["state"] == "received"
    unfunded = await world.transaction(ok("00"))
    known = world.events()
    sender = (await world.client.get(f"/senders/{failing['sender']['id']}")).object

    refused = await world.client.delete(f"/senders/{sender['id']}")
    assert refused.status == 422
    assert refused.object["errors"] == {"base": [{"error": "Sender has transactions in progress"}]}
    assert (await world.client.get(f"/senders/{sender['id']}")).object == sender
    assert await world.show(failing) == failing
    assert await world.show(unfunded) == unfunded
    await world.drain()
    assert world.events() == [*known, "transaction.created"]

    (leg,) = failing["recipients"]
    assert (await world.client.delete(f"/recipients/{leg['id']}")).object["state"] == "refunded"
    assert (await world.client.delete(f"/senders/{sender['id']}")).object["state"] == "disabled"
    await world.drain()
    assert world.events(unfunded["id"]) == ["transaction.created", "transaction.canceled"]
