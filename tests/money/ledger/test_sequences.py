"""Whatever happens to the books, in whatever order: they sum to zero, and every balance can be derived again."""

from collections import Counter
from contextlib import nullcontext
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitpesa.money.ledger.model import OVERDRAWABLE, AccountKind, PostingKind
from bitpesa.money.ledger.problems import AlreadyFunded, BalanceTooLow, HoldAlreadyReleased
from tests.money.ledger.conftest import ROUTES, Books, move

K, P = AccountKind, PostingKind

CURRENCIES = st.sampled_from(["USD", "NGN"])
AMOUNTS = st.integers(min_value=1, max_value=1_000)
# Few, so that the same thing is asked for twice.
REFERENCES = st.sampled_from([uuid4() for _ in range(4)])


@st.composite
def settlements(draw):
    """An exchange: held money leaves in one currency, another is paid out; a fee may stay."""
    held, paid, reference = draw(CURRENCIES), draw(CURRENCIES), draw(REFERENCES)
    fee = draw(st.integers(min_value=0, max_value=20))
    postings = [
        move(P.SETTLEMENT, draw(AMOUNTS), held, reference),
        move(draw(st.sampled_from([P.PAYOUT, P.CREDIT])), draw(AMOUNTS), paid, reference),
    ]
    return [*postings, move(P.FEE, fee, held, reference)] if fee else postings


def single(kind):
    return st.builds(lambda minor, currency, ref: [move(kind, minor, currency, ref)], AMOUNTS, CURRENCIES, REFERENCES)


BATCHES = st.one_of(
    single(P.DEPOSIT),
    single(P.DEBIT),
    single(P.COLLECTION),
    single(P.REFUND),
    settlements(),
    st.lists(single(P.DEBIT), min_size=2, max_size=4).map(lambda batches: [p for batch in batches for p in batch]),
)


class Expected:
    """The same books, kept by a simpler mind: a counter, and what was funded and released already."""

    def __init__(self):
        self.balances = Counter()
        self.funded = set()
        self.released = set()

    def judge(self, postings, *, overdraft):
        """The problem that these postings meet, if any; otherwise enter them."""
        balances, funded, released = Counter(self.balances), set(self.funded), set(self.released)
        overdrawable = OVERDRAWABLE | {K.BALANCE} if overdraft else OVERDRAWABLE
        for p in postings:
            source, target = ((kind, p.amount.currency) for kind in ROUTES[p.kind])
            if p.from_kind not in overdrawable and balances[source] < p.amount.minor:
                return BalanceTooLow
            balances[source] -= p.amount.minor
            balances[target] += p.amount.minor
        for p in postings:
            once = {P.DEBIT: funded, P.COLLECTION: funded, P.SETTLEMENT: released, P.REFUND: released}.get(p.kind)
            if once is not None and p.reference in once:
                return AlreadyFunded if once is funded else HoldAlreadyReleased
            if once is not None:
                once.add(p.reference)
        self.balances, self.funded, self.released = balances, funded, released
        return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(BATCHES, st.booleans()), min_size=1, max_size=15))
async def test_any_sequence_sums_to_zero_and_can_be_derived_again(database, steps):
    books, expected = Books(database), Expected()
    for postings, overdraft in steps:
        problem = expected.judge(postings, overdraft=overdraft)
        with nullcontext() if problem is None else pytest.raises(problem):
            await books.post(*postings, overdraft=overdraft)
    balances = await books.balances()
    assert +Counter(balances) == +expected.balances
    assert -Counter(balances) == -expected.balances
    assert_sums_to_zero(balances)
    assert derive(await books.postings()) == {account: balance for account, balance in balances.items() if balance}


def assert_sums_to_zero(balances):
    totals = Counter()
    for (_, currency), balance in balances.items():
        totals[currency] += balance
    assert set(totals.values()) <= {0}


def derive(rows):
    """Every balance from the postings alone; each posting must have noted the balances that it left."""
    balances = Counter()
    for row in rows:
        source, target = ((kind, row["currency"]) for kind in ROUTES[P(row["kind"])])
        balances[source] -= row["amount"]
        balances[target] += row["amount"]
        assert (row["from_balance"], row["to_balance"]) == (balances[source], balances[target])
    return {account: balance for account, balance in balances.items() if balance}
