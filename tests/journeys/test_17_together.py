"""Scenario 17, many at once: payments that share a statement and a commit succeed or fail each for itself."""

import asyncio
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitpesa.cli.client import Answered
from bitpesa.money.rates import operations as rates
from tests.journeys.world import World, ok

PATH = "/transactions/create_and_fund"
TAKEN = {"external_id": [{"error": "taken"}]}
SHORT = {"input_amount": [{"error": "insufficient_balance"}]}


@pytest.fixture(params=[False, True], ids=["stopped clock", "real time"])
async def world(world: World, request: pytest.FixtureRequest) -> World:
    """Callers are let in one way or the other: by a statement of its own, or along with what they change."""
    if request.param:
        await world.run_clock_right()
    return world


async def pay(world: World, external_id: str, amount: int = 10000, **more: Any) -> Answered:
    return await world.post_transaction(ok("00", amount), path=PATH, external_id=external_id, **more)


async def commits_of(world: World, *ids: str) -> int:
    """In how many database transactions these were stored."""
    async with world.platform.database.reading() as conn:
        stored = "select count(distinct xmin::text) from transactions where id = any($1::uuid[])"
        return int(await conn.fetchval(stored, list(ids)))


async def debited(world: World) -> list[Decimal]:
    debits = (await world.client.get("/accounts/debits?per=100")).object
    return sorted(Decimal(each["running_balance"]) for each in debits)


async def test_many_at_once_share_commits_and_drain_the_balance_to_nothing(world: World) -> None:
    assert (await pay(world, "first")).status == 201
    answers = await asyncio.gather(*(pay(world, f"T-{number}") for number in range(39)))
    assert [answer.status for answer in answers] == [201] * 39
    assert await world.balance("USD") == Decimal(0)
    assert await debited(world) == [Decimal(25 * number) for number in range(40)]
    assert await commits_of(world, *(answer.object["id"] for answer in answers)) < 39
    assert await world.deadlocks() == 0


async def test_a_balance_that_is_enough_for_forty_pays_forty_of_fifty(world: World) -> None:
    answers = await asyncio.gather(*(pay(world, f"T-{number}") for number in range(50)))
    assert sorted(answer.status for answer in answers) == [201] * 40 + [422] * 10
    assert all(answer.object["errors"] == SHORT for answer in answers if answer.status == 422)
    assert await world.balance("USD") == Decimal(0)
    assert await debited(world) == [Decimal(25 * number) for number in range(40)]
    assert await world.deadlocks() == 0


async def test_of_twenty_with_one_external_id_one_is_paid(world: World) -> None:
    answers = await asyncio.gather(*(pay(world, "T-9") for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [201] + [422] * 19
    assert all(answer.object["errors"] == TAKEN for answer in answers if answer.status == 422)
    assert await world.balance("USD") == Decimal(975)
    await world.drain()
    (paid,) = [answer.object for answer in answers if answer.status == 201]
    assert world.events(paid["id"]).count("transaction.paid_in") == 1
    assert len(await debited(world)) == 1


async def test_each_is_answered_as_if_it_were_alone(world: World) -> None:
    assert (await pay(world, "known")).status == 201
    asked = [
        pay(world, "good-1"),
        pay(world, "known"),
        pay(world, "good-2"),
        pay(world, "dear", 2_000_000),
        world.post_transaction(ok("00", bank_code="000"), path=PATH, external_id="faulty"),
        pay(world, "nobody", sender={"external_id": "nobody"}),
        pay(world, "good-3"),
    ]
    answers = await asyncio.gather(*asked)
    assert [answer.status for answer in answers] == [201, 422, 201, 422, 422, 422, 201]
    _, known, _, dear, faulty, nobody, _ = answers
    assert known.object["errors"] == TAKEN
    assert dear.object["errors"] == SHORT
    assert set(faulty.object["errors"]) == {"recipients"}
    assert set(nobody.object["errors"]) == {"sender"}
    assert await world.balance("USD") == Decimal(900)


async def test_apps_at_once_pay_from_their_own_balances(world: World) -> None:
    first = await pay(world, "T-1")
    app, client = await world.open_app()
    await world.give("30.00", "USD", app)
    sender = {**first.object["sender"], "id": None, "external_id": "S-1"}
    asked = {"input_currency": "USD", "sender": sender, "recipients": [ok("00")]}
    theirs = [client.post(PATH, {"transaction": {**asked, "external_id": f"T-{n}"}}) for n in range(4)]
    answers = await asyncio.gather(*theirs, *(pay(world, f"T-{number}") for number in range(2, 12)))
    assert sorted(answer.status for answer in answers[:4]) == [201, 422, 422, 422]
    assert [answer.status for answer in answers[4:]] == [201] * 10
    assert (await world.balance("USD"), await world.balance("USD", client)) == (Decimal(725), Decimal(5))


async def test_debits_at_once_are_made_once_each_beside_payments(world: World) -> None:
    known = [await world.transaction(ok("00")) for _ in range(10)]
    answers = await asyncio.gather(
        *(world.debit(each) for each in known for _ in range(2)), *(pay(world, f"T-{number}") for number in range(10))
    )
    assert sorted(answer.status for answer in answers[:20]) == [201] * 10 + [422] * 10
    assert [answer.status for answer in answers[20:]] == [201] * 10
    assert await world.balance("USD") == Decimal(500)
    assert await debited(world) == [Decimal(25 * number) for number in range(20, 40)]
    assert await world.deadlocks() == 0
    await world.drain()
    assert {(await world.show(each))["state"] for each in known} == {"paid"}


# -- what is remembered is checked


async def test_a_sender_is_shown_as_it_is_now(world: World) -> None:
    sender = (await pay(world, "T-1")).object["sender"]
    await world.client.patch(f"/senders/{sender['id']}", {"sender": {"city": "Kisumu"}})
    later = await pay(world, "T-2", sender={"id": sender["id"]})
    assert (later.status, later.object["sender"]["city"]) == (201, "Kisumu")
    assert (await pay(world, "T-3", sender={"id": sender["id"]})).object["sender"]["city"] == "Kisumu"


async def test_a_sender_that_was_banned_pays_no_more(world: World) -> None:
    sender = (await pay(world, "T-1")).object["sender"]
    assert (await pay(world, "T-2", sender={"id": sender["id"]})).status == 201
    await world.review_sender(sender["id"], "ban")
    refused = await pay(world, "T-3", sender={"id": sender["id"]})
    assert refused.status == 422
    assert await world.balance("USD") == Decimal(950)


async def test_a_rate_counts_from_the_next_payment_on(world: World) -> None:
    assert (await pay(world, "T-1")).object["input_amount"] == 25
    await world.platform.database.run(rates.set_rate, "NGN", Decimal(200), Decimal(1), source="test")
    assert [(await pay(world, f"T-{n}")).object["input_amount"] for n in (2, 3)] == [50, 50]


async def test_an_overdraft_is_refused_once_it_is_no_longer_allowed(world: World) -> None:
    await world.change_settings(negative_balance=True)
    for external_id in ("T-1", "T-2"):
        assert (await pay(world, external_id, 300_000)).status == 201
    assert await world.balance("USD") == Decimal(-500)
    await world.change_settings(negative_balance=False)
    refused = await pay(world, "T-3")
    assert (refused.status, refused.object["errors"]) == (422, SHORT)


async def test_money_that_is_returned_at_once_with_payments_locks_nobody_out(world: World) -> None:
    """Whoever releases a hold locks the same two accounts; all of them do in one order."""
    payments = [(await pay(world, f"T-{number}")).object for number in range(10)]
    async with world.working():
        cancelling = (world.client.delete(f"/recipients/{each['recipients'][0]['id']}") for each in payments)
        paying = (pay(world, f"U-{number}") for number in range(20))
        answers = await asyncio.gather(*cancelling, *paying)
    assert [answer.status for answer in answers[10:]] == [201] * 20
    assert await world.deadlocks() == 0


NAMES = count()

REQUESTS = st.lists(
    st.tuples(st.integers(min_value=0, max_value=5), st.sampled_from([10_000, 120_000, 300_000])),
    min_size=2,
    max_size=10,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=REQUESTS)
async def test_any_requests_at_once_come_to_what_some_order_of_them_would(
    world: World, requests: list[tuple[int, int]]
) -> None:
    """Names are paid once; what was refused for want of money would not have been covered by what is left."""
    run = next(NAMES)
    before = await world.balance("USD")
    answers = await asyncio.gather(*(pay(world, f"{run}-{name}", amount) for name, amount in requests))
    paid = [answer.object for answer in answers if answer.status == 201]
    left = before - sum((Decimal(each["paid_amount"]) for each in paid), Decimal(0))
    assert await world.balance("USD") == left >= 0
    assert len({each["external_id"] for each in paid}) == len(paid)
    for (name, amount), answer in zip(requests, answers, strict=True):
        if answer.status == 201:
            continue
        if answer.object["errors"] == TAKEN:
            assert f"{run}-{name}" in {each["external_id"] for each in paid}
        else:
            assert answer.object["errors"] == SHORT
            assert Decimal(amount) / 400 > left
