"""Scenario 07: an external_id belongs to one sender, whoever comes first."""

import asyncio

from tests.journeys.world import PERSON, World, ok

CLIENTS = 20


async def test_a_taken_external_id_shows_who_has_it(world: World):
    (stored,) = (await world.client.get("/senders?external_id=S-1")).object
    answer = await world.client.post("/senders", {"sender": {**PERSON, "city": "Rome"}})
    assert answer.status == 422
    assert answer.object == {**PERSON, "city": "Rome", "errors": {"external_id": [{"error": "taken"}]}}
    assert answer.body["meta"] == {"existing": {"sender": stored}}
    assert (await world.client.get("/senders")).object == [stored]


async def test_one_of_twenty_wins(world: World):
    jane = {**PERSON, "external_id": "S-2"}
    answers = await asyncio.gather(*(world.client.post("/senders", {"sender": jane}) for _ in range(CLIENTS)))
    assert sorted(answer.status for answer in answers) == [201] + [422] * (CLIENTS - 1)
    (winner,) = (answer.object for answer in answers if answer.status == 201)
    for loser in (answer for answer in answers if answer.status == 422):
        assert loser.object["errors"] == {"external_id": [{"error": "taken"}]}
        assert loser.body["meta"] == {"existing": {"sender": winner}}

    listed = await world.client.get("/senders?external_id=S-2")
    assert listed.object == [winner]
    assert listed.body["meta"]["pagination"]["total_count"] == 1
    await world.drain()
    assert world.events() == ["sender.created", "sender.approved"]


async def test_transactions_that_race_to_bring_a_sender_along_share_it(world: World):
    jane = {**PERSON, "external_id": "S-3"}
    answers = await asyncio.gather(*(world.post_transaction(ok("00"), sender=jane) for _ in range(10)))
    assert [answer.status for answer in answers] == [201] * 10
    assert len({answer.object["sender"]["id"] for answer in answers}) == 1
    await world.drain()
    assert sorted(world.events()) == ["sender.approved", "sender.created"] + ["transaction.created"] * 10


async def test_a_disabled_sender_keeps_its_external_id_and_another_spelling_is_free(world: World):
    (stored,) = (await world.client.get("/senders?external_id=S-1")).object
    gone = await world.client.delete(f"/senders/{stored['id']}")
    assert gone.status == 200
    taken = await world.client.post("/senders", {"sender": PERSON})
    assert taken.status == 422
    assert taken.body["meta"] == {"existing": {"sender": gone.object}}
    assert (await world.client.post("/senders", {"sender": {**PERSON, "external_id": "s-1"}})).status == 201


async def test_another_app_may_use_the_same_external_id(world: World):
    _, other = await world.open_app()
    assert (await other.post("/senders", {"sender": PERSON})).status == 201
