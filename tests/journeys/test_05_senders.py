"""Scenario 05: a sender is created once, used by either of its ids, and updated along with a transaction."""

from tests.journeys.world import PERSON, World, ok

JANE = {**PERSON, "external_id": "S-5"}


async def test_a_new_sender_is_approved_and_reported(world: World):
    created = await world.client.post("/senders", {"sender": JANE})
    assert created.status == 201
    sender = created.object
    assert (sender["state"], sender["onboarding_status"], sender["errors"]) == ("approved", "new", {})
    assert {name: sender[name] for name in JANE} == JANE

    await world.drain()
    assert world.events(sender["id"]) == ["sender.created", "sender.approved"]
    assert [each.content["object"] for each in world.heard()] == [sender, sender]
    assert (await world.client.get(f"/senders/{sender['id']}")).object == sender


async def test_transactions_use_a_sender_by_either_id(world: World):
    (sender,) = (await world.client.get("/senders?external_id=S-1")).object
    by_external_id = await world.transaction(ok("00"))
    by_id = await world.transaction(ok("00"), sender={"id": sender["id"]})
    assert by_external_id["sender"] == by_id["sender"] == sender
    listed = (await world.client.get(f"/transactions?sender_id={sender['id']}")).object
    assert [each["id"] for each in listed] == [by_id["id"], by_external_id["id"]]


async def test_a_transaction_updates_the_fields_it_names(world: World):
    (before,) = (await world.client.get("/senders?external_id=S-1")).object
    answer = await world.post_transaction(ok("00"), sender={"external_id": "S-1", "city": "Rome"})
    assert answer.status == 201
    after = (await world.client.get(f"/senders/{before['id']}")).object
    assert after == answer.object["sender"] == {**before, "city": "Rome"}
    await world.drain()
    assert world.events() == ["transaction.created"]


async def test_an_update_that_makes_the_sender_worse_stores_neither(world: World):
    (before,) = (await world.client.get("/senders?external_id=S-1")).object
    answer = await world.post_transaction(ok("00"), sender={"external_id": "S-1", "city": "Rome", "country": "Italy"})
    assert answer.status == 422
    assert answer.object["sender"]["errors"] == {"country": [{"error": "invalid"}]}
    assert answer.object["errors"] == {"sender": [{"error": "invalid"}]}

    failed = await world.post_transaction(ok("00", amount=0), sender={"external_id": "S-1", "city": "Rome"})
    assert failed.status == 422
    assert (await world.client.get(f"/senders/{before['id']}")).object == before
    assert (await world.client.get("/transactions")).object == []


async def test_a_transaction_may_bring_its_sender_along(world: World):
    created = await world.transaction(ok("00"), sender=JANE)
    again = await world.transaction(ok("00"), sender=JANE)
    assert again["sender"] == created["sender"]
    await world.drain()
    assert world.events(created["sender"]["id"]) == ["sender.created", "sender.approved"]
    assert world.events(created["id"], again["id"]) == ["transaction.created", "transaction.created"]
    assert len(world.heard()) == 4


async def test_a_sender_nobody_knows_is_said_to_be_unknown(world: World):
    answer = await world.post_transaction(ok("00"), sender={"external_id": "S-9"})
    assert answer.status == 422
    assert answer.object["sender"]["errors"] == {"external_id": [{"error": "not_found"}]}


async def test_a_transaction_with_new_fields_is_refused_where_the_app_says_so(world: World):
    await world.change_settings(sender_external_id_on_transaction="reject")
    (stored,) = (await world.client.get("/senders?external_id=S-1")).object
    answer = await world.post_transaction(ok("00"), sender={"external_id": "S-1", "city": "Rome"})
    assert answer.status == 422
    assert answer.object["sender"]["errors"] == {"external_id": [{"error": "taken"}]}
    assert answer.body["meta"] == {"existing": {"sender": stored}}
    assert (await world.client.get("/senders?external_id=S-1")).object == [stored]
    assert (await world.post_transaction(ok("00"))).status == 201
