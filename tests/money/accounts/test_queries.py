from datetime import timedelta
from uuid import uuid4

import pytest

from bitpesa.kernel import clock
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import queries
from tests.money.accounts.conftest import Purse, charge


async def test_balances_are_those_that_clients_see(purse):
    await purse.deposit(1000)
    await purse.deposit(70, "NGN")
    await purse.debit(charge(400))
    async with purse.database.reading() as conn:
        assert await queries.balances(conn, purse.app.id) == [Money(70, "NGN"), Money(600, "USD")]


async def test_a_currency_that_was_never_held_is_not_found(purse):
    await purse.deposit(1000)
    for code in ("NGN", "usd", ""):
        with pytest.raises(NotFound):
            await purse.balance(code)


async def test_debits_are_listed_newest_first_page_by_page(purse):
    await purse.deposit(1000)
    made = [(await purse.debit(charge(amount)))[0] for amount in (1, 2, 3)]
    first, total = await purse.debits(limit=2)
    second, _ = await purse.debits(limit=2, offset=2)
    assert first + second == made[::-1]
    assert total == 3
    assert await purse.debits(limit=2, offset=4) == ([], 3)


async def test_debits_carry_the_time_of_their_app(purse):
    await purse.deposit(1000)
    async with purse.database.reading() as conn:
        moved = await clock.move(conn, purse.app.id, timedelta(days=3))
    (debit,) = await purse.debit(charge(1))
    assert debit.created_at >= moved


async def test_a_debit_is_found_by_its_own_app_alone(purse, database):
    await purse.deposit(1000)
    (debit,) = await purse.debit(charge(400, order=7))
    async with database.reading() as conn:
        assert await queries.find_debit(conn, purse.app.id, debit.id) == debit
        for app_id, debit_id in ((Purse(database).app.id, debit.id), (purse.app.id, uuid4()), (purse.app.id, None)):
            with pytest.raises(NotFound):
                await queries.find_debit(conn, app_id, debit_id)
