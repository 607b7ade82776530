"""Work that fails in a way nobody foresaw: machines keep off it, staff say how it goes on (T18, T19, R15)."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from bitpesa.kernel.problems import Invalid
from bitpesa.payments.recipients.rules import RetryPolicy
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.operations.staff_exceptions import WayOut, settle_exception
from bitpesa.rails.providers.port import AccountFacts, Outcome, PayoutOrder
from bitpesa.rails.providers.simulator.bank import Simulator
from bitpesa.tenants.audit_log.model import staff
from tests.journeys.collecting import XOF, collection, pays, returned, state_of
from tests.journeys.world import World, ok

AMINA = staff("amina")
POLICY = RetryPolicy()
LEASE_SECONDS = 61
FAULTS = 5
FUNDED = ["transaction.created", "transaction.paid_in"]
EXCEPTION = [*FUNDED, "transaction.exception"]


class Broken:
    """A bank whose adapter raises what no one expects: at some account numbers, before or after the bank has it."""

    name = "simulator"

    def __init__(self, bank: Simulator, *, arrives: bool) -> None:
        self._bank = bank
        self._arrives = arrives
        self.calls: Counter[str] = Counter()

    async def submit(self, order: PayoutOrder) -> Outcome:
        self.calls["submit"] += 1
        if self._arrives:
            await self._bank.submit(order)
        raise KeyError("status")

    async def ask(self, order: PayoutOrder) -> Outcome:
        self.calls["ask"] += 1
        if not self._arrives:
            return await self._bank.ask(order)
        raise KeyError("status")

    async def revoke(self, order: PayoutOrder) -> Outcome:
        return await self.ask(order)

    async def look_up_account(self, order: PayoutOrder) -> AccountFacts:
        return await self._bank.look_up_account(order)


async def broken(
    world: World, ending: str = "00", *, arrives: bool = True, **more: Any
) -> tuple[dict[str, Any], Broken]:
    """A transaction on which the work failed as often as it may."""
    bank = Broken(Simulator(world.platform.database), arrives=arrives)
    await world.start_worker(bank)
    transaction = await world.funded(ok(ending), **more)
    for _ in range(FAULTS - 1):
        assert transaction["state"] == "received"
        await world.advance(seconds=LEASE_SECONDS)
        await world.drain()
        transaction = await world.show(transaction)
    await world.start_worker()
    return transaction, bank


async def settle(world: World, transaction: dict[str, Any], way_out: str, *, surely_unpaid: bool = False) -> None:
    await world.platform.database.run(
        settle_exception,
        world.app,
        UUID(transaction["id"]),
        WayOut(way_out),
        actor=AMINA,
        reason="asked the bank",
        policy=POLICY,
        surely_unpaid=surely_unpaid,
    )


async def refusal_of(world: World, transaction: dict[str, Any], way_out: str, **more: Any) -> str:
    with pytest.raises(Invalid) as refusal:
        await settle(world, transaction, way_out, **more)
    return str(refusal.value.object["errors"]["base"][0]["error"])


async def waiting(world: World) -> list[str]:
    async with world.platform.database.reading() as conn:
        found, _ = await queries.list_exceptions(conn, world.app.id, limit=10)
    return [str(each.transaction.id) for each in found]


async def leg_of(world: World, transaction: dict[str, Any]) -> tuple[str, str, str | None]:
    shown = await world.show(transaction)
    (leg,) = shown["recipients"]
    return shown["state"], leg["state"], leg["state_reason"]


async def test_work_that_keeps_failing_is_left_to_people_and_to_nobody_else(world: World) -> None:
    transaction, bank = await broken(world)
    assert bank.calls == {"submit": 1, "ask": FAULTS - 1}
    assert await leg_of(world, transaction) == (
        "exception",
        "exception",
        "Something unexpected happened. Our staff are looking into it",
    )
    assert await waiting(world) == [transaction["id"]]
    await world.drain()
    assert world.events(transaction["id"]) == EXCEPTION
    (leg,) = transaction["recipients"]
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (False, False, False)
    assert (await world.client.delete(f"/recipients/{leg['id']}")).status == 422
    assert (await world.client.patch(f"/recipients/{leg['id']}", {"recipient": {"metadata": {}}})).status == 422
    await world.advance(hours=48)
    await world.drain()
    assert (await world.show(transaction))["state"] == "exception"
    assert len(await world.orders(leg["id"])) == 1


async def test_a_failure_now_and_then_does_not_matter_when_the_provider_answers_in_between(world: World) -> None:
    transaction = await world.funded(ok("01"))
    for _ in range(FAULTS + 1):
        await world.start_worker(Broken(Simulator(world.platform.database), arrives=True))
        await world.advance(seconds=LEASE_SECONDS)
        await world.drain()
        await world.start_worker()
        await world.advance(seconds=LEASE_SECONDS)
        await world.drain()
    assert (await world.show(transaction))["state"] == "received"


async def test_tried_again_the_provider_is_asked_and_nothing_is_paid_twice(world: World) -> None:
    transaction, _ = await broken(world)
    await settle(world, transaction, "received")
    assert (await leg_of(world, transaction))[:2] == ("received", "pending")
    await world.drain()
    assert (await leg_of(world, transaction))[:2] == ("paid", "success")
    assert len(await world.orders(transaction["recipients"][0]["id"])) == 1
    assert world.events(transaction["id"]) == [
        *EXCEPTION,
        "recipient.pending",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
    assert await world.balance("USD") == 975


async def test_tried_again_what_never_arrived_is_sent_anew(world: World) -> None:
    bank = Broken(Simulator(world.platform.database), arrives=False)
    await world.start_worker(bank)
    transaction = await world.funded(ok("00"))
    while (await world.show(transaction))["state"] == "received":
        await world.advance(hours=2)
        await world.drain()
    assert (await leg_of(world, transaction))[:2] == ("exception", "exception")
    await world.start_worker()
    await settle(world, transaction, "received")
    await world.drain()
    await world.advance(hours=2)
    await world.drain()
    assert (await leg_of(world, transaction))[:2] == ("paid", "success")


async def test_what_a_provider_may_have_paid_is_refunded_only_if_it_surely_did_not(world: World) -> None:
    transaction, _ = await broken(world, "01")
    assert await refusal_of(world, transaction, "refunded") == (
        "A provider may have paid: refund only if it surely did not, and say so"
    )
    assert (await leg_of(world, transaction))[:2] == ("exception", "exception")
    await settle(world, transaction, "refunded", surely_unpaid=True)
    await world.drain()
    assert (await leg_of(world, transaction))[:2] == ("refunded", "refunded")
    assert world.events(transaction["id"]) == [*EXCEPTION, "recipient.refunded", "transaction.refunded"]
    assert await world.balance("USD") == 1000
    assert await refusal_of(world, transaction, "paid") == "Transaction is refunded and needs no settling"


async def test_what_the_provider_paid_is_settled_as_paid(world: World) -> None:
    transaction, _ = await broken(world)
    await settle(world, transaction, "paid")
    await world.drain()
    assert (await leg_of(world, transaction))[:2] == ("paid", "success")
    assert world.events(transaction["id"]) == [*EXCEPTION, "recipient.paid_out", "transaction.paid_out"]
    assert await world.balance("USD") == 975


async def test_the_other_recipients_go_on_meanwhile(world: World) -> None:
    bank = Broken(Simulator(world.platform.database), arrives=True)
    await world.start_worker(bank)
    transaction = await world.funded(ok("00"))
    for _ in range(FAULTS - 1):
        await world.advance(seconds=LEASE_SECONDS)
        await world.drain()
    await world.start_worker()
    other = await world.funded(ok("00"), ok("19"))
    assert (other["state"], [leg["state"] for leg in other["recipients"]]) == ("received", ["success", "error"])
    await settle(world, transaction, "received")
    await world.drain()
    assert (await world.show(transaction))["state"] == "paid"


# -- money of no use, which was never accepted


async def test_money_that_was_never_accepted_can_only_go_back(world: World) -> None:
    legs = [ok("00", amount) | {"requested_currency": "XOF"} for amount in (30000, 30)]
    created = await collection(world, legs, XOF)
    await world.drain()
    await pays(world, created, 100)
    assert await state_of(world, created) == ("exception", "exception")
    told = world.events(created["id"])
    for way_out in ("received", "paid"):
        assert await refusal_of(world, created, way_out) == "No money was accepted: it can only be refunded"
    await settle(world, created, "refunded")
    await world.drain()
    assert await state_of(world, created) == ("refunded", "refunded")
    shown = await world.show(created)
    assert ({leg["state"] for leg in shown["recipients"]}, shown["due_amount"]) == ({"canceled"}, 0)
    assert world.events(created["id"])[len(told) :] == ["payin_method.refunded", "transaction.refunded"]


async def test_it_is_settled_also_after_the_money_went_back(world: World) -> None:
    legs = [ok("00", amount) | {"requested_currency": "XOF"} for amount in (30000, 30)]
    created = await collection(world, legs, XOF)
    await world.drain()
    await pays(world, created, 100)
    assert (await returned(world, created)).status == 200
    assert await state_of(world, created) == ("exception", "refunded")
    await settle(world, created, "refunded")
    assert await state_of(world, created) == ("refunded", "refunded")
    assert await waiting(world) == []
