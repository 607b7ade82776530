"""A client of a world's app that plays the flows of the storm, in fair weather."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from experiments.chaos.caller import Caller
from experiments.chaos.fixture import FOR_THE_DEAF, Player
from experiments.chaos.journal import Journal
from experiments.harness.deployment import free_ports
from tests.journeys.world import World


@asynccontextmanager
async def caller_in(world: World, journal: Journal) -> AsyncIterator[Caller]:
    """A caller with money for everything, whose app has one more webhook at which nobody listens."""
    await world.give("1000000", "USD")
    senders = (await world.client.get("/senders")).object
    url = f"http://127.0.0.1:{free_ports(1)[0]}/"
    registered = await world.client.post("/webhooks", {"webhook": {"url": url, "events": FOR_THE_DEAF}})
    assert registered.status == 201, registered.body
    player = Player(world.app.id, world.client.key, world.client._secret, UUID(senders[0]["id"]), days_pass=False)
    caller = Caller(player, [world.base_url], journal, random.Random(1), hangs_up=0.0)
    try:
        yield caller
    finally:
        await caller.close()
