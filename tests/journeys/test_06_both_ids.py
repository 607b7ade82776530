"""Scenario 06: a sender named by both of its ids is refused."""

from tests.journeys.world import World, ok


async def test_both_ids_are_refused_everywhere_and_nothing_is_stored(world: World):
    (before,) = (await world.client.get("/senders?external_id=S-1")).object
    for sender in (
        {"id": before["id"], "external_id": "S-1"},
        {"id": before["id"], "external_id": "S-1", "city": "Rome"},
        {"id": before["id"], "external_id": "S-9"},
    ):
        for path in ("", "/calculate", "/validate", "/create_and_fund"):
            asked = {"sender": sender, "path": f"/transactions{path}", "external_id": "T-6"}
            answer = await world.post_transaction(ok("00"), **asked)
            assert answer.status == 422, path
            assert answer.object["sender"]["errors"] == {"external_id": [{"error": "invalid"}]}, path
            assert answer.object["errors"] == {"sender": [{"error": "invalid"}]}, path
            assert "id" not in answer.object

    assert (await world.client.get("/transactions")).object == []
    assert (await world.client.get("/senders")).object == [before]
    assert await world.balance("USD") == 1000
    await world.drain()
    assert world.events() == []


async def test_a_new_sender_has_no_id_yet(world: World):
    (before,) = (await world.client.get("/senders?external_id=S-1")).object
    created = await world.client.post("/senders", {"sender": {"id": before["id"], "external_id": "S-6"}})
    assert created.status == 422
    assert created.object["errors"]["id"] == [{"error": "invalid"}]
    assert (await world.client.get("/senders")).object == [before]
