"""Scenario 37: an attempt is asked about where and as it was made, whatever was configured or edited since."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec

from bitpesa.payments.transactions.workers.collections import Cashier
from bitpesa.payments.transactions.workers.payouts import Payer
from bitpesa.rails.providers.collecting import CollectionOrder, CollectionOutcome
from bitpesa.rails.providers.collecting_simulator.collector import SimulatedCollector
from bitpesa.rails.providers.port import Answered, Outcome, PayoutOrder
from bitpesa.rails.providers.registry import Providers
from bitpesa.rails.providers.simulator.bank import Simulator
from bitpesa.wiring import collecting_settings, payout_settings
from tests.journeys.collecting import XOF, collection, to_balance
from tests.journeys.collecting import state_of as collection_state
from tests.journeys.test_37_crash_safety import LEASE_SECONDS, PAID, debited, state_of
from tests.journeys.world import World, ok

NEW_ACCOUNT = "98765432100"


class Bank(Simulator):
    """A bank of a name, which remembers what it was handed and asked. It may answer so late that nobody hears it."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world.platform.database)
        self.name = name
        self.is_heard = True
        self.submitted: list[PayoutOrder] = []
        self.asked: list[PayoutOrder] = []

    async def submit(self, order: PayoutOrder) -> Outcome:
        self.submitted.append(order)
        outcome = await super().submit(order)
        if not self.is_heard:
            raise asyncio.CancelledError
        return outcome

    async def ask(self, order: PayoutOrder) -> Outcome:
        self.asked.append(order)
        return await super().ask(order)


class Duplicates(Bank):
    """A bank that takes every order for one that it has, once it has it."""

    async def submit(self, order: PayoutOrder) -> Outcome:
        await super().submit(order)
        return Answered("34", "Duplicate reference")


async def pays_with(world: World, providers: Providers) -> Payer:
    """Another worker, which these providers are loaded for."""
    payer = Payer(world.platform.database, providers, payout_settings(world.platform.settings))
    await world.kill_worker()
    world._hands = msgspec.structs.replace(world._hands, payer=await world._stack.enter_async_context(payer))
    return payer


async def lost(world: World, bank: Bank, *legs: dict[str, Any]) -> dict[str, Any]:
    """A payout that the bank has, whose answer nobody lived to record."""
    transaction = await debited(world, *legs)
    bank.is_heard = False
    payer = await pays_with(world, Providers(otherwise={"sandbox": bank}))
    await world.hand_over()
    await payer.finish()
    bank.is_heard = True
    assert [order.details["bank_account"] for order in bank.submitted] == ["12345678900"]
    return transaction


async def attempts(world: World) -> list[Any]:
    async with world.platform.database.reading() as conn:
        return list(await conn.fetch("select provider, result_code from payout_attempts order by started_at, id"))


async def lease_ends(world: World) -> None:
    await world.advance(seconds=LEASE_SECONDS)
    await world.drain()


async def test_what_a_provider_has_that_is_not_loaded_is_unknown_and_made_by_nobody_else(world: World) -> None:
    acme, other = Bank(world, "acme"), Bank(world, "other")
    transaction = await lost(world, acme, ok("00"))
    await pays_with(world, Providers(otherwise={"sandbox": other}))
    for _ in range(5):
        await lease_ends(world)
        shown = await world.show(transaction)
        assert (shown["state"], shown["recipients"][0]["state"]) == ("received", "pending")
        assert shown["recipients"][0]["state_reason_details"]["code"] == "12"
    assert (acme.asked, other.submitted, other.asked) == ([], [], [])
    assert [row["provider"] for row in await attempts(world)] == ["acme"]
    assert await world.balance("USD") == Decimal(975)

    deleted = await world.client.delete(f"/recipients/{shown['recipients'][0]['id']}")
    assert (deleted.status, deleted.object["state"]) == (200, "pending")
    await lease_ends(world)
    assert await world.balance("USD") == Decimal(975)  # no refund of what may have been paid

    await world.advance(hours=72)
    await world.drain()
    assert await state_of(world, transaction) == ("manual", "stuck")

    await pays_with(world, Providers(named={("sandbox", "KES::Bank"): acme}, otherwise={"sandbox": other}))
    await world.advance(hours=1)
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")
    assert (len(acme.submitted), len(other.submitted)) == (1, 0)


async def test_an_attempt_is_asked_about_where_and_as_it_was_made_though_both_have_changed_since(world: World) -> None:
    acme, other = Bank(world, "acme"), Bank(world, "other")
    transaction = await lost(world, acme, ok("00"))
    recipient = transaction["recipients"][0]["id"]
    await pays_with(world, Providers(named={("sandbox", "KES::Bank"): acme}, otherwise={"sandbox": other}))
    changes = {"payout_method": {"details": {"bank_account": NEW_ACCOUNT, "first_name": "Mary"}}}
    assert (await world.client.patch(f"/recipients/{recipient}", {"recipient": changes})).status == 200
    await lease_ends(world)
    assert acme.asked == acme.submitted
    assert (other.submitted, other.asked) == ([], [])
    assert await state_of(world, transaction) == ("paid", "success")
    assert world.events(transaction["id"]) == PAID


async def test_the_next_attempt_pays_what_was_edited_with_who_is_configured_then(world: World) -> None:
    acme, other = Bank(world, "acme"), Bank(world, "other")
    await pays_with(world, Providers(otherwise={"sandbox": acme}))
    transaction = await world.funded(ok("08"))
    assert await state_of(world, transaction) == ("received", "error")
    await pays_with(world, Providers(otherwise={"sandbox": other}))
    changes = {"payout_method": {"details": {"bank_account": "12345678900"}}}
    await world.client.patch(f"/recipients/{transaction['recipients'][0]['id']}", {"recipient": changes})
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")
    (order,) = other.submitted
    assert order.details["bank_account"] == "12345678900"
    assert sorted(row["provider"] for row in await attempts(world)) == ["acme", "other"]


async def test_a_duplicate_refusal_is_asked_about_and_never_paid_again(world: World) -> None:
    bank = Duplicates(world, "acme")
    await pays_with(world, Providers(otherwise={"sandbox": bank}))
    transaction = await world.funded(ok("00"))
    assert await state_of(world, transaction) == ("received", "pending")
    await world.advance(minutes=14)
    await world.drain()
    assert bank.asked == []
    await world.advance(minutes=1)
    await world.drain()
    assert await state_of(world, transaction) == ("paid", "success")
    assert bank.asked == bank.submitted
    assert len(await attempts(world)) == 1


async def test_an_attempt_of_an_earlier_release_is_asked_about_as_its_recipient_says(world: World) -> None:
    acme = Bank(world, "acme")
    transaction = await lost(world, acme, ok("00"))
    async with world.platform.database.reading() as conn:
        await conn.execute("update payout_attempts set payout_order = null")
    await lease_ends(world)
    assert acme.asked == acme.submitted
    assert await state_of(world, transaction) == ("paid", "success")


# -- the same of money that is collected


class Collector(SimulatedCollector):
    """A collecting provider of a name, which remembers what it was handed and asked, and may not live to answer."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world.platform.database, pages="http://127.0.0.1/pay/")
        self.name = name
        self.is_heard = True
        self.started: list[CollectionOrder] = []
        self.asked: list[CollectionOrder] = []

    async def start(self, order: CollectionOrder) -> CollectionOutcome:
        self.started.append(order)
        outcome = await super().start(order)
        if not self.is_heard:
            raise asyncio.CancelledError
        return outcome

    async def ask(self, order: CollectionOrder) -> CollectionOutcome:
        self.asked.append(order)
        return await super().ask(order)


def collects_with(world: World, providers: Providers) -> Cashier:
    """From now on these are the providers that a worker has loaded."""
    world.platform = msgspec.structs.replace(world.platform, providers=providers)
    cashier = Cashier(world.platform.database, providers, collecting_settings(world.platform.settings))
    world._hands = msgspec.structs.replace(world._hands, cashier=cashier)
    return cashier


async def test_a_request_is_asked_about_where_and_as_it_was_made_or_not_at_all(world: World) -> None:
    bank = {"sandbox": world.platform.providers.for_payout("USD::Balance", "sandbox")}
    acme, other = Collector(world, "acme"), Collector(world, "other")
    created = await collection(world, to_balance(50000), XOF)
    acme.is_heard = False
    cashier = collects_with(world, Providers(otherwise=bank, otherwise_to_collect={"sandbox": acme}))
    await cashier.start()
    await cashier.finish()
    acme.is_heard = True
    (order,) = acme.started
    assert (order.amount.minor, order.details["phone_number"]) == (50000, XOF["phone_number"])

    collects_with(world, Providers(otherwise=bank, otherwise_to_collect={"sandbox": other}))
    await lease_ends(world)
    assert await collection_state(world, created) == ("pending", "pending")
    assert (acme.asked, other.started, other.asked) == ([], [], [])

    async with world.platform.database.reading() as conn:  # nothing that is edited reaches what was handed over
        await conn.execute("""update payin_methods set in_details = '{"phone_number": "+2250505050505"}'""")
    named = {("sandbox", "GHS::Mobile"): acme}
    collects_with(world, Providers(otherwise=bank, named_to_collect=named, otherwise_to_collect={"sandbox": other}))
    await lease_ends(world)
    assert acme.asked == [order]
    assert (other.started, other.asked) == ([], [])
