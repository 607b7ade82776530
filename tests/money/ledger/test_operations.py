import asyncio
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.money import Money
from bitpesa.money.ledger import operations, queries
from bitpesa.money.ledger.model import MAX_OVERDRAFT_MINOR, OVERDRAWABLE, Account, AccountKind, PostingKind
from bitpesa.money.ledger.problems import AlreadyFunded, BalanceTooLow, BooksFull, HoldAlreadyReleased
from tests.money.ledger.conftest import ROUTES, Books, move

K, P = AccountKind, PostingKind


async def test_a_posting_takes_from_one_account_what_it_gives_to_the_other(books):
    await books.post(move(P.DEPOSIT, 500))
    assert await books.balances() == {(K.BANK, "USD"): -500, (K.BALANCE, "USD"): 500}


async def test_postings_are_entered_in_order_and_each_notes_the_balances_it_left(books):
    posted = await books.post(move(P.DEPOSIT, 500), move(P.DEBIT, 200), move(P.DEBIT, 300))
    assert [(each.from_balance, each.to_balance) for each in posted] == [(-500, 500), (300, 200), (0, 500)]
    rows = await books.postings()
    assert [row["id"] for row in rows] == [each.id for each in posted]
    assert [(row["from_balance"], row["to_balance"]) for row in rows] == [(-500, 500), (300, 200), (0, 500)]


async def test_nothing_posted_touches_nothing(books):
    assert await books.post() == []
    assert await books.balances() == {}


async def test_a_client_cannot_spend_what_is_not_there_and_is_told_which_posting_asked_for_it(books):
    await books.post(move(P.DEPOSIT, 500))
    with pytest.raises(BalanceTooLow) as refusal:
        await books.post(move(P.DEBIT, 400), move(P.DEPOSIT, 50, "NGN"), move(P.DEBIT, 101))
    problem = refusal.value
    assert (problem.position, problem.balance, problem.wanted) == (2, Money(100, "USD"), Money(101, "USD"))
    assert await books.balance(K.BALANCE) == 500
    assert len(await books.postings()) == 1


async def test_work_goes_on_after_a_balance_was_too_low(books):
    async with books.database.work() as work:
        with pytest.raises(BalanceTooLow):
            await operations.post(work, books.app_id, [move(P.DEBIT, 1)])
        await operations.post(work, books.app_id, [move(P.DEPOSIT, 7)])
    assert await books.balance(K.BALANCE) == 7


async def test_what_comes_in_first_can_be_spent_by_the_next_posting(books):
    await books.post(move(P.DEPOSIT, 5), move(P.DEBIT, 5))
    assert await books.balance(K.HELD) == 5


@pytest.mark.parametrize("kind", [P.SETTLEMENT, P.FEE, P.REFUND])
async def test_more_than_is_held_is_never_released(books, kind):
    await books.post(move(P.DEPOSIT, 500), move(P.DEBIT, 100))
    with pytest.raises(BalanceTooLow):
        await books.post(move(kind, 101))


async def test_positions_and_money_outside_may_stand_below_zero(books):
    await books.post(move(P.PAYOUT, 30))
    assert await books.balances() == {(K.EXCHANGE, "USD"): -30, (K.FLOAT, "USD"): 30}


async def test_a_client_with_an_overdraft_goes_below_zero(books):
    (posted,) = await books.post(move(P.DEBIT, 80), overdraft=True)
    assert posted.from_balance == -80


async def test_an_overdraft_is_for_the_balance_alone(books):
    with pytest.raises(BalanceTooLow) as refusal:
        await books.post(move(P.DEBIT, 80), move(P.FEE, 81), overdraft=True)
    assert refusal.value.position == 1


async def test_an_overdraft_taken_away_keeps_the_debt_and_allows_no_more(books):
    await books.post(move(P.DEBIT, 80), overdraft=True)
    with pytest.raises(BalanceTooLow):
        await books.post(move(P.DEBIT, 1))
    await books.post(move(P.DEPOSIT, 100))
    await books.post(move(P.DEBIT, 20))
    assert await books.balance(K.BALANCE) == 0


@pytest.mark.parametrize("first", [P.SETTLEMENT, P.REFUND])
@pytest.mark.parametrize("second", [P.SETTLEMENT, P.REFUND])
async def test_a_hold_is_released_once_whatever_asks_for_it_twice(books, first, second):
    recipient = uuid4()
    await books.post(move(P.DEPOSIT, 500), move(P.DEBIT, 500))
    await books.post(move(first, 100, reference=recipient))
    with pytest.raises(HoldAlreadyReleased):
        await books.post(move(second, 100, reference=recipient))
    assert await books.balance(K.HELD) == 400


@pytest.mark.parametrize("first", [P.DEBIT, P.COLLECTION])
@pytest.mark.parametrize("second", [P.DEBIT, P.COLLECTION])
async def test_a_transaction_is_funded_once_whatever_asks_for_it_twice(books, first, second):
    transaction = uuid4()
    await books.post(move(P.DEPOSIT, 500))
    await books.post(move(first, 100, reference=transaction))
    with pytest.raises(AlreadyFunded):
        await books.post(move(second, 100, reference=transaction))
    assert await books.balance(K.HELD) == 100


async def test_the_same_reference_in_another_app_is_another_matter(database):
    reference = uuid4()
    for books in (Books(database), Books(database)):
        await books.post(move(P.DEPOSIT, 5), move(P.DEBIT, 5, reference=reference))
        await books.post(move(P.REFUND, 5, reference=reference))
        assert await books.balance(K.BALANCE) == 5


async def test_a_posting_moves_something(books):
    await books.post(move(P.DEPOSIT, 10))
    for minor in (0, -5):
        with pytest.raises(asyncpg.CheckViolationError, match="a_posting_moves_something"):
            await books.post(move(P.DEPOSIT, minor))


async def test_balances_are_listed_by_currency_and_by_kind(books):
    await books.post(move(P.DEPOSIT, 5), move(P.DEPOSIT, 700, "NGN"), move(P.DEBIT, 2))
    async with books.database.reading() as conn:
        assert await queries.balances(conn, books.app_id) == [Money(700, "NGN"), Money(3, "USD")]
        assert await queries.balances(conn, books.app_id, K.HELD) == [Money(2, "USD")]
        assert await queries.balances(conn, uuid4()) == []


MOST = MAX_OVERDRAFT_MINOR


async def test_books_that_are_full_take_no_more_and_give_back_all_the_same(books):
    await books.post(move(P.DEPOSIT, MOST - 1))
    with pytest.raises(BooksFull) as refusal:
        await books.post(move(P.DEPOSIT, 1), move(P.DEPOSIT, 1))
    assert (refusal.value.position, refusal.value.wanted) == (1, Money(1, "USD"))
    async with books.database.work() as work:
        with pytest.raises(BooksFull):
            await operations.post(work, books.app_id, [move(P.COLLECTION, 2)])
        await operations.post(work, books.app_id, [move(P.DEPOSIT, 1), move(P.DEBIT, MOST), move(P.REFUND, MOST)])
    assert await books.balance(K.BALANCE) == MOST


async def test_an_overdraft_has_an_end(books):
    await books.post(move(P.DEBIT, MOST), overdraft=True)
    with pytest.raises(BalanceTooLow):
        await books.post(move(P.DEBIT, 1), overdraft=True)


async def test_full_books_refuse_on_a_sheet_too_and_spoil_no_other_sheet(books):
    await books.post(move(P.DEPOSIT, MOST), move(P.DEBIT, 5))
    await books.post(move(P.DEPOSIT, 1, "NGN"))
    other = Books(books.database)
    await other.post(move(P.DEPOSIT, 5))

    async def post(work, app_id):
        await operations.post(work, app_id, [move(P.DEPOSIT, 1)])

    run = books.database.run_on_sheet
    ended = await asyncio.gather(
        *(run(app_id, post, app_id) for app_id in (books.app_id, other.app_id, other.app_id)), return_exceptions=True
    )
    assert [type(each) for each in ended] == [BooksFull, type(None), type(None)]
    assert await other.balance(K.BALANCE) == 7


@given(
    st.lists(st.tuples(st.sampled_from(sorted(ROUTES)), st.integers(1, MOST), st.booleans()), min_size=1, max_size=40)
)
def test_no_sum_ever_leaves_what_the_database_can_hold(steps):
    """Whatever is posted, in whatever order; `_judge_cover` is what every posting is judged by."""
    left = {Account(kind, "USD"): 0 for kind in K}
    for kind, minor, overdraft in steps:
        posting = move(kind, minor)
        may_be = OVERDRAWABLE | {K.BALANCE} if overdraft else OVERDRAWABLE
        try:
            operations._judge_cover(left, [posting], may_be)
        except (BalanceTooLow, BooksFull):
            continue
        left[posting.from_account] -= minor
        left[posting.to_account] += minor
        assert all(abs(balance) < 2**63 for balance in left.values())
