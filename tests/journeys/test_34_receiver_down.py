"""Scenario 34: a receiver of webhooks is down for a while, or for ever, or answers oddly."""

from typing import Any

import pytest

from tests.journeys.world import World, ok

WAITS_SECONDS = (30, 120, 600, 1800, 7200)


async def logs(world: World) -> list[dict[str, Any]]:
    """The attempts, oldest first."""
    return list(reversed((await world.client.get("/logs/webhooks")).object))


async def wait_and_try(world: World, seconds: float) -> None:
    """Let the wait pass but for a millisecond, in which nothing may come; then let the millisecond pass as well."""
    before = len(world.heard())
    await world.advance(seconds=seconds - 0.001)
    await world.drain()
    assert len(world.heard()) == before
    await world.advance(seconds=0.001)
    await world.drain()


async def test_what_a_receiver_refused_four_times_is_delivered_once(world: World) -> None:
    world.receiver.says(503, 503, 503, 503, 200)
    created = await world.transaction(ok("00"))
    await world.drain()
    for tries, seconds in enumerate(WAITS_SECONDS[:4], start=1):
        assert len(world.heard()) == tries
        await wait_and_try(world, seconds)
    await world.advance(minutes=5)
    await world.drain()
    heard = world.heard()
    assert len(heard) == 5
    assert {each.body for each in heard} == {heard[0].body}
    assert (heard[0].event, heard[0].content["object"]["id"]) == ("transaction.created", created["id"])
    assert len({each.headers["Authorization-Nonce"] for each in heard}) == 5
    assert all(world.client.has_signed(world.receiver.url, each.headers, each.body) for each in heard)
    attempts = await logs(world)
    assert [each["metadata"]["tries"] for each in attempts] == [1, 2, 3, 4, 5]
    assert [each["metadata"]["response"]["status"] for each in attempts] == ["503", "503", "503", "503", "200"]
    assert [each["message"].rpartition(" ")[2] for each in attempts] == [*(["pending!"] * 4), "delivered!"]
    assert len({each["metadata"]["attempt_id"] for each in attempts}) == 1


async def test_what_a_receiver_refuses_for_ever_is_dropped_and_the_webhook_goes_on(world: World) -> None:
    await world.client.delete(f"/webhooks/{world.webhook['id']}")
    only_creations = {"url": world.receiver.url, "events": ["transaction.created"]}
    webhook = (await world.client.post("/webhooks", {"webhook": only_creations})).object
    world.receiver.says(500)
    created = await world.transaction(ok("00"))
    await world.drain()
    for seconds in WAITS_SECONDS:
        await wait_and_try(world, seconds)
    world.receiver.says(200)
    await world.advance(days=1)
    await world.drain()
    assert world.events() == ["transaction.created"] * 6

    attempts = await logs(world)
    assert [each["metadata"]["tries"] for each in attempts] == [1, 2, 3, 4, 5, 6]
    assert {each["metadata"]["response"]["status"] for each in attempts} == {"500"}
    line = f"Transaction({created['id']}) transaction.created"
    assert [each["message"] for each in attempts] == [*([f"{line} pending!"] * 5), f"{line} dropped!"]
    assert (await world.client.get(f"/logs/{attempts[0]['id']}")).object == attempts[0]

    shown = (await world.client.get(f"/webhooks/{webhook['id']}")).object
    assert shown["disabled_at"] is None
    await world.transaction(ok("00"))
    await world.drain()
    assert (await logs(world))[-1]["message"].endswith(" transaction.created delivered!")


@pytest.mark.parametrize(("status", "tries"), [(204, 1), (302, 2)])
async def test_only_what_begins_with_2_is_success_and_nobody_is_sent_elsewhere(
    world: World, status: int, tries: int
) -> None:
    world.receiver.says(status)
    if status == 302:
        world.receiver.headers = {"Location": f"{world.receiver.base}/elsewhere"}
    await world.transaction(ok("00"))
    await world.drain()
    await world.advance(seconds=30)
    await world.drain()
    assert [each.event for each in world.heard()] == ["transaction.created"] * tries
    assert {each.target for each in world.heard()} == {"/hook?tenant=7"}
    assert {each["metadata"]["response"]["status"] for each in await logs(world)} == {str(status)}
