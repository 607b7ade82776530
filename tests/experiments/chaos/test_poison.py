"""What the storm spoils fails alone, and ends once it is mended and released: shown in fair weather."""

import random
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from experiments.chaos.caller import Caller
from experiments.chaos.fixture import Player
from experiments.chaos.flows import LEGS_OF_A_FLOOD, flood
from experiments.chaos.journal import Journal
from experiments.chaos.poison import PLACES, Spoilt, ended, mend, quarantined, release, spoil
from experiments.chaos.settling import DAY_SECONDS
from experiments.harness.deployment import Deployment, free_ports
from tests.journeys.world import World, open_world

A_FEW_RETRIES = 8


async def _poisoned(world: World, path: Path) -> list[Spoilt]:
    """Spoil rows of the world's app, and let time pass until all of it is due."""
    url = f"http://127.0.0.1:{free_ports(1)[0]}/"
    registered = await world.client.post("/webhooks", {"webhook": {"url": url, "events": ["recipient.error"]}})
    assert registered.status == 201
    async with world.working():
        spoilt = await spoil(_player(world, await _sender(world)), [world.base_url], path, _database_url(world))
    for seconds in (DAY_SECONDS, DAY_SECONDS):
        await world.advance(seconds=seconds)
        await _let_fail(world)
    return spoilt


async def _sender(world: World) -> UUID:
    return UUID((await world.client.get("/senders")).object[0]["id"])


def _player(world: World, sender_id: UUID) -> Player:
    return Player(world.app.id, world.client.key, world.client._secret, sender_id, days_pass=False)


def _database_url(world: World) -> str:
    return world.platform.settings.database_url


async def _let_fail(world: World) -> None:
    """Due work is done, retries included; what was claimed and failed is leased for a while in real time."""
    for _ in range(A_FEW_RETRIES):
        await world.drain()
        await world.end_leases()
        await world.advance(hours=3)


async def test_what_was_spoilt_fails_alone_and_ends_once_it_is_mended_and_released(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with open_world(fresh_database_url) as world:
        spoilt = await _poisoned(world, tmp_path / "journal")
        assert [each.place for each in spoilt] == list(PLACES)
        assert [each.broken for each in await quarantined(spoilt, fresh_database_url)] == [0, 0]
        assert (await ended(spoilt, fresh_database_url)).broken == len(PLACES)
        await mend(spoilt, fresh_database_url)
        deployment = Deployment(world.platform.settings, (), tmp_path)
        assert (await release(deployment, fresh_database_url)).broken == 0
        await _let_fail(world)
        assert (await ended(spoilt, fresh_database_url)).examples == ()


async def test_a_row_of_somebody_else_in_quarantine_is_found(fresh_database_url: str) -> None:
    conn = await asyncpg.connect(fresh_database_url)
    try:
        await conn.execute(
            "insert into quarantined_rows (topic, key, app_id, problem) values ('refunds', 'x', gen_random_uuid(), 'p')"
        )
    finally:
        await conn.close()
    missing, strange = await quarantined([], fresh_database_url)
    assert (missing.broken, strange.broken) == (1, 1), "nothing was spoilt, and something else is there"


async def test_what_was_spoilt_and_never_failed_is_found(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.chaos.poison.SECONDS_TO_FAIL", 0)
    async with open_world(fresh_database_url) as world:
        spoilt = await _poisoned(world, tmp_path / "journal")
        async with world.platform.database.reading() as conn:
            await conn.execute("delete from quarantined_rows where topic like 'payout%' or topic = 'refunds'")
        missing, _ = await quarantined(spoilt, fresh_database_url)
        assert missing.broken == 2


async def test_a_flood_is_one_payment_to_many(fresh_database_url: str, tmp_path: Path) -> None:
    async with open_world(fresh_database_url) as world:
        await world.give("1000000", "USD")
        player = _player(world, await _sender(world))
        journal = Journal(tmp_path / "journal")
        caller = Caller(player, [world.base_url], journal, random.Random(1), hangs_up=0.0)
        try:
            assert await flood(caller, random.Random(1))
        finally:
            await caller.close()
            journal.close()
        assert len((await world.client.get("/transactions")).object[0]["recipients"]) == LEGS_OF_A_FLOOD
