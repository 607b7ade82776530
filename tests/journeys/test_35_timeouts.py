"""Scenario 35: a receiver that accepts and never answers loses its webhook; the business goes on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bitpesa.ops.bookkeeping.integrity import audit
from tests.journeys.world import World, ok, open_world


@pytest.fixture
async def world(fresh_database_url: str) -> AsyncIterator[World]:
    async with open_world(fresh_database_url, webhook_timeout_seconds=0.3) as world:
        yield world
        async with world.platform.database.reading() as conn:
            assert (await audit(conn)).disagreements == ()


async def happen(world: World, times: int, *, silent: bool) -> None:
    """Let the receiver hear of some events, each of a story of its own, so that none waits for another."""
    world.receiver.is_silent = silent
    await asyncio.gather(*(world.transaction(ok("00")) for _ in range(times)))
    await world.drain()


async def disabled_at(world: World) -> str | None:
    shown: dict[str, Any] = (await world.client.get(f"/webhooks/{world.webhook['id']}")).object
    return shown["disabled_at"]


async def test_ten_timeouts_in_a_row_disable_a_webhook(world: World) -> None:
    await happen(world, 9, silent=True)
    assert await disabled_at(world) is None
    funded = await world.funded(ok("00"))
    assert await disabled_at(world) is not None
    assert (await world.client.get("/webhooks")).object[0]["disabled_at"] == await disabled_at(world)
    attempts = (await world.client.get("/logs/webhooks?per=100")).object
    assert len(attempts) == 10
    assert {each["metadata"]["response"]["status"] for each in attempts} == {None}
    assert funded["state"] == "paid"

    world.receiver.is_silent = False
    heard = len(world.heard())
    assert heard == 10
    await world.advance(days=1)
    await world.drain()
    assert len(world.heard()) == heard

    again = await world.listen_to(world.client)
    assert (again["disabled_at"], again["id"] == world.webhook["id"]) == (None, False)
    paid = await world.funded(ok("00"))
    await world.advance(days=1)
    await world.drain()
    assert {each.content["webhook"] for each in world.heard()[heard:]} == {again["id"]}
    assert world.events() == [
        *world.events()[:heard],
        "transaction.created",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
    assert world.events(paid["id"]) == world.events()[heard:]


async def test_any_answer_ends_the_counting(world: World) -> None:
    await happen(world, 9, silent=True)
    world.receiver.says(500)
    await happen(world, 1, silent=False)
    await happen(world, 9, silent=True)
    assert await disabled_at(world) is None
    await happen(world, 1, silent=True)
    assert await disabled_at(world) is not None
