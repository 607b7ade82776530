"""What every collecting provider must do, whatever stands behind it. Its tests inherit this and bring a bench."""

import asyncio
from typing import Protocol
from uuid import uuid4

import msgspec
import pytest

from bitpesa.rails.providers import codes
from bitpesa.rails.providers.collecting import Collecting, CollectingProvider, CollectionOrder, CollectionOutcome
from bitpesa.rails.providers.port import NotStarted

AT_ONCE = 10


class Bench(Protocol):
    """A collecting provider with its payers in our hands."""

    provider: CollectingProvider

    def order(self) -> CollectionOrder:
        """A new order, whose payer waits for us."""

    async def pay(self, order: CollectionOrder, minor: int, *, cleared: bool = True) -> None:
        """Let the payer pay."""

    async def taken(self, order: CollectionOrder) -> int:
        """How many requests the provider took for the payin method."""


def again(order: CollectionOrder) -> CollectionOrder:
    """Another attempt of the same payin method."""
    return msgspec.structs.replace(order, reference=uuid4())


def is_open(outcome: CollectionOutcome) -> bool:
    return isinstance(outcome, Collecting) and codes.code(outcome.code).category in codes.OPEN


class CollectingConformance:
    """The suite. A subclass has a fixture `bench`."""

    async def test_what_payers_are_told_is_the_same_whenever_it_is_asked_for(self, bench: Bench):
        order = bench.order()
        assert bench.provider.out_details(order) == bench.provider.out_details(again(order))

    async def test_the_same_reference_twice_is_one_request(self, bench: Bench):
        order = bench.order()
        first = await bench.provider.start(order)
        assert is_open(first)
        assert await bench.provider.start(order) == first
        await asyncio.gather(*(bench.provider.start(order) for _ in range(AT_ONCE)))
        assert await bench.taken(order) == 1

    async def test_what_never_arrived_is_refused_when_it_comes_late(self, bench: Bench):
        for call in (bench.provider.ask, bench.provider.stop):
            order = bench.order()
            assert await call(order) == NotStarted()
            assert await bench.provider.start(order) == NotStarted()
            assert await bench.taken(order) == 0
            assert is_open(await bench.provider.start(again(order)))

    @pytest.mark.parametrize("minor", [1, 49_999, 50_000, 50_001])
    async def test_money_is_told_of_with_its_amount_and_a_reference_that_stays(self, bench: Bench, minor: int):
        order = bench.order()
        await bench.provider.start(order)
        await bench.pay(order, minor)
        told = await bench.provider.ask(order)
        assert isinstance(told, Collecting)
        assert (told.code, [(r.amount_minor, r.cleared) for r in told.receipts]) == ("0", [(minor, True)])
        assert await bench.provider.ask(order) == told

    async def test_every_payment_is_told_of_whichever_attempt_is_asked_about(self, bench: Bench):
        order = bench.order()
        await bench.provider.start(order)
        await bench.pay(order, 50_000)
        await bench.pay(order, 50_000)
        second = again(order)
        await bench.provider.start(second)
        for asked in (order, second):
            told = await bench.provider.ask(asked)
            assert isinstance(told, Collecting)
            assert len({receipt.reference for receipt in told.receipts}) == 2

    async def test_money_that_is_not_final_is_seen(self, bench: Bench):
        order = bench.order()
        await bench.provider.start(order)
        await bench.pay(order, 50_000, cleared=False)
        told = await bench.provider.ask(order)
        assert is_open(told)
        assert [receipt.cleared for receipt in told.receipts] == [False]

    async def test_a_request_that_was_stopped_is_not_open_and_tells_of_money_that_came_all_the_same(self, bench: Bench):
        order = bench.order()
        await bench.provider.start(order)
        assert not is_open(await bench.provider.stop(order))
        await bench.pay(order, 7)
        for call in (bench.provider.stop, bench.provider.ask):
            told = await call(order)
            assert [receipt.amount_minor for receipt in told.receipts] == [7]
