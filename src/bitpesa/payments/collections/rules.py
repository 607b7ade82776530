"""The life of a collection: what an answer, a cancellation, an edit or the passing of time makes of a payin method.

Everything is decided from plain values; the table of flows 7 is the source. Nothing here knows a database or a clock.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec

from bitpesa.payments.collections.model import ACTIVE, PayinMethod, PayinMethodState, Watch
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from bitpesa.rails.providers.collecting import Collecting, CollectionOutcome, Receipt
from bitpesa.rails.providers.port import NotStarted, Unknown

S = PayinMethodState

PAID_CODE = "0"
WAITING_CODE = "14"
NO_ANSWER_CODE = "12"
OTP_CODE = "23"
NOT_TAKEN_CODE = "3"
RECONCILIATION_CODE = "13"
ANOTHER_REQUEST_CODE = "34"
"""The payer has another request before him and was surely not asked: providers of collections mean this by it."""

UNEXPECTED = "Something unexpected happened. Our staff are looking into it"

FAULT_LIMIT = 5
"""So often the work on a payin method may fail unexpectedly before machines keep off it."""

WAITING = frozenset({Category.PENDING, Category.TIMEOUT_ERROR})

EDITABLE = frozenset({S.INCOMPLETE, S.INITIAL, S.ERROR})


class Step(msgspec.Struct, frozen=True):
    """A payin method as it was at one moment, and the event that reports it, if any."""

    method: PayinMethod
    event: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What is to be done: the steps a payin method takes, the money that funds, and the money that must go back."""

    steps: tuple[Step, ...]
    accepted: Receipt | None = None
    surplus: tuple[Receipt, ...] = ()

    @property
    def method(self) -> PayinMethod:
        """The payin method as it shall be."""
        return self.steps[-1].method


def judge(
    method: PayinMethod,
    outcome: CollectionOutcome,
    *,
    due_minor: int,
    known: Collection[str],
    now: datetime,
    watch: Watch,
    asked: bool,
) -> Verdict:
    """Decide what a collecting provider's outcome makes of a payin method.

    `known`: the provider's references of money that is booked already. `asked`: it was asked about an attempt, rather
    than handed one.
    """
    if not isinstance(outcome, Unknown):
        method = msgspec.structs.replace(method, faults=0)
    if asked and method.state in (S.ERROR, S.INCOMPLETE) and not _brings_money(outcome, known):
        # It waits for the client, not for the provider: only money could change that.
        return Verdict((Step(msgspec.structs.replace(method, ask_due_at=None)),))
    match outcome:
        case Unknown():
            return Verdict((_without_answer(method, now, watch),))
        case NotStarted():
            return Verdict((_lost(method, now) if asked else _not_taken(method, now),))
        case Collecting():
            if _leaves_doubt(outcome, asked=asked) and not _brings_money(outcome, known):
                return Verdict((_without_answer(method, now, watch),))
            return _answered(method, outcome, due_minor=due_minor, known=known, now=now, watch=watch)


def _leaves_doubt(answer: Collecting, *, asked: bool) -> bool:
    code = codes.code(answer.code).code
    return code != ANOTHER_REQUEST_CODE and codes.leaves_doubt(code, asked=asked)


def _brings_money(outcome: CollectionOutcome, known: Collection[str]) -> bool:
    return isinstance(outcome, Collecting) and any(receipt.reference not in known for receipt in outcome.receipts)


def _answered(
    before: PayinMethod,
    answer: Collecting,
    *,
    due_minor: int,
    known: Collection[str],
    now: datetime,
    watch: Watch,
) -> Verdict:
    told = msgspec.structs.replace(before, out_details={**before.out_details, **answer.out_details})
    fresh = [receipt for receipt in answer.receipts if receipt.reference not in known]
    cleared = [receipt for receipt in fresh if receipt.cleared]
    if not told.is_open:
        return Verdict((Step(_watched(told, now, watch)),), surplus=tuple(cleared))
    if cleared:
        return _cleared(told, cleared, due_minor, now, watch)
    category = codes.code(answer.code).category
    if fresh:
        return Verdict(_through_pending(told, now, lambda m: _wait(m, S.PROCESSING, answer, now, watch)))
    if category in WAITING or category is Category.PAID:  # paid, and nothing came: it is still to be shown
        return Verdict((_wait(told, S.PENDING, answer, now, watch),))
    if category is Category.RECIPIENT_ACTION_REQUIRED:
        return Verdict((_incomplete(told, answer.code, now),))
    if category is Category.MANUAL_RECONCILIATION_REQUIRED:
        return Verdict(_through_pending(told, now, lambda m: _end(m, S.EXCEPTION, answer.code, now, watch)))
    return Verdict(_through_pending(told, now, lambda m: failed(m, answer.code, answer.text, now)))


def _cleared(method: PayinMethod, receipts: list[Receipt], due_minor: int, now: datetime, watch: Watch) -> Verdict:
    """The first money decides, exact or not; whatever else came goes back."""
    first, *others = receipts
    state = S.SUCCESS if first.amount_minor == due_minor else S.MISPAID
    steps = _through_pending(method, now, lambda m: _end(m, state, PAID_CODE, now, watch))
    return Verdict(steps, accepted=first, surplus=tuple(others))


def _through_pending(method: PayinMethod, now: datetime, then: Callable[[PayinMethod], Step]) -> tuple[Step, ...]:
    """Everyone hears that the payer was asked before hearing how it ended, even if both came in one answer."""
    if method.state not in (S.INITIAL, S.INCOMPLETE):
        return (then(method),)
    asked = ask_payer(method, now)
    return (Step(asked, "payin_method.pending"), then(asked))


def ask_payer(method: PayinMethod, now: datetime) -> PayinMethod:
    """The request is with the payer."""
    return msgspec.structs.replace(
        method, state=S.PENDING, result_code=WAITING_CODE, state_reason=None, pending_since=now, updated_at=now
    )


def _wait(method: PayinMethod, state: PayinMethodState, answer: Collecting, now: datetime, watch: Watch) -> Step:
    if method.state is S.PROCESSING:
        state = S.PROCESSING  # what was seen is not unseen
    since = method.pending_since or now
    waiting_code = answer.code if codes.code(answer.code).category in WAITING else WAITING_CODE
    waiting = msgspec.structs.replace(
        method,
        state=state,
        result_code=waiting_code,
        state_reason=answer.text,
        pending_since=since,
        ask_due_at=now + watch.next_while_open(now - since),
        updated_at=now,
    )
    return Step(waiting, None if method.state is state else f"payin_method.{state}")


def _without_answer(method: PayinMethod, now: datetime, watch: Watch) -> Step:
    """The request may have arrived or not: it is asked about, and never sent again unasked."""
    if not method.is_open:
        again = msgspec.structs.replace(method, ask_due_at=now + watch.seldom / watch.speedup)
        return Step(again)
    return _wait(method, S.PENDING, Collecting(NO_ANSWER_CODE), now, watch)


def _lost(method: PayinMethod, now: datetime) -> Step:
    """The request never arrived, and will be refused from now on: another one is safe."""
    start = now if method.is_open else None
    return Step(msgspec.structs.replace(method, attempt_id=None, ask_due_at=None, start_due_at=start, updated_at=now))


def _not_taken(method: PayinMethod, now: datetime) -> Step:
    if not method.is_open:
        return Step(msgspec.structs.replace(method, ask_due_at=None))
    return failed(method, NOT_TAKEN_CODE, None, now)


def _incomplete(method: PayinMethod, code: str, now: datetime) -> Step:
    """A code went to the payer's phone, and is to come back by PATCH."""
    incomplete = msgspec.structs.replace(
        method, state=S.INCOMPLETE, result_code=code, pending_since=None, ask_due_at=None, updated_at=now
    )
    return Step(incomplete, None if method.state is S.INCOMPLETE else "payin_method.incomplete")


def failed(method: PayinMethod, code: str, text: str | None, now: datetime) -> Step:
    """Nothing was collected; the client may edit it or try again."""
    error = msgspec.structs.replace(
        method,
        state=S.ERROR,
        result_code=code,
        state_reason=text or codes.code(code).description,
        pending_since=None,
        start_due_at=None,
        ask_due_at=None,
        updated_at=now,
    )
    return Step(error, "payin_method.error")


CANCELED_EVENT = "payin_method.canceled"

ENDING_EVENTS = {
    S.SUCCESS: "payin_method.paid_in",
    S.MISPAID: "payin_method.mispaid",
    S.CANCELED: CANCELED_EVENT,
    S.REFUNDED: "payin_method.refunded",
    S.EXCEPTION: "payin_method.exception",
}


def _end(method: PayinMethod, state: PayinMethodState, code: str, now: datetime, watch: Watch) -> Step:
    ended = msgspec.structs.replace(
        method,
        state=state,
        result_code=code,
        state_reason=None,
        start_due_at=None,
        pending_since=None,
        closed_at=now,
        updated_at=now,
    )
    return Step(_watched(ended, now, watch), ENDING_EVENTS[state])


def _watched(method: PayinMethod, now: datetime, watch: Watch) -> PayinMethod:
    """A closed payin method is looked at a few times more, since payers pay late and twice."""
    closed_at = method.closed_at or now
    later = watch.next_after_closing(now - closed_at)
    due = None if later is None or method.attempt_id is None else closed_at + later
    return msgspec.structs.replace(method, ask_due_at=due)


def keep_question(verdict: Verdict, before: PayinMethod, claimed: PayinMethod) -> Verdict:
    """Ask once more if word came that there is news while the provider was being asked: its answer may be older."""
    asked_anew = before.ask_due_at
    if asked_anew is None or claimed.ask_due_at is None or asked_anew >= claimed.ask_due_at:
        return verdict
    *steps, last = verdict.steps
    again = msgspec.structs.replace(last.method, ask_due_at=asked_anew, attempt_id=before.attempt_id)
    return msgspec.structs.replace(verdict, steps=(*steps, Step(again, last.event)))


def fault(method: PayinMethod, now: datetime) -> Step:
    """The work on it failed in a way that nobody foresaw: after some such failures machines keep off it.

    One that was open is left to people, and one that was closed is not looked at any more; otherwise it would fail for
    ever. The request stays known, since its payer may have paid.
    """
    counted = msgspec.structs.replace(method, faults=method.faults + 1, updated_at=now)
    if counted.faults < FAULT_LIMIT:
        return Step(counted)
    given_up = msgspec.structs.replace(counted, start_due_at=None, ask_due_at=None)
    if not method.is_open:
        return Step(given_up)
    exception = msgspec.structs.replace(
        given_up,
        state=S.EXCEPTION,
        result_code=RECONCILIATION_CODE,
        state_reason=UNEXPECTED,
        pending_since=None,
        closed_at=now,
    )
    return Step(exception, ENDING_EVENTS[S.EXCEPTION])


def pay(method: PayinMethod, receipt: Receipt, *, due_minor: int, now: datetime, watch: Watch) -> Verdict:
    """Money of which nobody has to be asked: it is here (the sandbox's forced payin)."""
    return _cleared(method, [receipt], due_minor, now, watch)


def cancel(method: PayinMethod, now: datetime) -> PayinMethod:
    """Stop a collection. A provider that may have it is told so at once."""
    return msgspec.structs.replace(
        method,
        state=S.CANCELED,
        start_due_at=None,
        ask_due_at=None if method.attempt_id is None else now,
        pending_since=None,
        closed_at=now,
        updated_at=now,
    )


def restart(method: PayinMethod, now: datetime) -> PayinMethod:
    """Ask the payer once more, after an error."""
    return msgspec.structs.replace(ask_payer(method, now), start_due_at=now, ask_due_at=None)


def edit(method: PayinMethod, details: dict[str, Any], *, awaits_otp: bool, may_start: bool, now: datetime) -> Step:
    """Change the details: what failed is asked for again, what was incomplete begins once nothing is missing."""
    edited = msgspec.structs.replace(method, in_details=details, updated_at=now)
    if method.state is S.ERROR:
        return Step(restart(edited, now), "payin_method.pending")
    if method.state is S.INCOMPLETE and awaits_otp:
        return Step(edited)
    ready = msgspec.structs.replace(edited, state=S.INITIAL, result_code=None, state_reason=None)
    return Step(begin(ready, now) if may_start else ready)


def begin(method: PayinMethod, now: datetime) -> PayinMethod:
    """Let a complete payin method be collected now, once its transaction may be funded."""
    handed_over = method.ask_due_at is not None
    return method if handed_over or method.state is not S.INITIAL else msgspec.structs.replace(method, start_due_at=now)


def hold(method: PayinMethod) -> PayinMethod:
    """Let a payin method that nobody asked the payer for yet wait: its sender lost the approval."""
    return msgspec.structs.replace(method, start_due_at=None)


def refund(method: PayinMethod, now: datetime) -> Step:
    """Its money went back to the payer."""
    refunded = msgspec.structs.replace(
        method, state=S.REFUNDED, start_due_at=None, closed_at=method.closed_at or now, updated_at=now
    )
    return Step(refunded, ENDING_EVENTS[S.REFUNDED])


def distrust(step: Step, now: datetime) -> Step:
    """Money came that cannot be used as it is: people must look."""
    return Step(msgspec.structs.replace(step.method, state=S.EXCEPTION, updated_at=now), ENDING_EVENTS[S.EXCEPTION])


def is_payer_asked(methods: Iterable[PayinMethod]) -> bool:
    """Whether a collection is under way, or ended so that nobody knows."""
    return any(method.state in ACTIVE or method.state is S.EXCEPTION for method in methods)
