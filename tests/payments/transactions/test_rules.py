from datetime import timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.money import Money
from bitpesa.payments.recipients.model import RecipientState
from bitpesa.payments.transactions import rules
from bitpesa.payments.transactions.model import TransactionState
from bitpesa.payments.transactions.rules import Cause, HoldRule, ImpossibleMove
from tests.payments.recipients.examples import NOW, recipient
from tests.payments.transactions.examples import FUNDED, payment, transaction

MILLISECOND = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(minutes=5)

# -- the table of moves (flows 5.1), row by row

MOVES = [
    ("T3", "initial", Cause.SENDER_APPROVED, "approved"),
    ("T4", "approved", Cause.SENDER_LOST_APPROVAL, "initial"),
    ("T5", "approved", Cause.COLLECTION_STARTED, "pending"),
    ("T6", "approved", Cause.FUNDED_EXACTLY, "received"),
    ("T6", "pending", Cause.FUNDED_EXACTLY, "received"),
    ("T7", "approved", Cause.FUNDED_UNDER_REVIEW, "processing"),
    ("T7", "pending", Cause.FUNDED_UNDER_REVIEW, "processing"),
    ("T8", "processing", Cause.REVIEW_PASSED, "received"),
    ("T9", "processing", Cause.REVIEW_REFUSED, "refunded"),
    ("T10", "approved", Cause.FUNDED_OTHERWISE, "mispaid"),
    ("T10", "pending", Cause.FUNDED_OTHERWISE, "mispaid"),
    ("T11", "pending", Cause.COLLECTION_FAILED, "approved"),
    ("T12", "initial", Cause.ENDED_UNFUNDED, "canceled"),
    ("T12", "approved", Cause.ENDED_UNFUNDED, "canceled"),
    ("T12", "pending", Cause.ENDED_UNFUNDED, "canceled"),
    ("T13", "received", Cause.PEOPLE_NEEDED, "manual"),
    ("T7", "received", Cause.MATCH_FOUND, "processing"),
    ("T7", "mispaid", Cause.MATCH_FOUND, "processing"),
    ("T7", "manual", Cause.MATCH_FOUND, "processing"),
    ("T13", "mispaid", Cause.PEOPLE_NEEDED, "manual"),
    ("T14", "manual", Cause.PEOPLE_DONE, "received"),
    ("T15", "received", Cause.ALL_PAID, "paid"),
    ("T15", "mispaid", Cause.ALL_PAID, "paid"),
    ("T15", "manual", Cause.ALL_PAID, "paid"),
    ("T16", "received", Cause.MONEY_RETURNED, "refunded"),
    ("T16", "mispaid", Cause.MONEY_RETURNED, "refunded"),
    ("T16", "manual", Cause.MONEY_RETURNED, "refunded"),
    ("T19", "exception", Cause.PEOPLE_NEEDED, "manual"),
    ("T19", "exception", Cause.ALL_PAID, "paid"),
    ("T19", "exception", Cause.MONEY_RETURNED, "refunded"),
    ("T19", "exception", Cause.TRIED_AGAIN, "received"),
    ("T18", "initial", Cause.FAULT, "exception"),
    ("T18", "approved", Cause.FAULT, "exception"),
    ("T18", "pending", Cause.FAULT, "exception"),
    ("T18", "processing", Cause.FAULT, "exception"),
    ("T18", "received", Cause.FAULT, "exception"),
    ("T18", "mispaid", Cause.FAULT, "exception"),
    ("T18", "manual", Cause.FAULT, "exception"),
]
POSSIBLE = {(before, cause) for _, before, cause, _ in MOVES}
IMPOSSIBLE = [each for each in product(TransactionState, Cause) if each not in POSSIBLE]
ENDED = ("paid", "canceled", "refunded")


@pytest.mark.parametrize(("row", "before", "cause", "after"), MOVES)
def test_a_transaction_moves_as_the_table_says(row, before, cause, after):
    moved = rules.move(transaction(before), cause, LATER)
    assert moved.state == after, row
    assert (moved.updated_at, moved.closed_at) == (LATER, LATER if after in ENDED else None)


@pytest.mark.parametrize(("before", "cause"), IMPOSSIBLE)
def test_there_are_no_other_moves(before, cause):
    with pytest.raises(ImpossibleMove):
        rules.move(transaction(before), cause, LATER)


@pytest.mark.parametrize(
    ("state", "cause"),
    [("manual", Cause.PEOPLE_DONE), ("processing", Cause.REVIEW_PASSED), ("exception", Cause.TRIED_AGAIN)],
)
def test_what_was_funded_with_another_amount_stays_known_as_that(state, cause):
    moved = rules.move(transaction(state, mispaid=True), cause, LATER)
    assert moved.state == "mispaid"


@pytest.mark.parametrize(("approved", "state"), [(True, "approved"), (False, "initial")])
def test_a_new_transaction_waits_for_its_sender(approved, state):
    assert rules.first_state(sender_approved=approved) == state


# -- aggregation over recipients (flows 5.5)

PAID = ("success", "overpaid")
CONDITIONS = [
    (lambda states: "exception" in states, "exception"),
    (lambda states: all(s in PAID for s in states), "paid"),
    (lambda states: all(s in (*PAID, "refunded") for s in states), "refunded"),
    (lambda states: "manual" in states or "stuck" in states, "manual"),
]
several = st.lists(st.sampled_from([s for s in RecipientState if s != "canceled"]), min_size=1, max_size=6)


@given(states=several, mispaid=st.booleans())
def test_the_first_condition_that_holds_wins(states, mispaid):
    funded_as = TransactionState.MISPAID if mispaid else TransactionState.RECEIVED
    expected = next((after for holds, after in CONDITIONS if holds(states)), funded_as)
    assert rules.state_of_funded(states, funded_as=funded_as) == expected


@given(states=several, chance=st.randoms())
def test_the_order_and_the_number_of_recipients_do_not_matter(states, chance):
    mixed = [*states, *states]
    chance.shuffle(mixed)
    as_they_are, as_mixed = (
        rules.state_of_funded(each, funded_as=TransactionState.RECEIVED) for each in (states, mixed)
    )
    assert as_they_are == as_mixed


@pytest.mark.parametrize(
    ("states", "after"),
    [
        (["exception", "success"], "exception"),
        (["exception", "stuck", "refunded"], "exception"),
        (["success", "overpaid"], "paid"),
        (["success", "refunded"], "refunded"),
        (["refunded"], "refunded"),
        (["success", "manual"], "manual"),
        (["refunded", "stuck"], "manual"),
        (["error", "manual"], "manual"),
        (["success", "refunded", "pending"], "received"),
        (["success", "error"], "received"),
        (["initial"], "received"),
        (["canceled", "canceled"], "canceled"),
    ],
)
def test_recipients_make_of_a_funded_transaction(states, after):
    assert rules.state_of_funded(map(RecipientState, states), funded_as=TransactionState.RECEIVED) == after


EVENTS = {
    "paid": "transaction.paid_out",
    "refunded": "transaction.refunded",
    "canceled": "transaction.canceled",
    "exception": "transaction.exception",
    "manual": None,
    "received": None,
    "mispaid": None,
}


@given(states=several, before=st.sampled_from(["received", "mispaid", "manual"]))
def test_an_end_is_reported_once_and_closes(states, before):
    mispaid = before == "mispaid"
    funded = transaction(before, mispaid=mispaid, **FUNDED)
    legs = [recipient(state) for state in states]
    after, event = rules.after_recipients_changed(funded, legs, LATER)
    if after.state == before:
        assert (after, event) == (funded, None)
    else:
        assert event == EVENTS[after.state]
        assert (after.updated_at, after.closed_at) == (LATER, LATER if after.state in ENDED else None)
    assert rules.after_recipients_changed(after, legs, LATER + HOUR) == (after, None)


@given(states=several)
def test_who_left_before_the_money_came_does_not_count(states):
    funded = transaction("received", **FUNDED)
    leaver = recipient("canceled", left_before_funding=True)
    legs = [recipient(state) for state in states]
    assert rules.after_recipients_changed(funded, [*legs, leaver], LATER) == rules.after_recipients_changed(
        funded, legs, LATER
    )


@pytest.mark.parametrize("state", ["received", "manual", "paid", "refunded"])
def test_a_cancellation_that_waits_for_the_provider_shows_as_a_trait(state):
    waits = recipient("pending", system_metadata={"force_cash_refund": True})
    marked = rules.with_forced_refunds(transaction(state, traits={"auto_refund": False, "a": 1}), [recipient(), waits])
    assert marked.traits == {"auto_refund": True, "a": 1}
    unmarked = transaction(state)
    assert rules.with_forced_refunds(unmarked, [recipient("pending")]) is unmarked


# -- expiry, to the millisecond (flows 4.9)


@pytest.mark.parametrize(
    ("after", "expired"),
    [(timedelta(0), False), (HOUR - MILLISECOND, False), (HOUR, True), (HOUR + MILLISECOND, True)],
)
@pytest.mark.parametrize("state", ["initial", "approved", "pending"])
def test_an_hour_without_money_and_not_a_millisecond_less_ends_a_transaction(state, after, expired):
    assert rules.FUNDING_WINDOW == HOUR
    assert rules.is_expired(transaction(state), NOW + after) is expired


@given(st.integers(min_value=-7_200_000, max_value=7_200_000))
def test_a_transaction_can_be_funded_or_is_expired_and_never_both(milliseconds):
    now = NOW + HOUR + timedelta(milliseconds=milliseconds)
    reason = rules.why_not_fundable(transaction(), sender_approved=True, now=now)
    assert (reason is None) != rules.is_expired(transaction(), now)
    assert rules.is_expired(transaction(), now) == (milliseconds >= 0)


@pytest.mark.parametrize("state", ["processing", "received", "mispaid", "manual", *ENDED, "exception"])
def test_what_is_funded_or_ended_does_not_expire(state):
    funded = {} if state == "canceled" else FUNDED
    assert not rules.is_expired(transaction(state, **funded), NOW + timedelta(days=1))


def test_what_expired_is_seen_as_cancelled_before_the_sweeper_comes():
    before = payment("approved", ("initial", "initial"))
    assert rules.as_seen(before, NOW + HOUR - MILLISECOND) is before
    seen = rules.as_seen(before, NOW + HOUR)
    assert seen == rules.end_unfunded(before, NOW + HOUR)
    assert (seen.transaction.state, seen.transaction.closed_at) == ("canceled", NOW + HOUR)
    assert [(leg.state, leg.left_before_funding) for leg in seen.recipients] == [("canceled", True)] * 2


# -- funding (flows 6.2, checks 3 to 5)

NOT_FUNDABLE = [
    ("approved", {}, True, None),
    ("approved", {}, False, "Sender is not approved"),
    ("initial", {}, True, "Sender is not approved"),
    ("pending", {}, True, "Transaction already has a payin in progress"),
    ("received", FUNDED, True, "Transaction already funded"),
    ("processing", FUNDED, True, "Transaction already funded"),
    ("mispaid", FUNDED, True, "Transaction already funded"),
    ("manual", FUNDED, True, "Transaction already funded"),
    ("paid", FUNDED, True, "Transaction already funded"),
    ("refunded", FUNDED, True, "Transaction already funded"),
    ("canceled", {}, True, "Transaction already expired"),
    ("exception", {}, True, "Transaction already expired"),
]


@pytest.mark.parametrize(("state", "more", "approved", "sentence"), NOT_FUNDABLE)
def test_a_client_reads_why_a_transaction_cannot_be_funded(state, more, approved, sentence):
    assert rules.why_not_fundable(transaction(state, **more), sender_approved=approved, now=LATER) == sentence


@pytest.mark.parametrize("state", ["initial", "approved", "pending"])
def test_being_too_late_is_said_before_anything_else(state):
    sentence = rules.why_not_fundable(transaction(state), sender_approved=False, now=NOW + HOUR)
    assert sentence == "Transaction already expired"


@pytest.mark.parametrize(("auto_refund", "refund_at"), [(True, LATER + timedelta(hours=24)), (False, None)])
def test_money_starts_every_payout_that_is_still_there(auto_refund, refund_at):
    before = payment("approved", ("initial", "canceled"), auto_refund=auto_refund, input_minor=2500)
    after = rules.fund(before, funded_by="balance", hold=HoldRule(), now=LATER)
    whole = after.transaction
    assert (whole.state, whole.funded_by, whole.funded_at) == ("received", "balance", LATER)
    assert (whole.paid_minor, whole.due_minor) == (2500, 0)
    paid, left = after.recipients
    assert (paid.attempt_due_at, paid.refund_due_at) == (LATER, refund_at)
    assert left == before.recipients[1]


def test_a_leg_that_leaves_takes_its_share_of_the_total_along():
    whole = payment("approved", ("initial", "initial", "initial"))
    leaver = msgspec.structs.replace(whole.recipients[1], left_before_funding=True)
    legs = [whole.recipients[0], leaver, whole.recipients[2]]
    after = rules.without_leaver(whole.transaction, legs, LATER)
    assert (after.input_minor, after.due_minor, after.updated_at) == (5000, 5000, LATER)


# -- the hold (T7, T8)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (HoldRule(), None),
        (HoldRule(from_usd=Decimal("50.01")), None),
        (HoldRule(from_usd=Decimal(50)), "worth 50.00 USD"),
        (HoldRule(from_usd=Decimal(0)), "worth 50.00 USD"),
        (HoldRule(sender_has_hit=True), "potential sanctions match of the sender"),
        (HoldRule(sender_approved=False), "sender is not approved"),
        (
            HoldRule(from_usd=Decimal(1), sender_has_hit=True, sender_approved=False),
            "worth 50.00 USD; potential sanctions match of the sender; sender is not approved",
        ),
    ],
)
def test_a_payment_is_held_for_a_reason(rule, reason):
    before = payment("approved", ("initial", "initial"))
    after = rules.fund(before, funded_by="balance", hold=rule, now=LATER)
    assert (after.transaction.state, after.transaction.held_for) == (
        ("received", None) if reason is None else ("processing", reason)
    )
    starts = None if reason else LATER
    assert {(leg.attempt_due_at, leg.refund_due_at) for leg in after.recipients} == {(starts, LATER + 24 * HOUR)}


def test_an_amount_that_is_cut_into_cents_is_held_all_the_same():
    """A hundred legs of 18 shillings are worth 48 cents, and each of them nothing."""
    leg = payment("approved", ("initial",)).recipients[0]
    tiny = tuple(msgspec.structs.replace(leg, id=UUID(int=n + 1), input_usd_minor=0) for n in range(100))
    before = msgspec.structs.replace(payment("approved", ("initial",)), recipients=tiny)
    assert HoldRule(from_usd=Decimal("0.49")).reason(before) == "worth 0.00 USD"
    assert HoldRule(from_usd=Decimal("0.50")).reason(before) is None


def test_what_was_worth_nothing_and_is_paid_a_million_times_over_is_held():
    before = payment("approved", ("initial",))
    (leg,) = before.recipients
    tiny = msgspec.structs.replace(
        leg, input=Money(18, "UGX"), output=Money(2, "NGN"), input_usd_minor=0, rate=Decimal("0.1"), fee_minor=0
    )
    transaction = msgspec.structs.replace(before.transaction, input_minor=18, input_currency="UGX")
    before = msgspec.structs.replace(before, recipients=(tiny,), transaction=transaction)
    hold = HoldRule(from_usd=Decimal(1000))
    after = rules.fund_with(before, 18_000_000, rounding_policy="table2025", hold=hold, now=LATER)
    assert after.transaction.held_for is not None
    after = rules.fund_with(before, 18_000, rounding_policy="table2025", hold=hold, now=LATER)
    assert after.transaction.held_for is None


def test_who_left_before_the_money_came_is_worth_nothing():
    before = payment("approved", ("initial", "canceled"))
    gone = msgspec.structs.replace(before.recipients[1], left_before_funding=True)
    before = msgspec.structs.replace(before, recipients=(before.recipients[0], gone))
    assert HoldRule(from_usd=Decimal(26)).reason(before) is None
    assert HoldRule(from_usd=Decimal(25)).reason(before) == "worth 25.00 USD"


def test_a_mark_holds_whatever_the_rule_says_and_stays_known():
    marked = payment("approved", held_for="looks odd")
    assert rules.fund(marked, funded_by="balance", hold=HoldRule(), now=LATER).transaction.held_for == "looks odd"


@pytest.mark.parametrize(("mispaid", "state"), [(False, "received"), (True, "mispaid")])
def test_a_release_starts_what_is_open_and_leaves_the_24_hours_alone(mispaid, state):
    held = payment("processing", ("initial", "refunded"), mispaid=mispaid, **FUNDED)
    open_leg = msgspec.structs.replace(held.recipients[0], refund_due_at=NOW + 24 * HOUR)
    held = msgspec.structs.replace(held, recipients=(open_leg, held.recipients[1]))
    after = rules.release(held, LATER)
    assert after.transaction.state == state
    first, second = after.recipients
    assert (first.attempt_due_at, first.refund_due_at) == (LATER, NOW + 24 * HOUR)
    assert second == held.recipients[1]


@pytest.mark.parametrize(
    ("state", "after", "overdue"),
    [
        ("processing", timedelta(hours=24), True),
        ("processing", timedelta(hours=24) - MILLISECOND, False),
        ("received", timedelta(days=9), False),
    ],
)
def test_a_review_is_overdue_after_24_hours(state, after, overdue):
    assert rules.is_overdue(transaction(state, **FUNDED), NOW + after) is overdue
