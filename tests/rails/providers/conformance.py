"""What every provider must do, whatever stands behind it. A provider's tests inherit this and bring a bench."""

import asyncio
from enum import Enum
from typing import Protocol

import pytest

from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from bitpesa.rails.providers.port import AccountFacts, Answered, NotStarted, Outcome, PayoutOrder, Provider

AT_ONCE = 20
STEPS_UNTIL_CRASH = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)


class Wanted(Enum):
    """How the provider shall answer an order at first."""

    PAID = "paid"
    FAILED = "failed"
    PENDING = "pending"
    CASH = "cash"


class Bench(Protocol):
    """A provider with the world behind it in our hands."""

    provider: Provider

    def order(self, wanted: Wanted) -> PayoutOrder:
        """A new order, which the provider will answer in this way."""

    async def pay(self, order: PayoutOrder) -> None:
        """Let the world outside pay an order, now or as soon as it arrives, if it still can."""

    async def payments(self, order: PayoutOrder) -> int:
        """How many payments the order's recipient got."""

    async def taken(self, order: PayoutOrder) -> int:
        """How many orders the provider took for the order's recipient."""


def category(outcome: Outcome) -> Category | None:
    return codes.code(outcome.code).category if isinstance(outcome, Answered) else None


class Conformance:
    """The suite. A subclass has a fixture `bench`."""

    @pytest.mark.parametrize("wanted", Wanted)
    async def test_the_same_reference_twice_is_one_order(self, bench: Bench, wanted: Wanted):
        order = bench.order(wanted)
        first = await bench.provider.submit(order)
        assert await bench.provider.submit(order) == first
        assert await bench.taken(order) == 1

    @pytest.mark.parametrize("wanted", Wanted)
    async def test_the_same_reference_many_times_at_once_is_one_order(self, bench: Bench, wanted: Wanted):
        order = bench.order(wanted)
        outcomes = await asyncio.gather(*(bench.provider.submit(order) for _ in range(AT_ONCE)))
        assert outcomes == [outcomes[0]] * AT_ONCE
        assert await bench.taken(order) == 1
        assert await bench.payments(order) == (wanted is Wanted.PAID)

    async def test_two_references_are_two_orders(self, bench: Bench):
        order, other = bench.order(Wanted.PENDING), bench.order(Wanted.PENDING)
        await bench.provider.submit(order)
        await bench.provider.submit(other)
        await bench.pay(order)
        assert category(await bench.provider.ask(order)) is Category.PAID
        assert category(await bench.provider.ask(other)) is Category.PENDING

    @pytest.mark.parametrize("wanted", Wanted)
    async def test_asking_agrees_with_what_was_answered(self, bench: Bench, wanted: Wanted):
        order = bench.order(wanted)
        assert await bench.provider.submit(order) == await bench.provider.ask(order)

    @pytest.mark.parametrize(
        ("wanted", "categories"),
        [
            (Wanted.PAID, {Category.PAID}),
            (Wanted.FAILED, codes.FAILED),
            (Wanted.PENDING, {Category.PENDING}),
            (Wanted.CASH, {Category.RECIPIENT_ACTION_REQUIRED}),
        ],
    )
    async def test_answers_are_codes_of_the_table(self, bench: Bench, wanted: Wanted, categories: set[Category]):
        order = bench.order(wanted)
        for outcome in (await bench.provider.submit(order), await bench.provider.ask(order)):
            assert isinstance(outcome, Answered)
            assert outcome.code in codes.CODES
            assert category(outcome) in categories

    async def test_cash_comes_with_what_the_recipient_must_show(self, bench: Bench):
        order = bench.order(Wanted.CASH)
        outcome = await bench.provider.submit(order)
        assert isinstance(outcome, Answered)
        assert outcome.payment_reference

    async def test_an_order_that_is_paid_later_says_so(self, bench: Bench):
        order = bench.order(Wanted.PENDING)
        await bench.provider.submit(order)
        await bench.pay(order)
        assert category(await bench.provider.ask(order)) is Category.PAID
        assert await bench.payments(order) == 1

    async def test_an_order_that_failed_is_never_paid(self, bench: Bench):
        order = bench.order(Wanted.FAILED)
        failure = await bench.provider.submit(order)
        await bench.pay(order)
        assert await bench.provider.ask(order) == failure
        assert await bench.provider.submit(order) == failure
        assert await bench.payments(order) == 0

    @pytest.mark.parametrize("wanted", Wanted)
    async def test_an_order_asked_about_before_it_arrived_is_never_paid(self, bench: Bench, wanted: Wanted):
        order = bench.order(wanted)
        assert await bench.provider.ask(order) == NotStarted()
        assert await bench.provider.submit(order) == NotStarted()
        await bench.pay(order)
        assert await bench.provider.submit(order) == NotStarted()
        assert await bench.provider.ask(order) == NotStarted()
        assert await bench.payments(order) == 0

    async def test_an_order_revoked_before_it_arrived_is_never_paid(self, bench: Bench):
        order = bench.order(Wanted.CASH)
        assert await bench.provider.revoke(order) == NotStarted()
        await bench.pay(order)
        assert await bench.provider.submit(order) == NotStarted()
        assert await bench.payments(order) == 0

    async def test_submitting_and_asking_at_once_agree(self, bench: Bench):
        for _ in range(AT_ONCE):
            order = bench.order(Wanted.PAID)
            submitted, asked = await asyncio.gather(bench.provider.submit(order), bench.provider.ask(order))
            assert submitted == asked
            assert await bench.payments(order) == (submitted != NotStarted())

    async def test_an_order_that_was_revoked_is_never_paid(self, bench: Bench):
        order = bench.order(Wanted.CASH)
        await bench.provider.submit(order)
        void = await bench.provider.revoke(order)
        assert isinstance(void, Answered)
        assert void.code == "54"
        await bench.pay(order)
        for again in (bench.provider.ask, bench.provider.submit, bench.provider.revoke):
            assert await again(order) == void
        assert await bench.payments(order) == 0

    async def test_revoking_what_was_paid_answers_that_it_was(self, bench: Bench):
        order = bench.order(Wanted.CASH)
        await bench.provider.submit(order)
        await bench.pay(order)
        assert category(await bench.provider.revoke(order)) is Category.PAID
        assert category(await bench.provider.ask(order)) is Category.PAID
        assert await bench.payments(order) == 1

    async def test_revoking_and_paying_at_once_end_in_one_of_the_two(self, bench: Bench):
        for _ in range(AT_ONCE):
            order = bench.order(Wanted.CASH)
            await bench.provider.submit(order)
            revoked, _ = await asyncio.gather(bench.provider.revoke(order), bench.pay(order))
            assert category(revoked) in {Category.PAID, Category.SENDER_ERROR}
            assert await bench.provider.ask(order) == revoked
            assert await bench.payments(order) == (category(revoked) is Category.PAID)

    async def test_a_crash_between_an_order_and_its_answer_leaves_one_order_at_most(self, bench: Bench):
        for steps in STEPS_UNTIL_CRASH:
            order = bench.order(Wanted.PAID)
            handing_over = asyncio.create_task(bench.provider.submit(order))
            for _ in range(steps):
                await asyncio.sleep(0)
            handing_over.cancel()
            await asyncio.gather(handing_over, return_exceptions=True)
            asked = await bench.provider.ask(order)
            assert asked == NotStarted() or category(asked) is Category.PAID
            assert await bench.provider.submit(order) == asked
            assert await bench.taken(order) == await bench.payments(order) == (asked != NotStarted())

    @pytest.mark.parametrize("wanted", Wanted)
    async def test_an_account_can_be_looked_up_without_an_order(self, bench: Bench, wanted: Wanted):
        order = bench.order(wanted)
        assert isinstance(await bench.provider.look_up_account(order), AccountFacts)
        assert await bench.taken(order) == 0
