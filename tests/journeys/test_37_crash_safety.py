"""Scenario 37: a worker dies between any two of its steps; nothing is lost, nothing is paid twice."""

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any

from bitpesa.kernel.database.pool import Database
from bitpesa.rails.providers.port import Outcome, PayoutOrder
from bitpesa.rails.providers.simulator.bank import Simulator
from tests.journeys.world import World, ok

LEASE_SECONDS = 60
PAID = ["transaction.created", "transaction.paid_in", "recipient.paid_out", "transaction.paid_out"]


class LastWords(Simulator):
    """A bank whose answer the worker does not live to record."""

    async def submit(self, order: PayoutOrder) -> Outcome:
        await super().submit(order)
        raise asyncio.CancelledError

    async def ask(self, order: PayoutOrder) -> Outcome:
        await super().ask(order)
        raise asyncio.CancelledError

    async def revoke(self, order: PayoutOrder) -> Outcome:
        await super().revoke(order)
        raise asyncio.CancelledError


class Delayed(Simulator):
    """A bank that an order reaches only when `arrive` is set."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.arrive = asyncio.Event()

    async def submit(self, order: PayoutOrder) -> Outcome:
        await self.arrive.wait()
        return await super().submit(order)


async def debited(world: World, *legs: dict[str, Any]) -> dict[str, Any]:
    transaction = await world.transaction(*legs)
    assert (await world.debit(transaction)).status == 201
    return transaction


async def restart(world: World) -> None:
    """Another worker takes over; what the dead one had claimed is free once its lease ends."""
    await world.kill_worker()
    await world.start_worker()
    await world.drain()


async def state_of(world: World, transaction: dict[str, Any]) -> tuple[str, str]:
    shown = await world.show(transaction)
    return shown["state"], shown["recipients"][0]["state"]


async def codes_of(world: World, transaction: dict[str, Any]) -> list[str | None]:
    """What the bank answered to each order that it was handed; None is an order that it refused unseen."""
    return [order.code for order in await world.orders(transaction["recipients"][0]["id"])]


async def test_events_that_were_committed_are_delivered_by_the_next_worker(world: World) -> None:
    transaction = await debited(world, ok("00"))
    assert world.heard() == []
    await world.kill_worker()
    await restart(world)
    assert world.events(transaction["id"]) == PAID


async def test_what_was_sent_when_the_worker_died_is_sent_again(world: World) -> None:
    transaction = await debited(world, ok("00"))
    world.receiver.is_silent = True
    await world.send()
    await world.receiver.heard_something.wait()
    await restart(world)
    assert world.events(transaction["id"]) == ["transaction.created"]  # it is leased to the dead, and the rest waits

    world.receiver.is_silent = False
    await world.end_leases()
    await world.drain()
    assert world.events(transaction["id"]) == ["transaction.created", *PAID]
    first, second, *_ = world.heard()
    assert first.body == second.body
    assert first.headers["Authorization-Nonce"] != second.headers["Authorization-Nonce"]
    assert await state_of(world, transaction) == ("paid", "success")


async def test_an_answer_that_was_not_recorded_is_asked_for_and_nothing_is_paid_twice(world: World) -> None:
    paid, failed, pending = [await debited(world, ok(ending)) for ending in ("00", "19", "01")]
    last_worker = await world.start_worker(LastWords(world.platform.database))
    await world.hand_over()
    await last_worker.finish()
    await restart(world)
    for transaction in (paid, failed, pending):
        assert await state_of(world, transaction) == ("received", "initial")
        assert len(await codes_of(world, transaction)) == 1

    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()
    assert await state_of(world, paid) == ("paid", "success")
    assert await state_of(world, failed) == ("received", "error")
    assert await state_of(world, pending) == ("received", "pending")
    assert [await codes_of(world, each) for each in (paid, failed, pending)] == [["0"], ["416"], ["14"]]
    assert await world.balance("USD") == Decimal(925)
    assert world.events(paid["id"]) == PAID


async def test_a_worker_that_dies_while_asking_loses_nothing(world: World) -> None:
    transaction = await world.funded(ok("01"))
    await world.start_worker(LastWords(world.platform.database))
    await world.bank_says(transaction["recipients"][0]["id"], "0")
    assert await state_of(world, transaction) == ("received", "pending")
    await restart(world)
    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")
    assert await codes_of(world, transaction) == ["0"]
    assert await world.balance("USD") == Decimal(975)


async def test_a_payout_that_was_claimed_and_not_handed_over_is_made_once(world: World) -> None:
    transaction = await debited(world, ok("00"))
    await world.hand_over()
    await restart(world)
    assert await codes_of(world, transaction) == []
    assert await state_of(world, transaction) == ("received", "initial")
    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")
    assert Counter(await codes_of(world, transaction)) == {None: 1, "0": 1}
    assert world.events(transaction["id"]) == PAID
    assert await world.balance("USD") == Decimal(975)


async def test_a_cancellation_of_what_a_dead_worker_had_waits_for_the_banks_word(world: World) -> None:
    handed_over = await debited(world, ok("00"))
    last_worker = await world.start_worker(LastWords(world.platform.database))
    await world.hand_over()
    await last_worker.finish()
    claimed = await debited(world, ok("00"))
    await world.hand_over()
    await world.kill_worker()  # before the bank heard of the second
    for transaction in (handed_over, claimed):
        deleted = await world.client.delete(f"/recipients/{transaction['recipients'][0]['id']}")
        assert (deleted.status, deleted.object["state"]) == (200, "initial")
    await restart(world)
    assert await world.balance("USD") == Decimal(950)

    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()
    assert await state_of(world, handed_over) == ("paid", "success")
    assert await state_of(world, claimed) == ("refunded", "refunded")
    assert [await codes_of(world, each) for each in (handed_over, claimed)] == [["0"], [None]]
    assert await world.balance("USD") == Decimal(975)


async def test_an_order_that_arrives_after_its_payout_was_asked_about_is_refused(world: World) -> None:
    transaction = await debited(world, ok("00"))
    bank = Delayed(world.platform.database)
    believed_dead = await world.start_worker(bank)
    await world.hand_over()
    await world.start_worker()
    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")

    bank.arrive.set()
    await believed_dead.finish()
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")
    assert Counter(await codes_of(world, transaction)) == {None: 1, "0": 1}
    assert world.events(transaction["id"]) == PAID
    assert await world.balance("USD") == Decimal(975)
