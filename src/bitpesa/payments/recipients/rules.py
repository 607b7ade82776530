"""The life of a payout: what an answer, a cancellation, an edit or the passing of time makes of a recipient.

Everything is decided from plain values; `flows 5.2`, `5.3`, `8` are the source. Nothing here knows a database or a
clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, assert_never
from uuid import UUID

import msgspec

from bitpesa.kernel.values.money import Money
from bitpesa.money.rates.pricing import Price, reprice
from bitpesa.payments.recipients.model import CLOSED, FOR_PEOPLE, Ending, Recipient, RecipientState
from bitpesa.payments.screening.model import Kind, Subject
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from bitpesa.rails.providers.port import Answered, NotStarted, Outcome, Unknown

PAID_CODE = "0"
NO_ANSWER_CODE = "12"
EXPIRED_NOTICE_CODE = "433"
PICKUP_CODE = "21"
SIGNATURE_CODE = "22"
UNSIGNED_CODE = "433"
NOTICE_VOID_CODE = "54"
TEMPORARY_ERROR_CODE = "3"

UNEXPECTED = "Something unexpected happened. Our staff are looking into it"

ACCOUNT_CHECKS = frozenset(
    {"provider_name_validation", "provider_network_validation", "provider_account_status_validation"}
)
"""What the check of an account left in the metadata; an edit makes it void (flows 8.4)."""

SCREENED_COUNTRIES = ("country", "nationality", "bank_country")
_LENGTH_OF_DATE = len("1974-12-24")

WAITING = frozenset({Category.PENDING, Category.TIMEOUT_ERROR, Category.RECIPIENT_ACTION_REQUIRED})
FAILED = frozenset({Category.TEMPORARY_ERROR, Category.RECIPIENT_ERROR, Category.SENDER_ERROR})


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How patiently payouts are retried and asked about (flows 8.2). All times are divided by `speedup`."""

    temporary_error_delays: tuple[timedelta, ...] = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60))
    recipient_error_delays: tuple[timedelta, ...] = tuple(timedelta(hours=h) for h in (1, 6, 12))
    suspected_duplicate_delay: timedelta = timedelta(minutes=15)
    attempt_limit: int = 30
    fault_limit: int = 5
    ask_often: timedelta = timedelta(minutes=1)
    ask_often_for: timedelta = timedelta(minutes=10)
    ask_seldom: timedelta = timedelta(minutes=15)
    pending_limit_mobile: timedelta = timedelta(hours=24)
    pending_limit_bank: timedelta = timedelta(hours=72)
    pickup_limit: timedelta = timedelta(days=30)
    speedup: int = 1

    def retry_after(self, category: Category, attempts: int) -> timedelta | None:
        """How long to wait before the next attempt; None when it is not tried again."""
        if category is Category.SENDER_ERROR:
            return None
        delays = self.temporary_error_delays if category is Category.TEMPORARY_ERROR else self.recipient_error_delays
        return delays[min(attempts, len(delays)) - 1] / self.speedup

    def ask_after(self, pending_for: timedelta) -> timedelta:
        """How long to wait before asking again about a pending payout."""
        often = pending_for < self.ask_often_for / self.speedup
        return (self.ask_often if often else self.ask_seldom) / self.speedup

    def pending_limit(self, method: str) -> timedelta | None:
        """How long a payout may be pending before people must look; None for cash, which has its own limit."""
        limits = {"mobile": self.pending_limit_mobile, "bank": self.pending_limit_bank}
        limit = limits.get(method)
        return None if limit is None else limit / self.speedup


class Release(Enum):
    """What becomes of the money held for a recipient."""

    SETTLE = "settle"
    REFUND = "refund"


class Verdict(msgspec.Struct, frozen=True):
    """What is to be done: the recipient as it shall be, the events to report, and the hold to release, if any."""

    recipient: Recipient
    events: tuple[str, ...] = ()
    release: Release | None = None


class Flags(msgspec.Struct, frozen=True):
    """What a client may do with a recipient (flows 5.3)."""

    editable: bool
    may_cancel: bool
    retriable: bool


def subjects_of(recipient: Recipient) -> tuple[Subject, ...]:
    """Who is looked up on sanction lists before a recipient is paid.

    A person with and without the middle name, and whoever is to be spoken to; a business as such, and as a person: who
    owns it alone may trade under his own name, and nobody says of a recipient whether he does.
    """
    details = recipient.details
    countries = tuple(dict.fromkeys(str(details[name]) for name in SCREENED_COUNTRIES if details.get(name)))
    birth_date = str(details["birth_date"])[:_LENGTH_OF_DATE] if details.get("birth_date") else None
    named = _names(details, ("first_name", "middle_name", "last_name"), ("first_name", "last_name"), ("name",))
    contact = _names(details, ("contact_first_name", "contact_last_name"))
    found = [Subject(kind=Kind.PERSON, names=contact)] if contact else []
    if recipient.type == "business" and named:
        found += [Subject(kind=kind, names=named, countries=countries) for kind in (Kind.ENTITY, Kind.PERSON)]
    elif named:
        found.append(Subject(kind=Kind.PERSON, names=named, birth_date=birth_date, countries=countries))
    return tuple(found)


def _names(details: Mapping[str, Any], *parts: Sequence[str]) -> tuple[str, ...]:
    """Names of their parts, each once."""
    found = (" ".join(str(details[name]) for name in each if details.get(name)) for each in parts)
    return tuple(dict.fromkeys(name for name in found if name.strip()))


def may_start(recipient: Recipient) -> bool:
    """Whether its payout is still to be handed over: no provider has it, and nobody else decides about it."""
    return recipient.state in (RecipientState.INITIAL, RecipientState.ERROR) and not recipient.is_in_flight


def without_attempt(recipient: Recipient) -> Recipient:
    """A recipient for which no attempt is to begin: its payment is held."""
    if recipient.attempt_due_at is None:
        return recipient
    return msgspec.structs.replace(recipient, attempt_due_at=None)


def category_of(recipient: Recipient) -> Category | None:
    """The category of the last answer, if there was one."""
    return None if recipient.result_code is None else codes.code(recipient.result_code).category


def flags(recipient: Recipient) -> Flags:
    """What a client may do with the recipient now."""
    chosen = _flags_by_state(recipient)
    if recipient.cancel_requested_at is not None:
        return Flags(editable=False, may_cancel=False, retriable=chosen.retriable)
    if recipient.is_in_flight and recipient.state in (RecipientState.INITIAL, RecipientState.ERROR):
        return Flags(editable=chosen.editable, may_cancel=False, retriable=chosen.retriable)
    return chosen


def _flags_by_state(recipient: Recipient) -> Flags:
    category = category_of(recipient)
    match recipient.state:
        case RecipientState.INITIAL:
            return Flags(editable=True, may_cancel=True, retriable=True)
        case RecipientState.PENDING:
            return Flags(editable=True, may_cancel=category is Category.RECIPIENT_ACTION_REQUIRED, retriable=True)
        case RecipientState.ERROR:
            return Flags(
                editable=category is not Category.SENDER_ERROR,
                may_cancel=True,
                retriable=category is Category.TEMPORARY_ERROR,
            )
        case RecipientState.MANUAL:
            return Flags(editable=True, may_cancel=True, retriable=False)
        case _:
            return Flags(editable=False, may_cancel=False, retriable=False)


def judge(
    recipient: Recipient, outcome: Outcome, *, method: str, now: datetime, policy: RetryPolicy, asked: bool = False
) -> Verdict:
    """Decide what a provider's outcome makes of a recipient (R2-R7, R10-R14). A closed recipient stays as it is.

    `asked`: the provider was asked about an attempt, rather than handed one.
    """
    if recipient.state in CLOSED:
        return Verdict(recipient)
    match outcome:
        case Unknown():
            return _waiting(recipient, NO_ANSWER_CODE, None, {}, method=method, now=now, policy=policy)
        case NotStarted():
            return _never_arrived(recipient, now, policy) if asked else _not_started(recipient, now)
        case Answered():
            heard = msgspec.structs.replace(recipient, faults=0)
            if codes.leaves_doubt(outcome.code, asked=asked):
                return _doubtful(heard, method=method, now=now, policy=policy)
            return _answered(heard, outcome, method=method, now=now, policy=policy)


def _answered(recipient: Recipient, answer: Answered, *, method: str, now: datetime, policy: RetryPolicy) -> Verdict:
    category = codes.code(answer.code).category
    reference = {"payment_reference": answer.payment_reference} if answer.payment_reference else {}
    if category is Category.PAID:
        return _paid(recipient, answer, now)
    if category is Category.MANUAL_RECONCILIATION_REQUIRED:
        return _stuck(recipient, answer.code, answer.text, now=now, policy=policy)
    if answer.code == NOTICE_VOID_CODE and _pickup_is_over(recipient, now, policy):
        return failed(recipient, EXPIRED_NOTICE_CODE, None, now=now, policy=policy)
    if category in WAITING:
        return _waiting(recipient, answer.code, answer.text, reference, method=method, now=now, policy=policy)
    return failed(recipient, answer.code, answer.text, now=now, policy=policy)


def _paid(recipient: Recipient, answer: Answered, now: datetime) -> Verdict:
    overpaid = answer.paid_minor is not None and answer.paid_minor > recipient.output.minor
    paid = _closed(
        recipient,
        RecipientState.OVERPAID if overpaid else RecipientState.SUCCESS,
        now,
        state_reason=None,
        result_code=answer.code,
    )
    return Verdict(paid, ("recipient.paid_out",), Release.SETTLE)


def _not_started(recipient: Recipient, now: datetime) -> Verdict:
    """The provider did not take it: nothing was paid, and nothing more is tried until somebody asks for it."""
    if recipient.cancel_requested_at is not None:
        return refund(recipient, now)
    return Verdict(msgspec.structs.replace(recipient, attempt_id=None, ask_due_at=None, updated_at=now))


def _never_arrived(recipient: Recipient, now: datetime, policy: RetryPolicy) -> Verdict:
    """The attempt was lost on its way, and by its provider's word is surely never paid: another one is safe.

    The first time at once; a provider that loses everything is given time, and in the end the payout is left to people.
    """
    if recipient.cancel_requested_at is not None:
        return refund(recipient, now)
    if recipient.attempts >= policy.attempt_limit:
        return failed(recipient, TEMPORARY_ERROR_CODE, None, now=now, policy=policy)
    wait = policy.retry_after(Category.TEMPORARY_ERROR, recipient.attempts - 1)
    waits = recipient.state in (RecipientState.PENDING, RecipientState.STUCK)
    again = msgspec.structs.replace(
        recipient,
        state=RecipientState.INITIAL if waits else recipient.state,
        attempt_id=None,
        ask_due_at=None,
        pending_since=None,
        attempt_due_at=now if wait is None or recipient.attempts <= 1 else now + wait,
        updated_at=now,
    )
    return Verdict(again)


def _waiting(
    recipient: Recipient,
    code: str,
    text: str | None,
    metadata: dict[str, Any],
    *,
    method: str,
    now: datetime,
    policy: RetryPolicy,
) -> Verdict:
    since = recipient.pending_since or now
    pending_for = now - since
    limit = policy.pending_limit(method)
    if recipient.state is not RecipientState.STUCK and limit is not None and pending_for >= limit:
        return _stuck(recipient, code, text, now=now, policy=policy)
    first_time = recipient.state not in (RecipientState.PENDING, RecipientState.STUCK)
    waiting = msgspec.structs.replace(
        recipient,
        state=RecipientState.PENDING if first_time else recipient.state,
        result_code=code,
        state_reason=text or codes.code(code).description,
        pending_since=since,
        ask_due_at=now + policy.ask_after(pending_for),
        system_metadata={**recipient.system_metadata, **metadata},
        updated_at=now,
    )
    return Verdict(waiting, ("recipient.pending",) if first_time else ())


def _doubtful(recipient: Recipient, *, method: str, now: datetime, policy: RetryPolicy) -> Verdict:
    """The provider takes it for one that it has, or does not find it: it may have been paid, and is asked about later.

    A new attempt would be a second payment (design decision 7), whatever the table of codes says of trying again.
    """
    verdict = _waiting(recipient, NO_ANSWER_CODE, None, {}, method=method, now=now, policy=policy)
    soon = verdict.recipient.ask_due_at or now
    ask_due_at = max(soon, now + policy.suspected_duplicate_delay / policy.speedup)
    return msgspec.structs.replace(verdict, recipient=msgspec.structs.replace(verdict.recipient, ask_due_at=ask_due_at))


def _stuck(recipient: Recipient, code: str, text: str | None, *, now: datetime, policy: RetryPolicy) -> Verdict:
    """Nobody knows whether it was paid. A late answer is still asked for, seldom; nothing is tried or refunded."""
    first_time = recipient.state is not RecipientState.STUCK
    stuck = msgspec.structs.replace(
        recipient,
        state=RecipientState.STUCK,
        result_code=code,
        state_reason=text or codes.code(code).description,
        pending_since=recipient.pending_since or now,
        ask_due_at=now + policy.ask_seldom / policy.speedup,
        updated_at=now,
    )
    return Verdict(stuck, ("recipient.error", "transaction.error") if first_time else ())


def failed(
    recipient: Recipient,
    code: str,
    text: str | None,
    *,
    now: datetime,
    policy: RetryPolicy,
    metadata: dict[str, Any] | None = None,
) -> Verdict:
    """A confirmed failure: refund if a cancellation waits for it, else retry later, or leave it to people (R4, R5)."""
    if recipient.cancel_requested_at is not None:
        return refund(recipient, now)
    category = codes.code(code).category
    attempts = recipient.attempts
    exhausted = attempts >= policy.attempt_limit
    delay = None if exhausted else policy.retry_after(category, max(attempts, 1))
    error = msgspec.structs.replace(
        recipient,
        state=RecipientState.MANUAL if exhausted else RecipientState.ERROR,
        result_code=code,
        state_reason=text or codes.code(code).description,
        system_metadata={**recipient.system_metadata, **(metadata or {})},
        attempt_id=None,
        ask_due_at=None,
        pending_since=None,
        attempt_due_at=None if delay is None else now + delay,
        updated_at=now,
    )
    return Verdict(error, ("recipient.error", "transaction.error"))


def fault(recipient: Recipient, *, now: datetime, policy: RetryPolicy) -> Verdict:
    """The work on it failed in a way that nobody foresaw: after some such failures machines keep off it (R15).

    An attempt that was handed over stays known, since its provider may have paid.
    """
    if not recipient.is_open:
        return Verdict(recipient)
    counted = msgspec.structs.replace(recipient, faults=recipient.faults + 1, updated_at=now)
    if counted.faults < policy.fault_limit:
        return Verdict(counted)
    exception = msgspec.structs.replace(
        counted,
        state=RecipientState.EXCEPTION,
        state_reason=UNEXPECTED,
        attempt_due_at=None,
        ask_due_at=None,
        refund_due_at=None,
    )
    return Verdict(exception)


def why_not_settled(recipient: Recipient, ending: Ending, code: str | None, *, surely_unpaid: bool) -> str | None:
    """The sentence that staff read when they cannot say of a payout that it ended so (R7)."""
    if recipient.state not in FOR_PEOPLE:
        return f"Recipient is {recipient.state} and does not wait for people"
    match ending:
        case Ending.PAID:
            return None
        case Ending.FAILED:
            if not recipient.is_in_flight:
                return "No attempt of this recipient is open: retry or refund it"
            known = codes.CODES.get(code or "")
            says_so = known is not None and known.category in FAILED
            says_so = says_so and not codes.leaves_doubt(code or "", asked=True)
            return None if says_so else "A failure needs a code that says so, such as 416"
        case Ending.REFUNDED:
            if recipient.is_in_flight and not surely_unpaid:
                return "A provider may have paid: refund only if it surely did not, and say so"
            return None
        case _:
            assert_never(ending)


def settle_by_hand(
    recipient: Recipient, ending: Ending, code: str | None, reason: str | None, *, now: datetime, policy: RetryPolicy
) -> Verdict:
    """Close a payout, or have it retried, on the word of staff (R7, R15, T19)."""
    waits = RecipientState.STUCK if recipient.is_in_flight else RecipientState.MANUAL
    known = msgspec.structs.replace(recipient, state=waits, faults=0)
    match ending:
        case Ending.PAID:
            return _paid(known, Answered(PAID_CODE), now)
        case Ending.FAILED:
            return failed(known, code or TEMPORARY_ERROR_CODE, reason, now=now, policy=policy)
        case Ending.REFUNDED:
            return refund(known, now)
        case _:
            assert_never(ending)


def why_not_retried(recipient: Recipient) -> str | None:
    """The sentence that staff read when a payout cannot be tried again now."""
    if recipient.state in FOR_PEOPLE or recipient.state in (RecipientState.INITIAL, RecipientState.ERROR):
        if recipient.cancel_requested_at is not None and not recipient.is_in_flight:
            return "Recipient is being cancelled"
        return None
    return f"Recipient is {recipient.state} and is not tried again"


def try_again(recipient: Recipient, now: datetime) -> Verdict:
    """Try a payout now, on the word of staff (R13). What a provider may have is asked about, and never sent again."""
    if recipient.is_in_flight:
        asked = msgspec.structs.replace(recipient, faults=0, ask_due_at=now, updated_at=now)
        if recipient.state is not RecipientState.EXCEPTION:
            return Verdict(asked)
        pending = msgspec.structs.replace(
            asked,
            state=RecipientState.PENDING,
            result_code=NO_ANSWER_CODE,
            state_reason=codes.code(NO_ANSWER_CODE).description,
            pending_since=recipient.pending_since or now,
        )
        return Verdict(pending, ("recipient.pending",))
    again = msgspec.structs.replace(
        recipient,
        state=RecipientState.INITIAL,
        attempts=0,
        faults=0,
        pending_since=None,
        attempt_due_at=now,
        updated_at=now,
    )
    return Verdict(again)


def await_signature(recipient: Recipient, mandate_id: UUID, now: datetime) -> Verdict:
    """The recipient has to sign a mandate first; no provider has the payout meanwhile (R2)."""
    if recipient.cancel_requested_at is not None:
        return refund(recipient, now)
    waiting = msgspec.structs.replace(
        recipient,
        state=RecipientState.PENDING,
        result_code=SIGNATURE_CODE,
        state_reason=codes.code(SIGNATURE_CODE).description,
        mandate_id=mandate_id,
        attempt_id=None,
        attempt_due_at=None,
        ask_due_at=None,
        pending_since=recipient.pending_since or now,
        updated_at=now,
    )
    return Verdict(waiting, ("recipient.pending",))


def awaits_signature(recipient: Recipient) -> bool:
    """Whether the payout waits for its recipient to sign, with no provider."""
    return (
        recipient.state is RecipientState.PENDING
        and recipient.result_code == SIGNATURE_CODE
        and not recipient.is_in_flight
    )


def proceed(recipient: Recipient, now: datetime) -> Recipient:
    """The recipient signed: the payout is tried, as if for the first time."""
    return msgspec.structs.replace(
        recipient, state=RecipientState.INITIAL, pending_since=None, attempt_due_at=now, updated_at=now
    )


def cancel(recipient: Recipient, *, funded: bool, now: datetime) -> Verdict | None:
    """Decide what DELETE does (flows 8.6); None when it is too late.

    What the timer of 24 hours noted silently is no DELETE yet: it forces nothing and does not void a cash notice.
    """
    if not funded and recipient.is_open:
        return Verdict(_closed(recipient, RecipientState.CANCELED, now, left_before_funding=True))
    if not recipient.is_open:
        return None
    if is_refund_forced(recipient):
        return Verdict(recipient)
    if recipient.is_in_flight:
        return Verdict(request_cancel(recipient, now))
    return refund(recipient, now)


def request_cancel(recipient: Recipient, now: datetime) -> Recipient:
    """Note that the payout is to be refunded as soon as the provider confirms that it failed.

    A pending one is asked about (cash: revoked) at once. One whose attempt is being handed over at this moment is asked
    about when the lease of that attempt ends, since until then "unknown" would prove nothing.
    """
    waits = recipient.state in (RecipientState.PENDING, RecipientState.STUCK)
    return msgspec.structs.replace(
        recipient,
        cancel_requested_at=recipient.cancel_requested_at or now,
        ask_due_at=now if waits else recipient.ask_due_at,
        attempt_due_at=None,
        refund_due_at=None,
        system_metadata={**recipient.system_metadata, "force_cash_refund": True},
        updated_at=now,
    )


def refund(recipient: Recipient, now: datetime) -> Verdict:
    """Close the payout and give its money back (R9-R11)."""
    return Verdict(_closed(recipient, RecipientState.REFUNDED, now), ("recipient.refunded",), Release.REFUND)


def keep_for_payer(verdict: Verdict) -> Verdict:
    """A refund of collected money waits until people have sent it back: `canceled` until then (R9, T17)."""
    if verdict.release is not Release.REFUND:
        return verdict
    return Verdict(msgspec.structs.replace(verdict.recipient, state=RecipientState.CANCELED))


def awaits_return(recipient: Recipient) -> bool:
    """Whether its money was collected, and is to be sent back to the payer by people."""
    return recipient.state is RecipientState.CANCELED and not recipient.left_before_funding


def resize(recipient: Recipient, input_minor: int, *, rounding_policy: str) -> Recipient:
    """The recipient for another input amount, at its frozen rate. Raises PriceProblem when nothing is left of it."""
    resized = reprice(
        Price(
            requested_minor=recipient.requested.minor,
            input_minor=recipient.input.minor,
            output_minor=recipient.output.minor,
            fee_minor=recipient.fee_minor,
            input_usd_minor=recipient.input_usd_minor,
            rate=recipient.rate,
        ),
        input_minor,
        input_currency=recipient.input.currency,
        output_currency=recipient.output.currency,
        payout_type=recipient.payout_type,
        policy=rounding_policy,
    )
    return msgspec.structs.replace(
        recipient,
        input=Money(resized.input_minor, recipient.input.currency),
        output=Money(resized.output_minor, recipient.output.currency),
        fee_minor=resized.fee_minor,
        input_usd_minor=resized.input_usd_minor,
    )


def refund_when_due(recipient: Recipient, now: datetime) -> Verdict:
    """Decide what the 24 hours without a payout do (flows 8.7): refund now, or on the provider's word."""
    if not recipient.is_open:
        return Verdict(msgspec.structs.replace(recipient, refund_due_at=None))
    if recipient.is_in_flight:
        silent = msgspec.structs.replace(
            recipient, cancel_requested_at=recipient.cancel_requested_at or now, refund_due_at=None, attempt_due_at=None
        )
        return Verdict(silent)
    return refund(recipient, now)


def edit(
    recipient: Recipient,
    details: dict[str, Any],
    metadata: dict[str, Any] | None,
    *,
    started: bool,
    now: datetime,
) -> Recipient:
    """Change the details; a payout that nobody is working on is tried again at once (flows 8.8, R13).

    Not while payouts have not `started`: there is no money yet, or it is held.
    """
    edited = msgspec.structs.replace(
        recipient,
        details=details,
        metadata=recipient.metadata if metadata is None else metadata,
        updated_at=now,
    )
    if details != recipient.details:
        known = {k: v for k, v in recipient.system_metadata.items() if k not in ACCOUNT_CHECKS}
        edited = msgspec.structs.replace(edited, system_metadata=known)
    if not started or recipient.is_in_flight or details == recipient.details:
        return edited
    return msgspec.structs.replace(
        edited, state=RecipientState.INITIAL, attempts=0, pending_since=None, attempt_due_at=now
    )


def wants_revocation(recipient: Recipient, *, method: str, now: datetime, policy: RetryPolicy) -> bool:
    """Whether the provider is to be told to void a cash notice.

    On DELETE, and when nobody picked the cash up in time; never because 24 hours are over (flows 8.2, 8.7). A notice
    that could still be paid is never taken for a failure.
    """
    return method == "cash" and (is_refund_forced(recipient) or _pickup_is_over(recipient, now, policy))


def _pickup_is_over(recipient: Recipient, now: datetime, policy: RetryPolicy) -> bool:
    since = recipient.pending_since
    if recipient.result_code != PICKUP_CODE or since is None:
        return False
    return now - since >= policy.pickup_limit / policy.speedup


def is_refund_forced(recipient: Recipient) -> bool:
    """Whether DELETE came while a provider had the payout: the metadata says so to clients (flows 8.6)."""
    return bool(recipient.system_metadata.get("force_cash_refund"))


def may_edit(recipient: Recipient, *, method: str) -> bool:
    """Whether PATCH is allowed: by the flag, or because cash always may (flows 8.5)."""
    return flags(recipient).editable or (method == "cash" and recipient.state is RecipientState.PENDING)


def fund(recipient: Recipient, *, now: datetime, start_at: datetime | None, refund_at: datetime | None) -> Recipient:
    """The money is there: the payout starts (None: not yet), and is refunded when it has not happened in time."""
    if not recipient.is_open:
        return recipient
    return msgspec.structs.replace(recipient, attempt_due_at=start_at, refund_due_at=refund_at, updated_at=now)


def _closed(recipient: Recipient, state: RecipientState, now: datetime, **changes: Any) -> Recipient:
    return msgspec.structs.replace(
        recipient,
        state=state,
        attempt_id=None,
        attempt_due_at=None,
        ask_due_at=None,
        refund_due_at=None,
        pending_since=None,
        updated_at=now,
        **changes,
    )
