from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.money import Money
from bitpesa.payments.recipients import rules
from bitpesa.payments.recipients.model import CLOSED, FOR_PEOPLE, Ending, RecipientState
from bitpesa.payments.recipients.rules import Flags, Release, RetryPolicy, Verdict
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from bitpesa.rails.providers.port import Answered, NotStarted, Unknown
from tests.payments.recipients.examples import ATTEMPT, NOW, in_flight, recipient

POLICY = RetryPolicy()
ERROR = ("recipient.error", "transaction.error")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PENDING_CODES = ("1", "11", "12", "14", "15", "16", "17", "18", "2", "21", "22", "23")
DOUBTFUL = ("33", "34")
FAILURES = tuple(code for code, known in codes.CODES.items() if known.category in codes.FAILED and code not in DOUBTFUL)
OPEN_STATES = ("initial", "pending", "error", "manual", "stuck")


def judge(before, outcome, *, now=NOW, method="bank", policy=POLICY, asked=False):
    return rules.judge(before, outcome, method=method, now=now, policy=policy, asked=asked)


def answer(before, code, **more):
    return judge(before, Answered(code), **more)


# -- R2: pending


@pytest.mark.parametrize("code", PENDING_CODES)
@pytest.mark.parametrize("state", ["initial", "error"])
def test_an_attempt_that_is_not_decided_is_pending_and_said_to_be(state, code):
    verdict = answer(in_flight(state), code)
    assert (verdict.recipient.state, verdict.events, verdict.release) == ("pending", ("recipient.pending",), None)
    assert (verdict.recipient.attempt_id, verdict.recipient.pending_since) == (ATTEMPT, NOW)
    assert (verdict.recipient.result_code, verdict.recipient.state_reason) == (code, codes.code(code).description)


@pytest.mark.parametrize("state", ["initial", "error"])
def test_an_attempt_that_nobody_answered_is_pending_as_code_12_is(state):
    verdict = judge(in_flight(state), Unknown("no answer in time"))
    assert verdict.recipient == answer(in_flight(state), "12").recipient
    assert verdict.events == ("recipient.pending",)


@pytest.mark.parametrize("state", ["pending", "stuck"])
def test_being_pending_still_is_no_news(state):
    verdict = answer(in_flight(state, "14"), "14", now=NOW + MINUTE)
    assert (verdict.recipient.state, verdict.events, verdict.release) == (state, (), None)
    assert verdict.recipient.pending_since == NOW


def test_the_reference_of_cash_is_kept_beside_what_was_known():
    before = in_flight(system_metadata={"provider_name_validation": {"valid?": True}})
    verdict = judge(before, Answered("21", payment_reference="ABCDEFGHIJK"), method="cash")
    assert verdict.recipient.system_metadata == {
        "provider_name_validation": {"valid?": True},
        "payment_reference": "ABCDEFGHIJK",
    }
    later = answer(verdict.recipient, "21", method="cash")
    assert later.recipient.system_metadata == verdict.recipient.system_metadata


# -- R3, R7, R12, R14: paid


@pytest.mark.parametrize("cancelled", [None, NOW])
@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_payment_ends_a_payout_whatever_came_before(state, cancelled):
    before = in_flight(state, "3", state_reason="Something", cancel_requested_at=cancelled, refund_due_at=NOW)
    verdict = answer(before, "0")
    after = verdict.recipient
    assert (after.state, verdict.events, verdict.release) == ("success", ("recipient.paid_out",), Release.SETTLE)
    assert (after.result_code, after.state_reason, after.attempt_id) == ("0", None, None)
    assert (after.attempt_due_at, after.ask_due_at, after.refund_due_at, after.pending_since) == (None,) * 4


@pytest.mark.parametrize(("paid_minor", "state"), [(9999, "success"), (10000, "success"), (10001, "overpaid")])
def test_only_more_than_was_asked_for_is_overpaid(paid_minor, state):
    verdict = judge(in_flight("pending", "14"), Answered("0", paid_minor=paid_minor))
    assert (verdict.recipient.state, verdict.events) == (state, ("recipient.paid_out",))
    assert verdict.release is Release.SETTLE
    assert verdict.recipient.output == Money(10000, "NGN")


@given(
    state=st.sampled_from(sorted(CLOSED)),
    outcome=st.one_of(
        st.sampled_from(sorted(codes.CODES)).map(Answered),
        st.builds(Unknown, st.just("?")),
        st.builds(NotStarted),
    ),
    asked=st.booleans(),
)
def test_nothing_that_a_provider_says_opens_what_is_closed(state, outcome, asked):
    before = recipient(state)
    assert judge(before, outcome, asked=asked) == Verdict(before)


# -- R4, R5, R7, R11: failed


@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("state", ["initial", "pending", "error", "stuck"])
def test_a_failure_is_an_error_with_its_own_words(state, code):
    verdict = answer(in_flight(state), code)
    after = verdict.recipient
    assert (after.state, verdict.events, verdict.release) == ("error", ERROR, None)
    assert (after.result_code, after.state_reason) == (code, codes.code(code).description)
    assert (after.attempt_id, after.ask_due_at, after.pending_since) == (None, None, None)
    told = judge(in_flight(state), Answered(code, "The bank is on fire"))
    assert told.recipient.state_reason == "The bank is on fire"


@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("state", ["initial", "pending", "error", "stuck"])
def test_a_failure_that_a_cancellation_waited_for_is_refunded_and_no_error(state, code):
    verdict = answer(in_flight(state, "14", cancel_requested_at=NOW), code)
    assert (verdict.recipient.state, verdict.events) == ("refunded", ("recipient.refunded",))
    assert verdict.release is Release.REFUND
    assert (verdict.recipient.attempt_id, verdict.recipient.attempt_due_at) == (None, None)


@pytest.mark.parametrize(("attempts", "state"), [(29, "error"), (30, "manual"), (31, "manual")])
def test_the_thirtieth_failure_leaves_a_payout_to_people(attempts, state):
    verdict = answer(in_flight("error", "3", attempts=attempts), "3")
    assert (verdict.recipient.state, verdict.events) == (state, ERROR)
    assert (verdict.recipient.attempt_due_at is None) == (state == "manual")


@pytest.mark.parametrize("state", ["initial", "pending", "error"])
def test_a_failed_check_of_the_account_is_an_error_like_any_other(state):
    found = {"provider_name_validation": {"valid?": True, "account_name": "TEST USER"}}
    before = in_flight(state, metadata={"mine": 1}, system_metadata={"payment_reference": "X"})
    verdict = rules.failed(before, "44", "The names differ", now=NOW, policy=POLICY, metadata=found)
    assert (verdict.recipient.state, verdict.events) == ("error", ERROR)
    assert verdict.recipient.system_metadata == {"payment_reference": "X", **found}
    assert verdict.recipient.metadata == {"mine": 1}


# -- R6: stuck


@pytest.mark.parametrize("state", ["initial", "pending", "error"])
def test_code_13_is_stuck_and_is_asked_about_seldom(state):
    verdict = answer(in_flight(state), "13")
    assert (verdict.recipient.state, verdict.events, verdict.release) == ("stuck", ERROR, None)
    assert (verdict.recipient.attempt_id, verdict.recipient.attempt_due_at) == (ATTEMPT, None)
    assert verdict.recipient.ask_due_at == NOW + timedelta(minutes=15)
    assert answer(verdict.recipient, "13").events == ()


def test_a_code_that_nobody_knows_is_stuck():
    assert answer(in_flight(), "999").recipient.state == "stuck"


@pytest.mark.parametrize(("method", "hours"), [("mobile", 24), ("bank", 72)])
@pytest.mark.parametrize("outcome", [Answered("14"), Unknown("?")])
def test_what_is_pending_for_too_long_is_stuck(method, hours, outcome):
    before = in_flight("pending", "14")
    limit = timedelta(hours=hours)
    in_time = judge(before, outcome, now=NOW + limit - timedelta(milliseconds=1), method=method)
    too_late = judge(before, outcome, now=NOW + limit, method=method)
    assert (in_time.recipient.state, too_late.recipient.state) == ("pending", "stuck")
    assert too_late.events == ERROR


def test_cash_is_never_stuck_for_waiting():
    verdict = answer(in_flight("pending", "21"), "21", now=NOW + timedelta(days=29), method="cash")
    assert (verdict.recipient.state, verdict.events) == ("pending", ())


# -- attempts that never arrived


def test_an_order_that_the_provider_did_not_take_waits_for_somebody_to_say_more():
    verdict = judge(in_flight(), NotStarted())
    assert (verdict.recipient.state, verdict.events, verdict.release) == ("initial", (), None)
    assert (verdict.recipient.attempt_id, verdict.recipient.attempt_due_at) == (None, None)


@pytest.mark.parametrize(
    ("state", "after"),
    [("initial", "initial"), ("error", "error"), ("pending", "initial"), ("stuck", "initial")],
)
def test_an_attempt_that_was_lost_on_its_way_is_made_again_at_once(state, after):
    verdict = judge(in_flight(state, "12", attempts=1), NotStarted(), asked=True)
    assert (verdict.recipient.state, verdict.events, verdict.release) == (after, (), None)
    assert (verdict.recipient.attempt_id, verdict.recipient.attempt_due_at) == (None, NOW)
    assert (verdict.recipient.ask_due_at, verdict.recipient.pending_since) == (None, None)
    assert verdict.recipient.attempts == 1


@pytest.mark.parametrize(("attempts", "wait"), [(2, 1), (3, 5), (4, 15), (5, 30), (6, 60), (29, 60)])
def test_a_provider_that_loses_everything_is_given_time(attempts, wait):
    verdict = judge(in_flight("initial", "12", attempts=attempts), NotStarted(), asked=True)
    assert verdict.recipient.attempt_due_at == NOW + timedelta(minutes=wait)


def test_a_provider_that_loses_everything_leaves_the_payout_to_people_in_the_end():
    verdict = judge(in_flight("initial", "12", attempts=30), NotStarted(), asked=True)
    assert (verdict.recipient.state, verdict.events) == ("manual", ("recipient.error", "transaction.error"))
    assert (verdict.recipient.attempt_due_at, verdict.release) == (None, None)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("state", ["initial", "pending", "error", "stuck"])
def test_what_never_arrived_is_refunded_when_that_was_asked_for(state, asked):
    verdict = judge(in_flight(state, cancel_requested_at=NOW), NotStarted(), asked=asked)
    assert (verdict.recipient.state, verdict.events) == ("refunded", ("recipient.refunded",))
    assert verdict.release is Release.REFUND


# -- R8 to R11: DELETE


@pytest.mark.parametrize("state", ["initial"])
def test_before_funding_a_leg_leaves_without_money_and_without_an_event(state):
    verdict = rules.cancel(recipient(state), funded=False, now=NOW)
    assert (verdict.recipient.state, verdict.events, verdict.release) == ("canceled", (), None)
    assert verdict.recipient.left_before_funding


@pytest.mark.parametrize("state", ["initial", "error", "manual"])
def test_what_no_provider_has_is_refunded_at_once(state):
    before = recipient(state, attempt_due_at=NOW, refund_due_at=NOW)
    verdict = rules.cancel(before, funded=True, now=NOW)
    assert (verdict.recipient.state, verdict.events) == ("refunded", ("recipient.refunded",))
    assert verdict.release is Release.REFUND
    assert (verdict.recipient.attempt_due_at, verdict.recipient.refund_due_at) == (None, None)
    assert not verdict.recipient.left_before_funding


@pytest.mark.parametrize(("state", "asked_at"), [("pending", NOW), ("stuck", NOW), ("initial", None), ("error", None)])
def test_what_a_provider_has_is_only_noted(state, asked_at):
    lease_ends = NOW + MINUTE
    before = in_flight(state, "14", ask_due_at=lease_ends, refund_due_at=NOW + HOUR, system_metadata={"a": 1})
    verdict = rules.cancel(before, funded=True, now=NOW)
    after = verdict.recipient
    assert (after.state, verdict.events, verdict.release) == (state, (), None)
    assert (after.cancel_requested_at, after.attempt_due_at, after.refund_due_at) == (NOW, None, None)
    assert after.ask_due_at == (asked_at or lease_ends)
    assert after.system_metadata == {"a": 1, "force_cash_refund": True}
    assert rules.cancel(after, funded=True, now=NOW + MINUTE) == Verdict(after)


def test_a_cancellation_forces_what_the_timer_only_noted():
    silent = rules.refund_when_due(in_flight("pending", "21", refund_due_at=NOW), NOW).recipient
    assert not rules.is_refund_forced(silent)
    forced = rules.cancel(silent, funded=True, now=NOW + HOUR).recipient
    assert rules.is_refund_forced(forced)
    assert (forced.cancel_requested_at, forced.ask_due_at) == (NOW, NOW + HOUR)


@pytest.mark.parametrize("funded", [True, False])
@pytest.mark.parametrize("state", sorted(CLOSED))
def test_what_is_closed_cannot_be_cancelled(state, funded):
    assert rules.cancel(recipient(state), funded=funded, now=NOW) is None


# -- 24 hours (flows 8.7)


@pytest.mark.parametrize("state", ["initial", "error", "manual"])
def test_after_24_hours_what_no_provider_has_is_refunded(state):
    verdict = rules.refund_when_due(recipient(state, refund_due_at=NOW, attempt_due_at=NOW), NOW)
    assert (verdict.recipient.state, verdict.release) == ("refunded", Release.REFUND)
    assert verdict.recipient.attempt_due_at is None


@pytest.mark.parametrize("state", ["initial", "error", "pending", "stuck"])
def test_after_24_hours_what_a_provider_has_is_noted_and_nobody_is_told(state):
    before = in_flight(state, "14", refund_due_at=NOW)
    verdict = rules.refund_when_due(before, NOW)
    assert verdict == Verdict(msgspec.structs.replace(before, cancel_requested_at=NOW, refund_due_at=None))


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_after_24_hours_what_is_closed_stays_so(state):
    verdict = rules.refund_when_due(recipient(state, refund_due_at=NOW), NOW)
    assert verdict == Verdict(recipient(state))


@pytest.mark.parametrize("refund_at", [None, NOW + timedelta(hours=24)])
def test_money_starts_the_payout_and_its_clock(refund_at):
    after = rules.fund(recipient(), now=NOW, start_at=NOW, refund_at=refund_at)
    assert (after.state, after.attempt_due_at, after.refund_due_at) == ("initial", NOW, refund_at)
    left = recipient("canceled", left_before_funding=True)
    assert rules.fund(left, now=NOW, start_at=NOW, refund_at=refund_at) == left


# -- R13: edits


@pytest.mark.parametrize("state", ["error", "manual", "initial"])
def test_an_edit_of_a_failed_payout_is_tried_at_once_with_a_new_count(state):
    details = {"bank_account": "12345678999"}
    before = recipient(state, "416", attempts=30, system_metadata={"provider_name_validation": {}, "other": 1})
    after = rules.edit(before, details, None, started=True, now=NOW)
    assert (after.state, after.attempts, after.attempt_due_at) == ("initial", 0, NOW)
    assert (after.details, after.system_metadata) == (details, {"other": 1})


@pytest.mark.parametrize(
    ("before", "funded"),
    [(recipient(), False), (in_flight("pending", "14"), True), (in_flight("initial"), True)],
)
def test_an_edit_before_funding_or_while_a_provider_has_it_is_only_stored(before, funded):
    details = {"bank_account": "12345678999"}
    after = rules.edit(before, details, {"mine": 2}, started=funded, now=NOW)
    assert after == msgspec.structs.replace(before, details=details, metadata={"mine": 2})


def test_an_edit_of_the_metadata_alone_tries_nothing():
    before = recipient("error", "416", system_metadata={"provider_name_validation": {}})
    after = rules.edit(before, before.details, {"mine": 2}, started=True, now=NOW)
    assert after == msgspec.structs.replace(before, metadata={"mine": 2})


# -- the table of flags (flows 5.3)

FLAGS = [
    ("initial", None, True, True, True),
    ("pending", "1", True, False, True),
    ("pending", "12", True, False, True),
    ("pending", "14", True, False, True),
    ("pending", "21", True, True, True),
    ("pending", "22", True, True, True),
    ("pending", "23", True, True, True),
    ("error", "3", True, True, True),
    ("error", "34", True, True, True),
    ("error", "416", True, True, False),
    ("error", "541", True, True, False),
    ("error", "511", False, True, False),
    ("manual", "3", True, True, False),
    ("stuck", "13", False, False, False),
    ("success", "0", False, False, False),
    ("overpaid", "0", False, False, False),
    ("canceled", None, False, False, False),
    ("refunded", "3", False, False, False),
    ("exception", None, False, False, False),
]


@pytest.mark.parametrize(("state", "code", "editable", "may_cancel", "retriable"), FLAGS)
def test_what_a_client_may_do_follows_from_state_and_answer(state, code, editable, may_cancel, retriable):
    make = in_flight if state in ("pending", "stuck") else recipient
    assert rules.flags(make(state, code)) == Flags(editable, may_cancel, retriable)
    requested = rules.flags(make(state, code, cancel_requested_at=NOW))
    assert requested == Flags(editable=False, may_cancel=False, retriable=retriable)


def test_every_state_has_its_flags():
    assert {state for state, *_ in FLAGS} == set(RecipientState)


@pytest.mark.parametrize("state", ["initial", "error"])
def test_what_is_being_handed_over_at_this_moment_cannot_be_cancelled_now(state):
    assert rules.flags(in_flight(state, "3")) == Flags(editable=True, may_cancel=False, retriable=True)


@pytest.mark.parametrize(
    ("state", "code", "method", "allowed"),
    [
        ("pending", "21", "cash", True),
        ("pending", "14", "bank", False),
        ("success", "0", "cash", False),
        ("error", "511", "cash", False),
    ],
)
def test_cash_may_be_edited_whatever_was_requested(state, code, method, allowed):
    cancelled = in_flight(state, code, cancel_requested_at=NOW)
    assert rules.may_edit(cancelled, method=method) is allowed


# -- numbers of the retry policy (flows 8.2)


def waits(code, attempts, policy=POLICY):
    return [policy.retry_after(codes.code(code).category, each) for each in attempts]


def test_temporary_errors_are_tried_again_soon_and_then_hourly():
    assert waits("3", range(1, 8)) == [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, HOUR, HOUR]


@pytest.mark.parametrize(
    ("code", "asked"), [(code, asked) for code in (*DOUBTFUL, "341") for asked in (False, True)] + [("331", True)]
)
@pytest.mark.parametrize("state", ["initial", "pending", "error", "stuck"])
def test_a_refusal_that_may_mean_the_payment_itself_is_asked_about_and_never_tried_again(state, code, asked):
    before = in_flight(state, faults=2, cancel_requested_at=NOW)
    verdict = judge(before, Answered(code, "Duplicate reference"), asked=asked)
    after = verdict.recipient
    assert (after.attempt_id, after.attempt_due_at, verdict.release) == (ATTEMPT, None, None)
    assert (after.state, after.result_code) == ("stuck" if state == "stuck" else "pending", "12")
    assert (after.ask_due_at, after.faults) == (NOW + 15 * MINUTE, 0)


def test_a_number_that_is_not_found_at_once_was_refused():
    assert answer(in_flight(), "331").recipient.state == "error"


def test_what_stays_doubtful_is_left_to_people():
    assert answer(in_flight("pending", "12"), "34", now=NOW + 72 * HOUR).recipient.state == "stuck"


def test_errors_of_the_recipient_are_tried_again_seldom():
    assert waits("416", range(1, 6)) == [HOUR, 6 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR]
    assert waits("541", [1]) == [HOUR]


def test_errors_of_the_sender_are_not_tried_again():
    assert waits("511", [1, 2, 30]) == [None] * 3
    assert answer(in_flight(attempts=1), "511").recipient.attempt_due_at is None


def test_the_next_try_counts_from_the_answer():
    later = NOW + HOUR
    assert answer(in_flight(attempts=2), "3", now=later).recipient.attempt_due_at == later + 5 * MINUTE


def test_what_is_pending_is_asked_about_often_for_ten_minutes():
    assert POLICY.ask_after(timedelta(0)) == MINUTE
    assert POLICY.ask_after(10 * MINUTE - timedelta(milliseconds=1)) == MINUTE
    assert POLICY.ask_after(10 * MINUTE) == 15 * MINUTE
    asked = answer(in_flight("pending", "14"), "14", now=NOW + 10 * MINUTE)
    assert asked.recipient.ask_due_at == NOW + 25 * MINUTE


def test_the_sandbox_divides_every_time():
    fast = RetryPolicy(speedup=60)
    assert waits("3", [1, 5], fast) == [timedelta(seconds=1), MINUTE]
    assert judge(in_flight(), Answered("34"), policy=fast).recipient.ask_due_at == NOW + timedelta(seconds=15)
    assert fast.ask_after(timedelta(seconds=9)) == timedelta(seconds=1)
    assert fast.ask_after(timedelta(seconds=10)) == timedelta(seconds=15)
    assert (fast.pending_limit("mobile"), fast.pending_limit("bank")) == (24 * MINUTE, 72 * MINUTE)
    assert fast.pending_limit("cash") is None
    notice = in_flight("pending", "21")
    assert rules.wants_revocation(notice, method="cash", now=NOW + timedelta(hours=12), policy=fast)


@given(st.integers(min_value=1, max_value=1000), st.sampled_from([c for c in FAILURES if c[:2] != "51"]))
def test_waits_never_shorten(attempts, code):
    category = codes.code(code).category
    if category is Category.SENDER_ERROR:
        return
    now, later = waits(code, [attempts, attempts + 1])
    assert timedelta(0) < now <= later <= 12 * HOUR


# -- the limit for cash to be picked up (flows 8.2)

LIMIT = timedelta(days=30)


def test_cash_that_nobody_picked_up_is_revoked_after_30_days_and_not_a_moment_before():
    notice = in_flight("pending", "21")
    moment_before = NOW + LIMIT - timedelta(milliseconds=1)
    assert not rules.wants_revocation(notice, method="cash", now=moment_before, policy=POLICY)
    assert rules.wants_revocation(notice, method="cash", now=NOW + LIMIT, policy=POLICY)
    assert not rules.wants_revocation(in_flight("pending", "14"), method="bank", now=NOW + LIMIT, policy=POLICY)


def test_a_notice_that_was_void_after_30_days_is_code_433():
    verdict = answer(in_flight("pending", "21"), "54", now=NOW + LIMIT, method="cash")
    assert (verdict.recipient.state, verdict.recipient.result_code) == ("error", "433")
    assert (verdict.recipient.state_reason, verdict.events) == (codes.code("433").description, ERROR)


def test_a_notice_that_the_bank_voids_before_that_keeps_its_code():
    verdict = answer(in_flight("pending", "21"), "54", now=NOW + LIMIT / 2, method="cash")
    assert (verdict.recipient.state, verdict.recipient.result_code) == ("error", "54")


def test_cash_that_is_still_to_be_picked_up_after_30_days_is_no_failure():
    verdict = answer(in_flight("pending", "21"), "21", now=NOW + LIMIT, method="cash")
    assert (verdict.recipient.state, verdict.release) == ("pending", None)


def test_a_deleted_notice_is_revoked_and_one_that_the_timer_noted_is_not():
    notice = in_flight("pending", "21", refund_due_at=NOW)
    deleted = rules.request_cancel(notice, NOW)
    noted = rules.refund_when_due(notice, NOW).recipient
    assert rules.wants_revocation(deleted, method="cash", now=NOW, policy=POLICY)
    assert not rules.wants_revocation(noted, method="cash", now=NOW, policy=POLICY)
    assert not rules.wants_revocation(deleted, method="bank", now=NOW, policy=POLICY)
    refunded = answer(deleted, "54", method="cash")
    assert (refunded.recipient.state, refunded.events) == ("refunded", ("recipient.refunded",))


# -- the one rule behind all of them


@given(
    state=st.sampled_from(OPEN_STATES),
    cancelled=st.sampled_from([None, NOW]),
    code=st.sampled_from(sorted(codes.CODES)),
    method=st.sampled_from(["bank", "mobile", "cash"]),
    hours=st.integers(min_value=0, max_value=1000),
)
def test_money_goes_out_on_a_payment_and_back_on_a_failure_only(state, cancelled, code, method, hours):
    before = in_flight(state, "21" if method == "cash" else "14", cancel_requested_at=cancelled)
    verdict = answer(before, code, method=method, now=NOW + timedelta(hours=hours))
    category = codes.code(code).category
    is_failure = code in FAILURES
    if category is Category.PAID:
        assert verdict.release is Release.SETTLE
    elif is_failure and cancelled is not None:
        assert verdict.release is Release.REFUND
    else:
        assert verdict.release is None
    assert (verdict.release is not None) == (verdict.recipient.state in CLOSED)
    assert (verdict.recipient.attempt_id is None) == (is_failure or category is Category.PAID)


# -- mandates

MANDATE = UUID(int=9)


def test_a_recipient_who_has_to_sign_waits_with_no_provider():
    verdict = rules.await_signature(in_flight(), MANDATE, NOW)
    waiting = verdict.recipient
    assert verdict == Verdict(waiting, ("recipient.pending",))
    assert (waiting.state, waiting.result_code, waiting.mandate_id) == ("pending", "22", MANDATE)
    assert (waiting.attempt_id, waiting.attempt_due_at, waiting.ask_due_at) == (None, None, None)
    assert rules.awaits_signature(waiting)
    assert rules.flags(waiting) == Flags(editable=True, may_cancel=True, retriable=True)
    assert rules.cancel(waiting, funded=True, now=NOW).release is Release.REFUND
    assert rules.refund_when_due(waiting, NOW).release is Release.REFUND


def test_a_signature_starts_the_payout():
    waiting = rules.await_signature(in_flight(), MANDATE, NOW).recipient
    signed = rules.proceed(waiting, NOW)
    assert (signed.state, signed.attempt_due_at, signed.pending_since) == ("initial", NOW, None)
    assert not rules.awaits_signature(signed)


def test_an_edit_of_what_waits_for_a_signature_starts_the_payout_too():
    waiting = rules.await_signature(in_flight(), MANDATE, NOW).recipient
    edited = rules.edit(waiting, {"bank_account": "1"}, None, started=True, now=NOW)
    assert (edited.state, edited.attempt_due_at, edited.pending_since) == ("initial", NOW, None)


def test_who_cancelled_meanwhile_gets_the_money_back_rather_than_a_mandate():
    asked_for = rules.request_cancel(in_flight(), NOW)
    assert rules.await_signature(asked_for, MANDATE, NOW).release is Release.REFUND


def test_what_a_provider_has_waits_for_no_signature():
    assert not rules.awaits_signature(in_flight("pending", "22"))
    assert not rules.awaits_signature(recipient("pending", "21"))


# -- what nobody foresaw (R15), and the word of staff (R7, R13)


def test_after_some_failures_without_an_answer_machines_keep_off():
    leg = in_flight("pending", ask_due_at=NOW, refund_due_at=NOW + HOUR)
    for count in range(1, POLICY.fault_limit):
        leg = rules.fault(leg, now=NOW, policy=POLICY).recipient
        assert (leg.state, leg.faults, leg.ask_due_at) == ("pending", count, NOW)
    verdict = rules.fault(leg, now=NOW, policy=POLICY)
    broken = verdict.recipient
    assert (broken.state, broken.attempt_id, broken.state_reason) == ("exception", ATTEMPT, rules.UNEXPECTED)
    assert (broken.attempt_due_at, broken.ask_due_at, broken.refund_due_at) == (None, None, None)
    assert (verdict.events, verdict.release) == ((), None)


@pytest.mark.parametrize(("outcome", "faults"), [(Answered("14"), 0), (Unknown("lost"), 3), (NotStarted(), 3)])
def test_an_answer_and_nothing_else_makes_failures_forgotten(outcome, faults):
    assert judge(in_flight("pending", faults=3), outcome, asked=True).recipient.faults == faults


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_what_is_over_does_not_fail(state):
    over = recipient(state)
    assert rules.fault(over, now=NOW, policy=POLICY) == Verdict(over)


@pytest.mark.parametrize("state", [s for s in RecipientState if s not in FOR_PEOPLE])
@pytest.mark.parametrize("ending", list(Ending))
def test_staff_settle_only_what_waits_for_people(state, ending):
    problem = rules.why_not_settled(recipient(state), ending, "416", surely_unpaid=True)
    assert problem == f"Recipient is {state} and does not wait for people"


@pytest.mark.parametrize("code", [None, "", "0", "13", "14", "22", "999", "4161", "33", "34", "331"])
def test_a_failure_by_the_word_of_staff_has_a_code_that_says_so(code):
    assert "needs a code" in rules.why_not_settled(in_flight("stuck"), Ending.FAILED, code, surely_unpaid=True)


@pytest.mark.parametrize("code", [code for code in FAILURES if code != "331"])
def test_a_failure_by_the_word_of_staff_is_like_any_other(code):
    stuck = in_flight("stuck")
    assert rules.why_not_settled(stuck, Ending.FAILED, code, surely_unpaid=False) is None
    said = rules.settle_by_hand(stuck, Ending.FAILED, code, None, now=NOW, policy=POLICY)
    assert said == answer(stuck, code)


@pytest.mark.parametrize("state", ["stuck", "exception"])
def test_what_a_provider_may_have_is_refunded_only_if_it_surely_was_not_paid(state):
    leg = in_flight(state)
    assert "may have paid" in rules.why_not_settled(leg, Ending.REFUNDED, None, surely_unpaid=False)
    assert rules.why_not_settled(leg, Ending.REFUNDED, None, surely_unpaid=True) is None
    assert rules.why_not_settled(recipient(state), Ending.REFUNDED, None, surely_unpaid=False) is None
    verdict = rules.settle_by_hand(leg, Ending.REFUNDED, None, None, now=NOW, policy=POLICY)
    assert (verdict.recipient.state, verdict.recipient.attempt_id, verdict.release) == (
        "refunded",
        None,
        Release.REFUND,
    )


@pytest.mark.parametrize("state", ["stuck", "manual", "exception"])
def test_what_staff_say_is_paid_is_paid(state):
    verdict = rules.settle_by_hand(recipient(state), Ending.PAID, None, None, now=NOW, policy=POLICY)
    assert (verdict.recipient.state, verdict.recipient.state_reason) == ("success", None)
    assert (verdict.events, verdict.release) == (("recipient.paid_out",), Release.SETTLE)


@pytest.mark.parametrize("state", ["initial", "error", "manual", "exception"])
def test_what_nobody_has_is_tried_again_at_once(state):
    again = rules.try_again(recipient(state, attempts=30, faults=4), NOW).recipient
    assert (again.state, again.attempts, again.faults, again.attempt_due_at) == ("initial", 0, 0, NOW)


@pytest.mark.parametrize(("state", "after"), [("stuck", "stuck"), ("initial", "initial"), ("exception", "pending")])
def test_what_a_provider_may_have_is_asked_about_and_never_sent_again(state, after):
    again = rules.try_again(in_flight(state, faults=4), NOW).recipient
    assert (again.state, again.attempt_id, again.attempt_due_at, again.ask_due_at) == (after, ATTEMPT, None, NOW)
    assert again.faults == 0


def test_what_is_being_cancelled_is_not_tried_again():
    leg = recipient("error", cancel_requested_at=NOW)
    assert rules.why_not_retried(leg) == "Recipient is being cancelled"
    assert rules.why_not_retried(in_flight("stuck", cancel_requested_at=NOW)) is None
