from uuid import uuid4

import pytest

from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.money import MAX_MINOR, Money
from bitpesa.money.accounts import operations
from bitpesa.money.ledger.problems import AlreadyFunded, BalanceTooLow
from tests.money.accounts.conftest import Purse, charge


async def test_a_deposit_answers_the_new_balance(purse):
    assert await purse.deposit(500) == 500
    assert await purse.deposit(250) == 750
    assert await purse.balance() == 750


async def test_a_deposit_keeps_what_the_operator_wrote_about_it(purse):
    await purse.database.run(operations.deposit, purse.app.id, Money(5, "USD"), note="statement 7, line 3")
    async with purse.database.reading() as conn:
        row = await conn.fetchrow("select kind, note, reference from ledger_postings")
    assert dict(row) == {"kind": "deposit", "note": "statement 7, line 3", "reference": None}


async def test_a_debit_takes_from_the_balance_and_says_what_is_left(purse):
    await purse.deposit(1000)
    (debit,) = await purse.debit(charge(400, order=7))
    assert (debit.amount, debit.running_balance, debit.metadata) == (Money(400, "USD"), 600, {"order": 7})
    assert (debit.to_type, debit.app_id) == ("Transaction", purse.app.id)
    assert await purse.balance() == 600


async def test_a_debit_is_a_posting_about_its_transaction(purse):
    await purse.deposit(1000)
    (debit,) = await purse.debit(charge(400))
    async with purse.database.reading() as conn:
        row = await conn.fetchrow("select * from ledger_postings where id = $1", debit.posting_id)
    assert (row["kind"], row["amount"], row["reference"]) == ("debit", 400, debit.to_id)
    assert row["from_balance"] == debit.running_balance


async def test_a_debit_is_worth_its_amount_in_dollars_at_the_mid_rate(purse):
    await purse.deposit(40_000, "NGN")
    await purse.deposit(1000)
    naira, dollars = await purse.debit(charge(10_000, "NGN"), charge(123))
    assert (naira.usd_minor, dollars.usd_minor) == (2500, 123)


async def test_debits_are_answered_in_the_order_of_the_charges(purse):
    await purse.deposit(1000)
    await purse.deposit(900, "NGN")
    charges = [charge(100), charge(200, "NGN"), charge(300), charge(400, "NGN")]
    debits = await purse.debit(*charges)
    assert [debit.to_id for debit in debits] == [each.transaction_id for each in charges]
    assert [debit.running_balance for debit in debits] == [900, 700, 600, 300]


async def test_debits_are_all_made_or_none_and_the_one_that_is_too_much_is_named(purse):
    await purse.deposit(1000)
    with pytest.raises(BalanceTooLow) as refusal:
        await purse.debit(charge(600), charge(300), charge(101), charge(1))
    assert refusal.value.position == 2
    assert (await purse.balance(), await purse.debits()) == (1000, ([], 0))


async def test_an_app_that_never_had_the_currency_has_too_little_of_it(purse):
    with pytest.raises(BalanceTooLow) as refusal:
        await purse.debit(charge(1, "XOF"))
    assert refusal.value.balance == Money(0, "XOF")


async def test_a_transaction_is_debited_once(purse):
    await purse.deposit(1000)
    transaction = uuid4()
    await purse.debit(charge(100, to=transaction))
    with pytest.raises(AlreadyFunded):
        await purse.debit(charge(100, to=transaction))
    with pytest.raises(AlreadyFunded):
        await purse.debit(charge(100), charge(100, to=transaction))
    assert await purse.balance() == 900
    assert (await purse.debits())[1] == 1


async def test_an_app_may_be_allowed_to_go_below_zero(database):
    purse = Purse(database, negative_balance=True)
    (debit,) = await purse.debit(charge(250))
    assert debit.running_balance == -250
    assert await purse.balance() == -250
    assert await purse.deposit(300) == 50


async def test_no_charges_make_no_debits(purse):
    assert await purse.debit() == []


@pytest.mark.parametrize(
    ("minor", "code"), [(MAX_MINOR + 1, "greater_than_maximum"), (10**30, "greater_than_maximum"), (0, "invalid")]
)
async def test_a_deposit_is_an_amount_that_the_books_can_add_up(purse, minor, code):
    with pytest.raises(Invalid) as refusal:
        await purse.deposit(minor)
    assert refusal.value.object["errors"] == {"amount": [{"error": code}]}


async def test_deposits_together_have_a_bound_too(purse):
    assert await purse.deposit(MAX_MINOR) == MAX_MINOR
    assert await purse.deposit(MAX_MINOR) == 2 * MAX_MINOR
    with pytest.raises(Invalid) as refusal:
        await purse.deposit(1)
    assert refusal.value.object["errors"] == {"amount": [{"error": "greater_than_maximum"}]}
    assert await purse.balance() == 2 * MAX_MINOR
