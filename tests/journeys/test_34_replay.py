"""Ours, beside scenario 34: a webhook is enabled again, and what it missed is delivered once more."""

from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from bitpesa.kernel.crypto import standard_webhooks
from tests.journeys.world import BEGINNING, World, ok


async def logs(world: World) -> list[dict[str, Any]]:
    """The attempts, oldest first."""
    return list(reversed((await world.client.get("/logs/webhooks?per=100")).object))


async def disable(world: World) -> None:
    """As ten time-outs in a row do."""
    async with world.platform.database.reading() as conn:
        await conn.execute("update webhooks set disabled_at = clock_now(app_id), timeouts_in_a_row = 10")


async def test_every_attempt_is_signed_as_standard_webhooks_are(world: World):
    world.receiver.says(503, 200)
    await world.transaction(ok("00"))
    await world.drain()
    await world.advance(seconds=30)
    await world.drain()
    first, second = world.heard()
    verifier = Webhook(standard_webhooks.secret_of(world.client._secret))
    for each in (first, second):
        assert verifier.verify(each.body, each.headers)["event"] == "transaction.created"
        assert world.client.has_signed(world.receiver.url, each.headers, each.body)
    ids = {each.headers["webhook-id"] for each in (first, second)}
    assert ids == {each["metadata"]["attempt_id"] for each in await logs(world)}
    assert len(ids) == 1


async def test_a_disabled_webhook_is_enabled_and_hears_of_what_happens_then(world: World):
    path = f"/webhooks/{world.webhook['id']}"
    await disable(world)
    await world.transaction(ok("00"))
    await world.drain()
    enabled = await world.client.post(f"{path}/enable")
    assert enabled.status == 200
    assert enabled.object == (await world.client.get(path)).object
    assert enabled.object["disabled_at"] is None
    later = await world.transaction(ok("00"))
    await world.drain()
    assert [each.content["object"]["id"] for each in world.heard()] == [later["id"]]
    assert (await world.client.post(f"{path}/enable")).object == enabled.object


async def test_an_attempt_is_made_once_more(world: World):
    await world.transaction(ok("00"))
    await world.drain()
    (first,) = await logs(world)
    again = await world.client.post(f"/logs/{first['id']}/replay")
    assert (again.status, again.object) == (200, {"webhook_id": world.webhook["id"], "deliveries": 1})
    await world.drain()
    one, two = world.heard()
    assert one.body == two.body
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    assert [each["metadata"]["tries"] for each in await logs(world)] == [1, 1]


async def test_what_was_dropped_is_tried_from_the_beginning(world: World):
    await world.client.delete(f"/webhooks/{world.webhook['id']}")
    only_creations = {"url": world.receiver.url, "events": ["transaction.created"]}
    await world.client.post("/webhooks", {"webhook": only_creations})
    world.receiver.says(500)
    await world.transaction(ok("00"))
    await world.drain()
    for seconds in (30, 120, 600, 1800, 7200):
        await world.advance(seconds=seconds)
        await world.drain()
    attempts = await logs(world)
    assert attempts[-1]["message"].endswith("dropped!")
    await world.client.post(f"/logs/{attempts[-1]['id']}/replay")
    await world.drain()
    world.receiver.says(200)
    await world.advance(seconds=30)
    await world.drain()
    assert [each["message"].rpartition(" ")[2] for each in (await logs(world))[6:]] == ["pending!", "delivered!"]


async def test_what_happened_in_a_range_of_time_is_delivered_once_more_in_order(world: World):
    early = await world.funded(ok("00"))
    assert len(world.heard()) == 4
    await disable(world)
    await world.advance(hours=2)
    missed = await world.funded(ok("00"))
    await world.advance(hours=2)
    late = await world.transaction(ok("00"))
    await world.drain()
    await world.client.post(f"/webhooks/{world.webhook['id']}/enable")
    assert len(world.heard()) == 4

    path = f"/webhooks/{world.webhook['id']}/replay"
    noon = (BEGINNING + timedelta(hours=3)).isoformat()
    again = await world.client.post(path, {"from": (BEGINNING + timedelta(hours=1)).isoformat(), "to": noon})
    assert again.object == {"webhook_id": world.webhook["id"], "deliveries": 4}
    await world.drain()
    assert world.events(missed["id"]) == [
        "transaction.created",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
    assert len(world.heard()) == 8

    # All nine, and the two about the sender from before the webhook was there.
    assert (await world.client.post(path, {"from": "2026-03-02"})).object["deliveries"] == 11
    await world.drain()
    assert len(world.heard()) == 19
    assert len(world.events(early["id"])) == 8
    assert len(world.events(late["id"])) == 1
    assert (await world.client.post(path, {"replay": {"from": "2026-03-03", "to": "2026-03-04"}})).object[
        "deliveries"
    ] == 0


async def test_a_webhook_hears_only_of_what_it_asked_for(world: World):
    await world.transaction(ok("00"))
    other = {"url": world.receiver.url, "events": ["transaction.paid_in"]}
    webhook = (await world.client.post("/webhooks", {"webhook": other})).object
    paid = await world.funded(ok("00"))
    replay = await world.client.post(f"/webhooks/{webhook['id']}/replay", {"from": "2026-03-02"})
    assert replay.object["deliveries"] == 1
    assert paid["state"] == "paid"


@pytest.mark.parametrize(
    ("range_", "errors"),
    [
        ({}, {"from": [{"error": "blank"}]}),
        ({"from": "yesterday"}, {"from": [{"error": "invalid"}]}),
        ({"from": 5, "to": "2026-02-30"}, {"from": [{"error": "invalid"}], "to": [{"error": "invalid"}]}),
    ],
)
async def test_a_range_that_makes_no_sense_is_refused(world: World, range_: dict[str, Any], errors: dict[str, Any]):
    answer = await world.client.post(f"/webhooks/{world.webhook['id']}/replay", range_)
    assert (answer.status, answer.object) == (422, {**range_, "errors": errors})


async def test_nothing_is_delivered_once_more_to_nobody(world: World):
    await world.transaction(ok("00"))
    await world.drain()
    (log,) = await logs(world)
    _, stranger = await world.open_app()
    path = f"/webhooks/{world.webhook['id']}"
    for client, paths in [
        (stranger, [f"{path}/enable", f"{path}/replay", f"/logs/{log['id']}/replay"]),
        (world.client, ["/webhooks/x/enable", "/webhooks/x/replay", "/logs/x/replay"]),
    ]:
        for each in paths:
            assert (await client.post(each, {"from": "2026-03-02"})).status == 404, each
    await disable(world)
    for each in (f"{path}/replay", f"/logs/{log['id']}/replay"):
        answer = await world.client.post(each, {"from": "2026-03-02"})
        assert answer.status == 422
        assert answer.object["errors"] == {"base": [{"error": "Webhook is disabled"}]}
    await world.client.delete(path)
    assert (await world.client.post(f"/logs/{log['id']}/replay")).status == 404
    await world.drain()
    assert len(world.heard()) == 1
