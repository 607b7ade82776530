import asyncio

import msgspec
import pytest

from bitpesa.kernel.database.pool import open_database
from bitpesa.kernel.values.ids import new_id
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.port import AccountFacts, Answered, NotStarted, Unknown
from bitpesa.rails.providers.simulator import control
from bitpesa.rails.providers.simulator.bank import Simulator
from bitpesa.rails.providers.simulator.triggers import TRIGGERS, Feature
from tests.rails.providers.simulator.orders import APP, bank, order, triggering


@pytest.fixture
def simulator(database):
    return Simulator(database)


@pytest.fixture
def book(database):
    """What the bank has about the recipient of an order."""

    async def read(order):
        async with database.reading() as conn:
            return await control.orders_of(conn, APP, order.recipient_id)

    return read


async def test_every_trigger_is_answered_with_its_code(simulator):
    for trigger in TRIGGERS:
        if trigger.feature is Feature.PAYOUT:
            assert await simulator.submit(triggering(trigger)) == Answered(trigger.code), trigger


async def test_what_is_pending_stays_pending(simulator):
    asked = bank("01")
    await simulator.submit(asked)
    assert [await simulator.ask(asked) for _ in range(3)] == [Answered("14")] * 3


async def test_a_number_without_a_trigger_is_not_started_and_never_paid_under_that_reference(simulator, database):
    asked = bank("55")
    assert await simulator.submit(asked) == NotStarted()
    async with database.work() as work:
        assert not await control.force_paid(work.conn, APP, asked.recipient_id)
    assert await simulator.submit(asked) == NotStarted()
    assert await simulator.submit(bank("55", recipient_id=asked.recipient_id)) == Answered("0")


async def test_a_number_without_a_trigger_is_paid_when_that_is_the_default(database):
    assert await Simulator(database, default_outcome="paid").submit(bank("55")) == Answered("0")


async def test_a_balance_is_paid(simulator):
    assert await simulator.submit(order("USD::Balance")) == Answered("0")


async def test_a_trigger_applies_to_the_number_at_the_time_of_the_attempt(simulator):
    first = bank("19")
    assert await simulator.submit(first) == Answered("416")
    assert await simulator.submit(bank("00", recipient_id=first.recipient_id)) == Answered("0")
    assert await simulator.ask(first) == Answered("416")


async def test_cash_keeps_its_payment_reference_over_edits(simulator, database):
    first = order("MAD::Cash", last_name="Doe")
    answer = await simulator.submit(first)
    assert answer.code == "21"
    async with database.work() as work:
        assert await control.fail(work.conn, APP, first.recipient_id, "433")
    assert await simulator.ask(first) == Answered("433")
    second = order("MAD::Cash", recipient_id=first.recipient_id, last_name="Roe", reference="SOMETHING00")
    assert await simulator.submit(second) == answer


async def test_cash_can_carry_the_clients_own_reference(simulator):
    first = order("MAD::Cash", reference="9M5GJRJUBCY")
    assert await simulator.submit(first) == Answered("21", payment_reference="9M5GJRJUBCY")
    second = order("MAD::Cash", recipient_id=first.recipient_id)
    assert await simulator.submit(second) == Answered("21", payment_reference="9M5GJRJUBCY")


async def test_what_a_bank_works_on_cannot_be_revoked(simulator):
    asked = bank("01")
    await simulator.submit(asked)
    assert await simulator.revoke(asked) == Answered("14")
    assert await simulator.ask(asked) == Answered("14")


async def test_the_book_says_what_was_handed_over(simulator, book):
    asked = bank("08")
    await simulator.submit(asked)
    [entry] = await book(asked)
    assert (entry.reference, entry.amount, entry.code, entry.is_open) == (asked.reference, asked.amount, "3", False)


async def test_an_order_is_open_as_long_as_its_code_says_so(simulator, database, book):
    for code in codes.CODES.values():
        asked = bank("00")
        async with database.work() as work:
            await control.script(work.conn, APP, asked.recipient_id, code.code)
        await simulator.submit(asked)
        [entry] = await book(asked)
        assert entry.is_open == (code.category in codes.OPEN), code


async def test_an_answer_can_be_held_back_while_the_order_is_taken(database, book):
    taken, answer = asyncio.Event(), asyncio.Event()

    async def hold():
        taken.set()
        await answer.wait()

    asked = bank("00")
    handing_over = asyncio.create_task(Simulator(database, answer_after=hold).submit(asked))
    await taken.wait()
    assert [entry.code for entry in await book(asked)] == ["0"]
    assert await Simulator(database).ask(asked) == Answered("0")
    answer.set()
    assert await handing_over == Answered("0")


async def test_a_crash_while_the_answer_is_held_back_leaves_one_order(database, book):
    taken = asyncio.Event()

    async def hold():
        taken.set()
        await asyncio.Event().wait()

    asked = bank("00")
    handing_over = asyncio.create_task(Simulator(database, answer_after=hold).submit(asked))
    await taken.wait()
    handing_over.cancel()
    await asyncio.gather(handing_over, return_exceptions=True)
    assert await Simulator(database).ask(asked) == Answered("0")
    assert len(await book(asked)) == 1


async def test_a_book_that_cannot_be_reached_is_no_answer(fresh_database_url):
    async with open_database(fresh_database_url) as database:
        simulator = Simulator(database)
    for act in (simulator.submit, simulator.ask, simulator.revoke):
        assert isinstance(await act(bank("00")), Unknown)


async def test_looking_up_an_account_needs_no_book(fresh_database_url):
    async with open_database(fresh_database_url) as database:
        pass
    asked = order(bank_account="9345678939")
    assert await Simulator(database).look_up_account(asked) == AccountFacts(reachable=True)
    legacy = Simulator(database, legacy_account_validation=True)
    assert await legacy.look_up_account(order(bank_account="1345678939")) == AccountFacts(
        reachable=True, account_name="TEST USER"
    )


async def test_the_same_reference_in_another_app_is_another_order(simulator):
    asked = bank("00")
    assert await simulator.ask(asked) == NotStarted()
    assert await simulator.submit(msgspec.structs.replace(asked, app_id=new_id())) == Answered("0")
