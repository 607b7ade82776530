"""Many who post at once: nobody waits in a circle, and nobody sees half of what another did."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from bitpesa.kernel.database.pool import Work, open_database
from bitpesa.kernel.database.write_batch import Sheet, write
from bitpesa.money.ledger import operations, store
from bitpesa.money.ledger.model import Account, AccountKind, PostingKind
from bitpesa.money.ledger.problems import AlreadyFunded, BalanceTooLow, HoldAlreadyReleased
from tests.money.ledger.conftest import Books, move
from tests.waiting import PATIENCE_SECONDS, until_somebody_waits

K, P = AccountKind, PostingKind

CURRENCIES = ("USD", "NGN", "EUR", "XOF")


@pytest.fixture
async def books(fresh_database_url):
    async with open_database(fresh_database_url, connections=16) as database:
        yield Books(database)


async def post_once(books, postings):
    """As `post`, but a deadlock is not run again: it fails."""
    async with books.database.work() as work:
        await operations.post(work, books.app_id, postings)


async def test_postings_in_opposite_order_do_not_wait_in_a_circle(books):
    forward = [move(P.PAYOUT, 1, currency) for currency in CURRENCIES]
    await books.post(*forward)
    orders = (forward, forward[::-1])
    await asyncio.gather(*(post_once(books, orders[n % 2]) for n in range(60)))
    assert await books.balances() == {
        (kind, currency): sign * 61 for currency in CURRENCIES for kind, sign in ((K.EXCHANGE, -1), (K.FLOAT, 1))
    }


async def test_accounts_that_many_open_at_once_are_opened_once_and_without_a_circle(books):
    """Some accounts are there, some are not, and everyone names them in another order."""
    for round_number in range(8):
        books.app_id = uuid4()
        await books.post(move(P.PAYOUT, 1, CURRENCIES[round_number % 4]))
        forward = [move(P.PAYOUT, 1, currency) for currency in CURRENCIES]
        turned = [forward[n % 4 :] + forward[: n % 4] for n in range(16)]
        await asyncio.gather(*(post_once(books, postings) for postings in turned))
        assert sorted((await books.balances()).values()) == [-17, -16, -16, -16, 16, 16, 16, 17]


async def test_an_account_opened_while_a_sheet_waits_for_the_other_is_not_waited_for(books):
    """Who posts in a transaction may hold it, and wait for the one that the sheet holds."""
    await books.post(move(P.DEPOSIT, 100))
    async with asyncio.timeout(PATIENCE_SECONDS), books.database.work() as owner_of_held:
        async with books.database.work() as owner_of_balance:
            await lock(owner_of_balance, K.BALANCE, books)
            on_sheet = asyncio.create_task(post_on_sheet(books, move(P.DEBIT, 30)))
            async with books.database.reading() as conn:
                await until_somebody_waits(conn)
            await books.post(move(P.COLLECTION, 50))
            await lock(owner_of_held, K.HELD, books)
        with pytest.raises(asyncpg.SerializationError):
            await on_sheet
    assert await books.balance(K.HELD) == 50


async def post_on_sheet(books, *postings):
    async with books.database.pool.acquire() as conn, conn.transaction():
        sheet = Sheet()
        await operations.post(Work(conn, sheet), books.app_id, postings)
        await write(conn, [sheet])


async def lock(work, kind, books):
    found = await store.lock(work.conn, books.app_id, [Account(kind, "USD")])
    assert found is not None


async def test_a_balance_drained_by_many_is_spent_once(books):
    await books.post(move(P.DEPOSIT, 100))
    answers = await asyncio.gather(*(books.post(move(P.DEBIT, 30)) for _ in range(10)), return_exceptions=True)
    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [BalanceTooLow] * 7
    assert await books.balance(K.BALANCE) == 10
    assert await books.balance(K.HELD) == 90


async def test_the_order_of_postings_is_the_order_of_their_balances(books):
    await books.post(move(P.DEPOSIT, 1000))
    await asyncio.gather(*(books.post(move(P.DEBIT, 2), move(P.DEPOSIT, 1)) for _ in range(40)))
    rows = [row for row in await books.postings() if row["kind"] == "debit"]
    held = [row["to_balance"] for row in rows]
    assert held == sorted(held)
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)


@pytest.mark.parametrize(
    ("kinds", "problem"), [((P.SETTLEMENT, P.REFUND), HoldAlreadyReleased), ((P.DEBIT, P.COLLECTION), AlreadyFunded)]
)
async def test_of_two_that_race_for_one_reference_one_wins(books, kinds, problem):
    await books.post(move(P.DEPOSIT, 1000), move(P.DEBIT, 500))
    for _ in range(5):
        reference = uuid4()
        postings = [move(kind, 10, reference=reference) for kind in kinds]
        answers = await asyncio.gather(*(books.post(each) for each in postings), return_exceptions=True)
        assert sorted(isinstance(answer, problem) for answer in answers) == [False, True]
