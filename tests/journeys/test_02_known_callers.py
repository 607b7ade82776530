"""Scenario 02, for callers whom the process knows: what lets them in is written with what they change, or not at all.

The clock of the app is the real one here: a process remembers no other.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bitpesa.cli.client import Answered
from bitpesa.kernel import clock
from bitpesa.kernel.values import json
from bitpesa.kernel.values.timestamps import read_moment
from bitpesa.tenants.organisations import operations as organisations
from tests.journeys.test_02_nonce import UNAUTHORIZED
from tests.journeys.world import World, ok

PATH = "/transactions/create_and_fund"


@pytest.fixture
async def world(world: World) -> World:
    """A world at the real time, whose API knows the app."""
    await world.run_clock_right()
    assert (await pay(world, "first")).status == 201
    return world


def payment(external_id: str, amount: int = 10000) -> bytes:
    asked = {"input_currency": "USD", "sender": {"external_id": "S-1"}, "recipients": [ok("00", amount)]}
    return json.encode({"transaction": {**asked, "external_id": external_id}})


async def pay(world: World, external_id: str, amount: int = 10000, headers: dict[str, str] | None = None) -> Answered:
    return await world.client.send("POST", PATH, payment(external_id, amount), headers)


def signed(world: World, external_id: str, amount: int = 10000) -> dict[str, str]:
    return world.client.signed("POST", world.base_url + PATH, payment(external_id, amount))


async def let_in_with(world: World, transaction_id: str) -> int:
    """How many nonces were used up by the commit that stored a transaction."""
    async with world.platform.database.reading() as conn:
        together = "select count(*) from used_nonces n, transactions t where n.xmin::text = t.xmin::text and t.id = $1"
        return int(await conn.fetchval(together, UUID(transaction_id)))


async def number_of_transactions(world: World) -> int:
    return int((await world.client.get("/transactions")).body["meta"]["pagination"]["total_count"])


async def test_the_nonce_is_used_up_by_the_commit_that_pays(world: World) -> None:
    paid = (await pay(world, "second")).object
    assert await let_in_with(world, paid["id"]) == 1
    debited = await world.transaction(ok("00"))
    assert (await world.debit(debited)).status == 201
    assert await let_in_with(world, debited["id"]) == 1


async def test_payments_at_once_are_let_in_together_and_a_nonce_for_each(world: World) -> None:
    answers = await asyncio.gather(*(pay(world, f"T-{number}") for number in range(20)))
    assert [answer.status for answer in answers] == [201] * 20
    used = [await let_in_with(world, answer.object["id"]) for answer in answers]
    assert sum(used) > 20, "each was let in by its commit, and some commits let several in"
    assert await world.deadlocks() == 0


async def test_a_repeated_payment_is_refused_and_stores_nothing(world: World) -> None:
    headers = signed(world, "second")
    assert (await pay(world, "second", headers=headers)).status == 201
    again = await pay(world, "second", headers=headers)
    assert (again.status, again.body) == (401, UNAUTHORIZED)
    assert await world.balance("USD") == Decimal(950)
    assert await number_of_transactions(world) == 2


async def test_of_one_payment_sent_ten_times_at_once_one_is_let_in(world: World) -> None:
    headers = signed(world, "second")
    answers = await asyncio.gather(*(pay(world, "second", headers=headers) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [201] + [401] * 9
    assert await world.balance("USD") == Decimal(950)
    assert await world.deadlocks() == 0


async def test_a_repeated_payment_spoils_nothing_for_those_who_come_with_it(world: World) -> None:
    used = signed(world, "second")
    assert (await pay(world, "second", headers=used)).status == 201
    fresh = (pay(world, f"T-{number}") for number in range(10))
    replays = (pay(world, "second", headers=used) for _ in range(5))
    answers = await asyncio.gather(*fresh, *replays)
    assert [answer.status for answer in answers] == [201] * 10 + [401] * 5


@pytest.mark.parametrize(("external_id", "amount"), [("first", 10000), ("dear", 2_000_000), ("senseless", 0)])
async def test_a_refused_payment_has_used_its_nonce(world: World, external_id: str, amount: int) -> None:
    headers = signed(world, external_id, amount)
    answers = [await pay(world, external_id, amount, headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [422, 401]


async def test_what_is_no_payment_has_used_its_nonce(world: World) -> None:
    headers = world.client.signed("POST", world.base_url + PATH, b"{")
    answers = [await world.client.send("POST", PATH, b"{", headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [400, 401]


async def test_a_bad_signature_does_not_burn_its_nonce(world: World) -> None:
    right = signed(world, "second")
    wrong = {**right, "Authorization-Signature": "0" * 128}
    answers = [await pay(world, "second", headers=headers) for headers in (wrong, right)]
    assert [answer.status for answer in answers] == [401, 201]


async def _revoke(world: World) -> None:
    async with world.platform.database.reading() as conn:
        key_id = await conn.fetchval("select id from api_keys where key = $1", world.client.key)
    await world.platform.database.run(organisations.revoke_key, world.app.id, key_id)


async def _disable(world: World) -> None:
    await world.platform.database.run(organisations.disable_app, world.app.id)


@pytest.mark.parametrize("shut_out", [_revoke, _disable])
async def test_who_was_let_in_before_is_let_in_no_more(world: World, shut_out: Callable[[World], Any]) -> None:
    await shut_out(world)
    answer = await pay(world, "second")
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)
    async with world.platform.database.reading() as conn:
        assert await conn.fetchval("select count(*) from transactions") == 1


async def test_settings_count_from_the_next_payment_on(world: World) -> None:
    await world.change_settings(closed_corridors=["NGN::Bank"])
    refused = await pay(world, "second")
    assert refused.status == 422
    await world.change_settings(closed_corridors=[])
    assert (await pay(world, "second")).status == 201


async def test_a_clock_that_is_moved_counts_from_the_next_payment_on(world: World) -> None:
    before = read_moment((await pay(world, "second")).object["created_at"])
    await world.advance(days=3)
    after = read_moment((await pay(world, "third")).object["created_at"])
    assert after - before >= timedelta(days=3)


async def test_the_time_of_a_payment_is_the_databases(world: World) -> None:
    async with world.platform.database.reading() as conn:
        before = await clock.now(conn, world.app.id)
        created_at = read_moment((await pay(world, "second")).object["created_at"])
        assert before - timedelta(seconds=1) < created_at <= await clock.now(conn, world.app.id)


async def test_a_sandbox_that_was_begun_anew_pays_from_its_own_balance(world: World) -> None:
    assert (await world.client.post("/sandbox/reset")).status == 200
    await world.client.post("/senders", {"sender": {"external_id": "S-1"}})
    assert (await pay(world, "second")).status == 422
    assert await number_of_transactions(world) == 0


async def test_an_idempotency_key_is_kept_with_the_payment(world: World) -> None:
    answers = [await pay(world, "second", headers={"Idempotency-Key": "K-1"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    assert await world.balance("USD") == Decimal(950)
