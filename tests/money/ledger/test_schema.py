"""What the database refuses whoever asks: the rules of the books that must hold even when the program is wrong."""

from uuid import UUID

import asyncpg
import pytest

from bitpesa.money.ledger.model import Account, AccountKind, PostingKind
from tests.money.ledger.conftest import move

K, P = AccountKind, PostingKind


@pytest.fixture
async def conn(books):
    await books.post(move(P.DEPOSIT, 500), move(P.DEBIT, 200), move(P.DEPOSIT, 9, "NGN"))
    async with books.database.reading() as conn:
        yield conn


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_postings set amount = amount + 1",
        "update ledger_postings set note = 'nothing to see here'",
        "delete from ledger_postings",
        "truncate ledger_postings cascade",
        "delete from ledger_accounts",
        "truncate ledger_accounts cascade",
    ],
)
async def test_the_books_are_append_only(conn, statement):
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await conn.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_accounts set balance = balance + 1 where kind = 'held'",
        "update ledger_accounts set currency = 'EUR' where kind = 'held'",
        "update ledger_accounts set kind = 'fees' where kind = 'held'",
        "update ledger_accounts set id = gen_random_uuid() where kind = 'held'",
    ],
)
async def test_a_balance_changes_by_posting_only(books, conn, statement):
    before = await books.balances()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="by a posting only"):
        await conn.execute(statement)
    assert await books.balances() == before


async def test_an_account_begins_with_nothing(conn):
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="begins with nothing"):
        await conn.execute(
            "insert into ledger_accounts (app_id, id, kind, currency, balance)"
            " values (gen_random_uuid(), gen_random_uuid(), 'balance', 'USD', 100)"
        )


async def test_client_money_stays_positive_even_if_nobody_looked_first(books, conn):
    for kind in (K.BALANCE, K.HELD):
        with pytest.raises(asyncpg.CheckViolationError, match="balance_stays_positive"):
            await _insert(conn, books.app_id, Account(kind, "USD"), Account(K.BANK, "USD"), 301)


async def test_an_overdraft_is_not_taken_away_from_an_account_in_debt(books, conn):
    await books.post(move(P.DEBIT, 400), overdraft=True)
    with pytest.raises(asyncpg.CheckViolationError, match="balance_stays_positive"):
        await conn.execute("update ledger_accounts set may_be_overdrawn = false")


async def test_a_posting_stays_within_one_currency(books, conn):
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="posted_to_an_account_of_its_currency"):
        await _insert(conn, books.app_id, Account(K.BALANCE, "USD"), Account(K.BANK, "NGN"), 1)


async def test_a_posting_stays_within_one_app(books, conn):
    foreign = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="posted_from_an_account_of_its_currency"):
        await _insert(conn, foreign, Account(K.BALANCE, "USD"), Account(K.BANK, "USD"), 1)
    assert await books.balance(K.BALANCE) == 300


async def test_a_posting_has_two_accounts(books, conn):
    with pytest.raises(asyncpg.CheckViolationError, match="a_posting_has_two_accounts"):
        await _insert(conn, books.app_id, Account(K.BALANCE, "USD"), Account(K.BALANCE, "USD"), 1)


async def test_there_is_one_account_per_kind_and_currency(books, conn):
    with pytest.raises(asyncpg.UniqueViolationError, match="one_account_per_kind_and_currency"):
        await conn.execute(
            "insert into ledger_accounts (app_id, id, kind, currency) values ($1, gen_random_uuid(), 'held', 'USD')",
            books.app_id,
        )


async def test_what_a_posting_claims_to_have_left_is_not_believed(books, conn):
    await _insert(conn, books.app_id, Account(K.BALANCE, "USD"), Account(K.BANK, "USD"), 100, claimed=1_000_000)
    last = (await books.postings())[-1]
    assert (last["from_balance"], last["to_balance"]) == (200, -400)


async def _insert(conn, app_id, from_account, to_account, amount, claimed=None):
    """Write a posting past the program."""
    async with conn.transaction():
        owner = await conn.fetchval("select app_id from ledger_accounts limit 1")
        await conn.execute(
            "insert into ledger_postings (app_id, id, from_account, to_account, currency, amount, kind, from_balance)"
            " values ($1, gen_random_uuid(), $2, $3, $4, $5, 'adjustment', $6)",
            app_id,
            from_account.id_in(owner),
            to_account.id_in(owner),
            from_account.currency,
            amount,
            claimed,
        )


async def test_a_balance_that_moves_stays_on_its_page(database):
    """Otherwise each of its three indexes is written to, and grows, with every posting."""
    async with database.reading() as conn:
        await conn.execute(
            "insert into ledger_accounts (app_id, id, kind, currency)"
            " select gen_random_uuid(), gen_random_uuid(), 'balance', 'USD' from generate_series(1, 1000)"
        )
        await conn.execute("update ledger_accounts set may_be_overdrawn = true where app_id > $1", UUID(int=1 << 127))
        await conn.execute("select pg_stat_force_next_flush()")
        found = await conn.fetchrow(
            "select n_tup_upd as updated, n_tup_hot_upd as in_place from pg_stat_user_tables"
            " where relname = 'ledger_accounts'"
        )
    assert found["updated"] > 400
    assert found["in_place"] == found["updated"]
