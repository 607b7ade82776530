from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.payments.collections import rules
from bitpesa.payments.collections.model import OPEN, PayinMethodState, Watch
from bitpesa.rails.providers.codes import CODES, Category, code
from bitpesa.rails.providers.collecting import Collecting
from bitpesa.rails.providers.port import NotStarted, Unknown
from tests.payments.collections.examples import DUE, NOW, method, receipt

S = PayinMethodState
WATCH = Watch()

# The table of flows 7. What the payer pays after an error is accepted as long as the transaction waits for it.
MOVES = {
    "incomplete": {"initial", "pending", "canceled", "exception", "error"},
    "initial": {"incomplete", "pending", "canceled", "exception", "error"},
    "pending": {"processing", "success", "mispaid", "error", "canceled", "exception", "incomplete"},
    "processing": {"success", "mispaid", "error", "canceled", "exception", "incomplete"},
    "error": {"pending", "processing", "success", "mispaid", "canceled", "exception", "incomplete"},
    "canceled": {"refunded"},
    "success": {"refunded"},
    "mispaid": {"refunded"},
    "exception": {"refunded"},
    "refunded": set(),
}


def judge(before, outcome, *, asked=False, known=(), due=DUE, now=NOW):
    return rules.judge(before, outcome, due_minor=due, known=set(known), now=now, watch=WATCH, asked=asked)


def told(verdict):
    return [step.event for step in verdict.steps if step.event is not None]


def test_a_request_that_was_sent_waits_for_the_payer():
    verdict = judge(method(), Collecting("14", out_details={"number": "1"}))
    after = verdict.method
    assert (after.state, after.result_code, told(verdict)) == (S.PENDING, "14", ["payin_method.pending"])
    assert after.ask_due_at == NOW + timedelta(minutes=1)
    assert after.out_details == {"style": "info", "number": "1"}
    again = judge(after, Collecting("1"), asked=True)
    assert (again.method.state, told(again)) == (S.PENDING, [])


def test_the_exact_amount_ends_it_and_everybody_hears_of_the_request_first():
    verdict = judge(method(), Collecting("0", receipts=(receipt(),)))
    assert told(verdict) == ["payin_method.pending", "payin_method.paid_in"]
    assert [step.method.state for step in verdict.steps] == [S.PENDING, S.SUCCESS]
    assert (verdict.accepted, verdict.surplus) == (receipt(), ())
    assert verdict.method.closed_at == NOW


@pytest.mark.parametrize("amount", [1, DUE - 1, DUE + 1])
def test_another_amount_is_mispaid(amount):
    verdict = judge(method("pending"), Collecting("0", receipts=(receipt(amount),)))
    assert (verdict.method.state, told(verdict)) == (S.MISPAID, ["payin_method.mispaid"])


def test_of_several_payments_the_first_counts_and_the_others_go_back():
    came = (receipt(DUE, "a"), receipt(5, "b"), receipt(7, "c", cleared=False))
    verdict = judge(method("pending"), Collecting("0", receipts=came))
    assert verdict.accepted == came[0]
    assert verdict.surplus == (came[1],)


@pytest.mark.parametrize("state", ["success", "mispaid", "canceled", "refunded", "exception"])
def test_money_for_a_closed_payin_method_goes_back_once(state):
    late = Collecting("0", receipts=(receipt(reference="old"), receipt(reference="new")))
    verdict = judge(method(state, closed_at=NOW), late, asked=True, known={"old"})
    assert (verdict.accepted, verdict.surplus) == (None, (receipt(reference="new"),))
    assert (verdict.method.state, told(verdict)) == (state, [])


def test_money_that_is_seen_is_processing_until_it_is_final():
    seen = judge(method("pending"), Collecting("14", receipts=(receipt(cleared=False),)))
    assert (seen.method.state, told(seen)) == (S.PROCESSING, ["payin_method.processing"])
    still = judge(seen.method, Collecting("14"), asked=True)
    assert (still.method.state, told(still)) == (S.PROCESSING, [])
    final = judge(still.method, Collecting("0", receipts=(receipt(),)), asked=True)
    assert told(final) == ["payin_method.paid_in"]


def test_a_code_that_was_sent_is_waited_for():
    verdict = judge(method(), Collecting("23"))
    assert (verdict.method.state, verdict.method.ask_due_at) == (S.INCOMPLETE, None)
    assert told(verdict) == ["payin_method.incomplete"]


@pytest.mark.parametrize(
    "text",
    [
        t
        for t, c in CODES.items()
        if c.category in (Category.RECIPIENT_ERROR, Category.TEMPORARY_ERROR, Category.SENDER_ERROR) and t != "33"
    ],
)
def test_every_failure_is_an_error_that_may_be_tried_again(text):
    verdict = judge(method("pending"), Collecting(text))
    assert (verdict.method.state, verdict.method.result_code) == (S.ERROR, text)
    assert (verdict.method.state_reason, told(verdict)) == (code(text).description, ["payin_method.error"])
    again = rules.restart(verdict.method, NOW)
    assert (again.state, again.start_due_at, again.ask_due_at) == (S.PENDING, NOW, None)


def test_what_nobody_knows_is_for_people():
    assert told(judge(method("pending"), Collecting("13"))) == ["payin_method.exception"]


def test_no_answer_is_asked_for_and_never_sent_again():
    verdict = judge(method(), Unknown("away"))
    after = verdict.method
    assert (after.state, after.result_code, after.start_due_at) == (S.PENDING, "12", None)
    assert (after.attempt_id, after.ask_due_at) == (method().attempt_id, NOW + timedelta(minutes=1))


@pytest.mark.parametrize(("text", "asked"), [("33", False), ("33", True), ("331", True)])
def test_a_refusal_that_may_mean_the_request_itself_is_asked_about(text, asked):
    after = judge(method("pending"), Collecting(text), asked=asked).method
    assert (after.state, after.result_code, after.attempt_id) == (S.PENDING, "12", method().attempt_id)
    assert (after.start_due_at, after.ask_due_at) == (None, NOW + timedelta(minutes=1))
    paid = judge(method("pending"), Collecting(text, receipts=(receipt(),)), asked=asked)
    assert paid.method.state is S.SUCCESS


def test_work_that_fails_again_and_again_is_left_to_people_and_not_tried_for_ever():
    now, failing = NOW, method("pending")
    for _ in range(rules.FAULT_LIMIT - 1):
        step = rules.fault(failing, now)
        failing = step.method
        assert (failing.state, failing.ask_due_at, step.event) == (S.PENDING, NOW, None)
    step = rules.fault(failing, now)
    assert (step.method.state, step.event) == (S.EXCEPTION, "payin_method.exception")
    assert (step.method.ask_due_at, step.method.start_due_at, step.method.attempt_id) == (
        None,
        None,
        failing.attempt_id,
    )


@pytest.mark.parametrize("state", ["success", "mispaid", "canceled", "refunded", "exception"])
def test_what_is_closed_and_fails_for_too_often_is_not_looked_at_any_more(state):
    step = rules.fault(method(state, faults=rules.FAULT_LIMIT - 1, closed_at=NOW), NOW)
    assert (step.method.state, step.method.ask_due_at, step.event) == (state, None, None)


@pytest.mark.parametrize(("outcome", "faults"), [(Collecting("14"), 0), (Unknown("away"), 3), (NotStarted(), 0)])
def test_a_providers_word_makes_failures_forgotten(outcome, faults):
    assert judge(method("pending", faults=3), outcome, asked=True).method.faults == faults


def test_a_request_that_never_arrived_is_sent_again_unless_it_is_not_wanted_any_more():
    again = judge(method("pending"), NotStarted(), asked=True).method
    assert (again.state, again.attempt_id, again.start_due_at) == (S.PENDING, None, NOW)
    gone = judge(method("canceled"), NotStarted(), asked=True).method
    assert (gone.attempt_id, gone.start_due_at, gone.ask_due_at) == (None, None, None)


@pytest.mark.parametrize("state", ["error", "incomplete"])
@pytest.mark.parametrize("outcome", [Unknown("away"), NotStarted(), Collecting("14"), Collecting("412")])
def test_what_waits_for_the_client_is_changed_by_money_only(state, outcome):
    verdict = judge(method(state), outcome, asked=True)
    assert (verdict.method.state, verdict.method.start_due_at, verdict.method.ask_due_at) == (state, None, None)
    assert told(verdict) == []
    paid = judge(method("error"), Collecting("0", receipts=(receipt(),)), asked=True)
    assert told(paid) == ["payin_method.paid_in"]


def test_a_request_that_nobody_takes_is_an_error():
    verdict = judge(method(), NotStarted())
    assert (verdict.method.state, verdict.method.result_code) == (S.ERROR, "3")


def test_a_closed_payin_method_is_looked_at_a_few_times_more():
    closed = judge(method("pending"), Collecting("0", receipts=(receipt(),))).method
    looked_at = []
    while closed.ask_due_at is not None:
        looked_at.append(closed.ask_due_at - NOW)
        closed = judge(closed, Collecting("0"), asked=True, now=closed.ask_due_at).method
    assert looked_at == [timedelta(hours=h) for h in (1, 6, 24, 72)]


def test_a_cancelled_one_is_stopped_at_once_where_a_provider_may_have_it():
    assert rules.cancel(method("pending"), NOW).ask_due_at == NOW
    assert rules.cancel(method("initial", attempt_id=None, ask_due_at=None), NOW).ask_due_at is None


def test_it_begins_once_its_sender_is_approved_and_not_twice():
    waiting = method(attempt_id=None, ask_due_at=None)
    assert rules.begin(waiting, NOW).start_due_at == NOW
    assert rules.hold(rules.begin(waiting, NOW)).start_due_at is None
    assert rules.begin(method(), NOW).start_due_at is None


def test_news_that_come_while_a_provider_is_asked_are_asked_for():
    claimed = method("pending", ask_due_at=NOW + timedelta(seconds=60))
    verdict = judge(claimed, Collecting("14"), asked=True)
    assert rules.keep_question(verdict, claimed, claimed) == verdict
    told_anew = msgspec.structs.replace(claimed, ask_due_at=NOW)
    assert rules.keep_question(verdict, told_anew, claimed).method.ask_due_at == NOW


@st.composite
def outcomes(draw):
    kind = draw(st.sampled_from(["answer", "answer", "answer", "unknown", "not started"]))
    if kind == "unknown":
        return Unknown("away")
    if kind == "not started":
        return NotStarted()
    receipts = draw(
        st.lists(
            st.builds(
                receipt,
                st.sampled_from([1, DUE, 2 * DUE]),
                st.sampled_from("abcd"),
                cleared=st.booleans(),
            ),
            max_size=3,
            unique_by=lambda each: each.reference,
        )
    )
    return Collecting(draw(st.sampled_from(sorted(CODES))), receipts=tuple(receipts))


@given(st.lists(st.tuples(outcomes(), st.sampled_from(["", "cancel", "restart"])), max_size=8))
def test_whatever_is_answered_every_move_is_in_the_table_and_no_money_is_booked_twice(story):
    current, booked = method(), []
    accepted = []
    for outcome, then in story:
        verdict = judge(current, outcome, asked=True, known=booked)
        for step in verdict.steps:
            assert step.method.state == current.state or step.method.state in MOVES[current.state]
            current = step.method
        accepted += [verdict.accepted] if verdict.accepted else []
        fresh = [*([verdict.accepted] if verdict.accepted else []), *verdict.surplus]
        booked += [each.reference for each in fresh]
        if then == "cancel" and current.is_open:
            current = rules.cancel(current, NOW)
        if then == "restart" and current.state is S.ERROR:
            current = rules.restart(current, NOW)
    assert len(booked) == len(set(booked))
    assert len(accepted) <= 1
    assert not accepted or current.state not in OPEN
