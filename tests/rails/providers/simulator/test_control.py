import asyncio

import pytest

from bitpesa.rails.providers.port import Answered
from bitpesa.rails.providers.simulator import control
from bitpesa.rails.providers.simulator.bank import Simulator
from tests.rails.providers.simulator.orders import APP, bank, order


@pytest.fixture
def simulator(database):
    return Simulator(database)


@pytest.fixture
def tell(database):
    """Run a control function for the recipient of an order, in a transaction of its own."""

    async def run(function, order, *args, **kwargs):
        async with database.work() as work:
            return await function(work.conn, APP, order.recipient_id, *args, **kwargs)

    return run


def again(order):
    return bank("00", recipient_id=order.recipient_id)


async def test_a_script_beats_the_number_until_it_is_forgotten(simulator, tell):
    first = bank("00")
    await tell(control.script, first, "3")
    assert await simulator.submit(first) == Answered("3")
    assert await simulator.submit(again(first)) == Answered("3")
    await tell(control.forget_script, first)
    assert await simulator.submit(again(first)) == Answered("0")


async def test_a_script_can_be_replaced(simulator, tell):
    asked = bank("01")
    await simulator.submit(asked)
    await tell(control.script, asked, "13")
    assert await simulator.ask(asked) == Answered("13")
    await tell(control.script, asked, "0")
    assert await simulator.ask(asked) == Answered("0")


async def test_a_script_may_hold_for_one_answer_only(simulator, tell):
    first = bank("00")
    await tell(control.script, first, "34", once=True)
    assert await simulator.submit(first) == Answered("34")
    assert await simulator.ask(first) == Answered("34")
    assert await simulator.submit(again(first)) == Answered("0")


async def test_a_script_for_one_answer_is_used_up_by_asking_too(simulator, tell):
    asked = bank("01")
    await simulator.submit(asked)
    await tell(control.script, asked, "4", once=True)
    assert await simulator.ask(asked) == Answered("4")
    assert await simulator.submit(bank("01", recipient_id=asked.recipient_id)) == Answered("14")


async def test_a_script_for_one_answer_waits_for_an_order_that_it_can_change(simulator, tell):
    first = bank("00")
    await simulator.submit(first)
    await tell(control.script, first, "4", once=True)
    assert await simulator.ask(first) == Answered("0")
    assert await simulator.submit(again(first)) == Answered("4")


async def test_many_who_ask_at_once_hear_the_same_of_a_script_for_one_answer(simulator, tell):
    asked = bank("01")
    await simulator.submit(asked)
    await tell(control.script, asked, "4", once=True)
    assert await asyncio.gather(*(simulator.ask(asked) for _ in range(20))) == [Answered("4")] * 20


async def test_a_script_does_not_change_what_was_closed(simulator, tell):
    paid, failed = bank("00"), bank("08")
    for each in (paid, failed):
        await simulator.submit(each)
    await tell(control.script, paid, "4")
    await tell(control.script, failed, "0")
    assert await simulator.ask(paid) == Answered("0")
    assert await simulator.ask(failed) == Answered("3")


async def test_a_script_is_for_one_recipient(simulator, tell):
    await tell(control.script, bank("00"), "3")
    assert await simulator.submit(bank("00")) == Answered("0")


async def test_a_script_may_pay_another_amount(simulator, tell):
    asked = bank("00")
    await tell(control.script, asked, "0", paid_minor=1_000_001)
    assert await simulator.submit(asked) == Answered("0", paid_minor=1_000_001)
    assert await simulator.ask(asked) == Answered("0", paid_minor=1_000_001)


async def test_a_script_says_what_a_revocation_meets(simulator, tell):
    picked_up, unclear = order("MAD::Cash"), order("MAD::Cash")
    for each in (picked_up, unclear):
        await simulator.submit(each)
    await tell(control.script, picked_up, "0", once=True)
    await tell(control.script, unclear, "13")
    assert await simulator.revoke(picked_up) == Answered("0")
    assert await simulator.revoke(unclear) == Answered("13")


async def test_a_script_names_a_code_of_the_table_and_an_amount_only_with_a_payment(tell):
    with pytest.raises(ValueError, match="'999' is no code of the table"):
        await tell(control.script, bank("00"), "999")
    with pytest.raises(ValueError, match="code 3 pays nothing"):
        await tell(control.script, bank("00"), "3", paid_minor=1)


async def test_forcing_pays_what_is_open_and_whatever_comes_later(simulator, tell):
    asked = bank("01")
    await simulator.submit(asked)
    assert await tell(control.force_paid, asked)
    assert await simulator.ask(asked) == Answered("0")
    assert await simulator.submit(bank("08", recipient_id=asked.recipient_id)) == Answered("0")


async def test_forcing_does_not_pay_what_failed(simulator, tell):
    asked = bank("08")
    await simulator.submit(asked)
    assert not await tell(control.force_paid, asked)
    assert await simulator.ask(asked) == Answered("3")


async def test_forcing_may_pay_another_amount(simulator, tell):
    asked = bank("01")
    await simulator.submit(asked)
    await tell(control.force_paid, asked, paid_minor=5)
    assert await simulator.ask(asked) == Answered("0", paid_minor=5)


async def test_failing_ends_what_is_open_and_leaves_the_next_attempt_to_its_number(simulator, tell):
    asked = bank("01")
    await simulator.submit(asked)
    assert await tell(control.fail, asked, "4")
    assert not await tell(control.fail, asked, "3")
    assert await simulator.ask(asked) == Answered("4")
    assert await simulator.submit(bank("01", recipient_id=asked.recipient_id)) == Answered("14")


async def test_only_failures_fail(tell):
    with pytest.raises(ValueError, match="code 0 is no failure"):
        await tell(control.fail, bank("01"), "0")
