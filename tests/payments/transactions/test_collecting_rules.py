import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.money import Money
from bitpesa.money.rates.pricing import PriceProblem
from bitpesa.payments.collections.model import PayinMethodState
from bitpesa.payments.transactions import rules
from bitpesa.payments.transactions.model import TransactionState
from bitpesa.payments.transactions.rules import HoldRule
from tests.payments.collections.examples import method
from tests.payments.recipients.examples import NOW
from tests.payments.transactions.examples import payment, transaction

S = TransactionState
NEVER = HoldRule()


def with_inputs(*inputs):
    """A payment whose recipients cost these many cents, at 400 naira a dollar."""
    whole = payment("pending", ("initial",) * len(inputs), input_minor=sum(inputs))
    legs = tuple(
        msgspec.structs.replace(leg, input=Money(minor, "USD"), output=Money(minor * 4, "NGN"), input_usd_minor=minor)
        for leg, minor in zip(whole.recipients, inputs, strict=True)
    )
    return msgspec.structs.replace(whole, recipients=legs)


def test_the_exact_amount_changes_nothing_but_the_state():
    paid = rules.fund_with(with_inputs(3000, 2000), 5000, rounding_policy="table2025", hold=NEVER, now=NOW)
    assert (paid.transaction.state, paid.transaction.mispaid, paid.transaction.funded_by) == (
        S.RECEIVED,
        False,
        "collection",
    )
    assert [leg.input.minor for leg in paid.recipients] == [3000, 2000]


def test_another_amount_is_shared_out():
    paid = rules.fund_with(with_inputs(3000, 2000), 4000, rounding_policy="table2025", hold=NEVER, now=NOW)
    t = paid.transaction
    assert (t.state, t.mispaid, t.input_minor, t.paid_minor, t.due_minor) == (S.MISPAID, True, 4000, 4000, 0)
    assert [(leg.input.minor, leg.output.minor) for leg in paid.recipients] == [(2400, 9600), (1600, 6400)]
    assert all(leg.attempt_due_at == NOW for leg in paid.recipients)


def test_who_left_before_the_money_came_gets_none_of_it():
    whole = with_inputs(3000, 2000)
    gone = msgspec.structs.replace(whole.recipients[0], state="canceled", left_before_funding=True)
    whole = msgspec.structs.replace(
        whole,
        recipients=(gone, whole.recipients[1]),
        transaction=msgspec.structs.replace(whole.transaction, input_minor=2000),
    )
    paid = rules.fund_with(whole, 1000, rounding_policy="table2025", hold=NEVER, now=NOW)
    assert [leg.input.minor for leg in paid.recipients] == [3000, 1000]
    assert paid.recipients[0].attempt_due_at is None


@given(inputs=st.lists(st.integers(1, 10**6), min_size=1, max_size=6), paid=st.integers(1, 10**7))
def test_what_came_is_held_to_the_cent_or_refused(inputs, paid):
    try:
        funded = rules.fund_with(with_inputs(*inputs), paid, rounding_policy="table2025", hold=NEVER, now=NOW)
    except PriceProblem:
        assert paid != sum(inputs)
        return
    assert sum(leg.input.minor for leg in funded.recipients) == funded.transaction.paid_minor == paid
    assert all(leg.output.minor > 0 for leg in funded.recipients)


def test_too_little_for_somebody_is_refused():
    with pytest.raises(PriceProblem):
        rules.fund_with(with_inputs(1_000_000, 1), 10, rounding_policy="table2025", hold=NEVER, now=NOW)


@pytest.mark.parametrize(
    ("state", "methods", "after"),
    [
        ("approved", ["initial"], "approved"),
        ("approved", ["pending"], "pending"),
        ("approved", ["error", "processing"], "pending"),
        ("pending", ["error"], "approved"),
        ("pending", ["canceled", "pending"], "pending"),
        ("pending", ["exception"], "pending"),
        ("initial", ["pending"], "initial"),
        ("received", ["pending"], "received"),
        ("canceled", ["canceled"], "canceled"),
    ],
)
def test_a_transaction_is_pending_while_a_payer_is_asked(state, methods, after):
    found = rules.follow_collections(transaction(state), [method(each) for each in methods], NOW)
    assert found.state == after


def test_payin_methods_end_with_their_transaction_and_with_its_funding():
    open_ones = ("incomplete", "initial", "pending", "processing", "error")
    closed = ("success", "mispaid", "canceled", "refunded", "exception")
    methods = tuple(method(state) for state in (*open_ones, *closed))
    whole = msgspec.structs.replace(payment("pending"), payin_methods=methods)
    expected = [PayinMethodState.CANCELED] * len(open_ones) + [PayinMethodState(state) for state in closed]
    for after in (rules.end_unfunded(whole, NOW), rules.fund(whole, funded_by="balance", hold=NEVER, now=NOW)):
        assert [each.state for each in after.payin_methods] == expected


@pytest.mark.parametrize(
    ("state", "approved", "sentence"),
    [
        ("approved", True, None),
        ("pending", True, None),
        ("pending", False, None),
        ("initial", False, "Sender is not approved"),
        ("canceled", True, "Transaction already expired"),
    ],
)
def test_money_may_be_collected_while_a_collection_runs(state, approved, sentence):
    assert rules.why_not_collectable(transaction(state), sender_approved=approved, now=NOW) == sentence
