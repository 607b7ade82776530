"""The life of a transaction.

It is created `approved`, or `initial` while its sender waits for KYC. Until money comes it may expire or be cancelled.
Once it is funded (`received`, or `mispaid` when another amount came in) its recipients decide: all paid makes it
`paid`, any money returned makes it `refunded`, and whatever machines cannot settle makes it `manual`.

`MOVES` is the whole table of flows 5.1; `state_of_funded` is flows 5.5. Nothing here knows a database or a clock.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from bitpesa.money.rates.pricing import resize
from bitpesa.payments.collections import rules as collection_rules
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import PAID, Recipient, RecipientState
from bitpesa.payments.transactions.model import Payment, Transaction, TransactionState

S = TransactionState

UNFUNDED = frozenset({S.INITIAL, S.APPROVED, S.PENDING})
FUNDED_OPEN = frozenset({S.PROCESSING, S.RECEIVED, S.MISPAID, S.MANUAL})
ENDED = frozenset({S.PAID, S.CANCELED, S.REFUNDED})

FUNDING_WINDOW = timedelta(hours=1)
AUTO_REFUND_AFTER = timedelta(hours=24)
REVIEW_WITHIN = timedelta(hours=24)
"""How long a review may take, as clients are told (flows 5.1); what is held longer is overdue."""


class Cause(StrEnum):
    """Why a transaction moves."""

    SENDER_APPROVED = "sender approved"
    SENDER_LOST_APPROVAL = "sender lost approval"
    COLLECTION_STARTED = "collection started"
    COLLECTION_FAILED = "collection failed"
    FUNDED_EXACTLY = "funded exactly"
    FUNDED_OTHERWISE = "funded with another amount"
    FUNDED_UNDER_REVIEW = "funded, held for compliance"
    REVIEW_PASSED = "compliance hold released"
    REVIEW_REFUSED = "compliance hold refused"
    ENDED_UNFUNDED = "expired or cancelled before any money came"
    PEOPLE_NEEDED = "a recipient needs people"
    PEOPLE_DONE = "no recipient needs people any more"
    ALL_PAID = "every recipient is paid"
    MONEY_RETURNED = "closed, and money went back"
    MATCH_FOUND = "somebody listed is like the sender or a recipient"
    FAULT = "unexpected failure"
    TRIED_AGAIN = "people have it tried again"


MOVES: dict[tuple[TransactionState, Cause], TransactionState] = {
    (S.INITIAL, Cause.SENDER_APPROVED): S.APPROVED,
    (S.APPROVED, Cause.SENDER_LOST_APPROVAL): S.INITIAL,
    (S.APPROVED, Cause.COLLECTION_STARTED): S.PENDING,
    (S.PENDING, Cause.COLLECTION_FAILED): S.APPROVED,
    **{(state, Cause.FUNDED_EXACTLY): S.RECEIVED for state in (S.APPROVED, S.PENDING)},
    **{(state, Cause.FUNDED_OTHERWISE): S.MISPAID for state in (S.APPROVED, S.PENDING)},
    **{(state, Cause.FUNDED_UNDER_REVIEW): S.PROCESSING for state in (S.APPROVED, S.PENDING)},
    **{(state, Cause.MATCH_FOUND): S.PROCESSING for state in (S.RECEIVED, S.MISPAID, S.MANUAL)},
    (S.PROCESSING, Cause.REVIEW_REFUSED): S.REFUNDED,
    **{(state, Cause.ENDED_UNFUNDED): S.CANCELED for state in UNFUNDED},
    **{(state, Cause.PEOPLE_NEEDED): S.MANUAL for state in (S.RECEIVED, S.MISPAID, S.EXCEPTION)},
    **{(state, Cause.ALL_PAID): S.PAID for state in (S.RECEIVED, S.MISPAID, S.MANUAL, S.EXCEPTION)},
    **{(state, Cause.MONEY_RETURNED): S.REFUNDED for state in (S.RECEIVED, S.MISPAID, S.MANUAL, S.EXCEPTION)},
    **{(state, Cause.FAULT): S.EXCEPTION for state in UNFUNDED | FUNDED_OPEN},
}
"""Every move a transaction can make, but for those back to `received` or `mispaid`, whichever it was funded as."""

TO_WHAT_IT_WAS_FUNDED_AS = frozenset(
    {
        (S.PROCESSING, Cause.REVIEW_PASSED),
        (S.MANUAL, Cause.PEOPLE_DONE),
        (S.EXCEPTION, Cause.TRIED_AGAIN),
    }
)


SENDER_MATCH = "potential sanctions match of the sender"
RECIPIENT_MATCH = "potential sanctions match of a recipient"
"""Why payments are held that a list is a reason for. Only staff read it."""


class ImpossibleMove(Exception):
    """The table of moves has no such move: a fault of ours, never of a client."""


def move(transaction: Transaction, cause: Cause, now: datetime) -> Transaction:
    """Move a transaction. Raises ImpossibleMove."""
    state = MOVES.get((transaction.state, cause))
    if (transaction.state, cause) in TO_WHAT_IT_WAS_FUNDED_AS:
        state = funded_state(transaction)
    if state is None:
        raise ImpossibleMove(f"{transaction.state} cannot move: {cause}")
    closed_at = now if state in ENDED else None
    return msgspec.structs.replace(transaction, state=state, closed_at=closed_at, updated_at=now)


def funded_state(transaction: Transaction) -> TransactionState:
    """The state of a funded transaction that needs nobody."""
    return S.MISPAID if transaction.mispaid else S.RECEIVED


def state_of_funded(states: Iterable[RecipientState], *, funded_as: TransactionState) -> TransactionState:
    """What the recipients make of a funded transaction; the first condition that holds wins (flows 5.5)."""
    present = set(states)
    if RecipientState.EXCEPTION in present:
        return S.EXCEPTION
    if present <= PAID:
        return S.PAID
    if present <= PAID | {RecipientState.REFUNDED}:
        return S.REFUNDED
    if present == {RecipientState.CANCELED}:
        return S.CANCELED  # collected money that staff must return
    if present & {RecipientState.MANUAL, RecipientState.STUCK}:
        return S.MANUAL
    return funded_as


ENDING_EVENTS: dict[TransactionState, str] = {
    S.PAID: "transaction.paid_out",
    S.REFUNDED: "transaction.refunded",
    S.CANCELED: "transaction.canceled",
    S.EXCEPTION: "transaction.exception",
}


def after_recipients_changed(
    transaction: Transaction, recipients: Sequence[Recipient], now: datetime
) -> tuple[Transaction, str | None]:
    """Re-judge a funded transaction from its recipients, with the event to report when it ends."""
    counting = [recipient.state for recipient in recipients if not recipient.left_before_funding]
    at_rest = transaction.state if transaction.is_held else funded_state(transaction)
    state = state_of_funded(counting, funded_as=at_rest)
    if transaction.is_held and state is S.MANUAL:
        state = at_rest  # whoever releases it sees that people are needed
    if state is transaction.state:
        return transaction, None
    closed_at = now if state in ENDED else None
    moved = msgspec.structs.replace(transaction, state=state, closed_at=closed_at, updated_at=now)
    return moved, ENDING_EVENTS.get(state)


def with_forced_refunds(transaction: Transaction, recipients: Iterable[Recipient]) -> Transaction:
    """A cancellation that waits for the provider's word shows as the trait `auto_refund` (flows 8.6)."""
    if transaction.traits.get("auto_refund") is True or not any(map(recipient_rules.is_refund_forced, recipients)):
        return transaction
    return msgspec.structs.replace(transaction, traits={**transaction.traits, "auto_refund": True})


def first_state(*, sender_approved: bool) -> TransactionState:
    """The state of a new transaction (T1, T2)."""
    return S.APPROVED if sender_approved else S.INITIAL


def is_expired(transaction: Transaction, now: datetime) -> bool:
    """Whether its time to be funded is over: from the very millisecond of `expires_at` on (flows 4.9)."""
    return transaction.state in UNFUNDED and not transaction.is_funded and now >= transaction.expires_at


def as_seen(payment: Payment, now: datetime) -> Payment:
    """A payment as clients see it at a moment: expired ones are seen as cancelled before the sweeper has come by."""
    if not is_expired(payment.transaction, now):
        return payment
    return end_unfunded(payment, now)


def leg_as_seen(transaction: Transaction, recipient: Recipient, now: datetime) -> tuple[Transaction, Recipient]:
    """The same for a recipient that is shown without the rest of its payment."""
    if not is_expired(transaction, now):
        return transaction, recipient
    return move(transaction, Cause.ENDED_UNFUNDED, now), _end_unfunded_leg(recipient, now)


def end_unfunded(payment: Payment, now: datetime) -> Payment:
    """Close a payment that no money came for (T12)."""
    return close_unfunded(payment, Cause.ENDED_UNFUNDED, now)


def close_unfunded(payment: Payment, cause: Cause, now: datetime) -> Payment:
    """Close a payment that holds no money: none came, or what came was of no use and went back (T12, T19)."""
    transaction = move(payment.transaction, cause, now)
    recipients = tuple(_end_unfunded_leg(recipient, now) for recipient in payment.recipients)
    return msgspec.structs.replace(
        payment,
        transaction=transaction,
        recipients=recipients,
        payin_methods=without_open(payment.payin_methods, now),
    )


def without_open(methods: Iterable[PayinMethod], now: datetime) -> tuple[PayinMethod, ...]:
    """Payin methods once their transaction needs no more money, or will not get any."""
    return tuple(collection_rules.cancel(method, now) if method.is_open else method for method in methods)


def _end_unfunded_leg(recipient: Recipient, now: datetime) -> Recipient:
    if not recipient.is_open:
        return recipient
    return msgspec.structs.replace(recipient, state=RecipientState.CANCELED, left_before_funding=True, updated_at=now)


def without_leaver(transaction: Transaction, recipients: Sequence[Recipient], now: datetime) -> Transaction:
    """The totals once a leg left before funding (flows 5.5)."""
    total = sum(r.input.minor for r in recipients if not r.left_before_funding)
    return msgspec.structs.replace(transaction, input_minor=total, updated_at=now)


def why_not_fundable(transaction: Transaction, *, sender_approved: bool, now: datetime) -> str | None:
    """The sentence a client reads when a transaction cannot be funded now (flows 6.2, checks 3 to 5)."""
    if transaction.is_funded:
        return "Transaction already funded"
    if transaction.state in ENDED or transaction.state is S.EXCEPTION or is_expired(transaction, now):
        return "Transaction already expired"
    if transaction.state is S.PENDING:
        return "Transaction already has a payin in progress"
    if transaction.state is S.INITIAL or not sender_approved:
        return "Sender is not approved"
    return None


def why_not_collectable(transaction: Transaction, *, sender_approved: bool, now: datetime) -> str | None:
    """The sentence a client reads when nothing can be collected for a transaction now: a collection may run already."""
    if transaction.state is S.PENDING and not is_expired(transaction, now):
        return None
    return why_not_fundable(transaction, sender_approved=sender_approved, now=now)


def follow_collections(transaction: Transaction, methods: Iterable[PayinMethod], now: datetime) -> Transaction:
    """What payin methods make of a transaction that no money came for: `pending` while a payer is asked (T5, T11)."""
    under_way = collection_rules.is_payer_asked(methods)
    if transaction.state is S.APPROVED and under_way:
        return move(transaction, Cause.COLLECTION_STARTED, now)
    if transaction.state is S.PENDING and not under_way:
        return move(transaction, Cause.COLLECTION_FAILED, now)
    return transaction


class HoldRule(msgspec.Struct, frozen=True, kw_only=True):
    """When money that came in is held until people have looked at it (T7); as it stands, never."""

    from_usd: Decimal | None = None
    """From this worth on, in US dollars at the mid rate."""
    sender_has_hit: bool = False
    """Whether the sender is like somebody on a sanction list, and that is a reason."""
    sender_approved: bool = True
    """Whether the sender may transact; he may have lost that while his money was on its way."""

    def reason(self, payment: Payment, before: Payment | None = None) -> str | None:
        """Why a payment is held, in words for staff; None when it is not. `before`: as it was until it was resized.

        What may be worth the limit is held: rounding to cents must not help who cuts an amount into many recipients.
        """
        worth = sum(r.input_usd_minor for r in payment.recipients if not r.left_before_funding)
        reasons = reasons_of(payment.transaction)
        if self.from_usd is not None and worth + _rounded_off(payment, before) > Fraction(self.from_usd) * 100:
            reasons.append(f"worth {worth // 100}.{worth % 100:02} USD")
        if self.sender_has_hit:
            reasons.append(SENDER_MATCH)
        if not self.sender_approved:
            reasons.append("sender is not approved")
        return "; ".join(dict.fromkeys(reasons)) or None


def _rounded_off(payment: Payment, before: Payment | None) -> Fraction:
    """By how many cents a payment's worth may have been rounded down, and a bit less.

    By half a cent for each recipient. What was rounded off before it was resized grew as its input did.
    """
    inputs = {} if before is None else {recipient.id: recipient.input.minor for recipient in before.recipients}
    half = Fraction(1, 2)
    return sum(
        (
            half if before is None else half + half * Fraction(recipient.input.minor, inputs[recipient.id])
            for recipient in payment.recipients
            if not recipient.left_before_funding
        ),
        Fraction(0),
    )


def fund(payment: Payment, *, funded_by: str, hold: HoldRule, now: datetime) -> Payment:
    """The whole amount came in: payouts start now (T6), unless the payment is held first (T7)."""
    paid_minor = payment.transaction.input_minor
    return _fund(payment, paid_minor, funded_by=funded_by, reason=hold.reason(payment), now=now)


def fund_with(payment: Payment, paid_minor: int, *, rounding_policy: str, hold: HoldRule, now: datetime) -> Payment:
    """What was collected came in: exactly (T6), or else the payment is resized to it (T10). Raises PriceProblem."""
    before = payment if paid_minor != payment.transaction.input_minor else None
    if before is not None:
        payment = _resized(before, paid_minor, rounding_policy)
    reason = hold.reason(payment, before)
    return _fund(payment, paid_minor, funded_by="collection", reason=reason, now=now)


def _fund(payment: Payment, paid_minor: int, *, funded_by: str, reason: str | None, now: datetime) -> Payment:
    mispaid = payment.transaction.mispaid
    cause = Cause.FUNDED_OTHERWISE if mispaid else Cause.FUNDED_EXACTLY
    transaction = msgspec.structs.replace(
        move(payment.transaction, cause if reason is None else Cause.FUNDED_UNDER_REVIEW, now),
        paid_minor=paid_minor,
        mispaid=mispaid,
        funded_by=funded_by,
        funded_at=now,
        held_for=reason,
    )
    start_at = now if reason is None else None
    refund_at = now + AUTO_REFUND_AFTER if transaction.auto_refund else None
    recipients = tuple(
        recipient_rules.fund(r, now=now, start_at=start_at, refund_at=refund_at) for r in payment.recipients
    )
    return msgspec.structs.replace(
        payment,
        transaction=transaction,
        recipients=recipients,
        payin_methods=without_open(payment.payin_methods, now),
    )


FUNDING_EVENTS = {False: "transaction.paid_in", True: "transaction.mispaid"}
"""How clients hear that a transaction is funded, by whether another amount came; a hold does not change it."""


def release(payment: Payment, now: datetime) -> Payment:
    """Staff found nothing wrong: payouts start now (T8). The 24 hours after which they are refunded run on."""
    recipients = tuple(
        recipient_rules.fund(r, now=now, start_at=now, refund_at=r.refund_due_at) if recipient_rules.may_start(r) else r
        for r in payment.recipients
    )
    transaction, _ = after_recipients_changed(move(payment.transaction, Cause.REVIEW_PASSED, now), recipients, now)
    return msgspec.structs.replace(payment, transaction=transaction, recipients=recipients)


def hold(payment: Payment, reason: str, now: datetime) -> Payment:
    """Keep payouts that are not under way from starting until staff have looked, or mark it until its money comes (T7).

    What has ended, or where every payout is with its provider, stays as it is.
    """
    transaction = payment.transaction
    held_for = "; ".join(dict.fromkeys([*reasons_of(transaction), reason]))
    if transaction.state in FUNDED_OPEN and not transaction.is_held:
        if not any(map(recipient_rules.may_start, payment.recipients)):
            return payment
        transaction = move(transaction, Cause.MATCH_FOUND, now)
    elif transaction.state not in UNFUNDED | FUNDED_OPEN:
        return payment
    transaction = msgspec.structs.replace(transaction, held_for=held_for, updated_at=now)
    legs = (
        tuple(map(recipient_rules.without_attempt, payment.recipients)) if transaction.is_held else payment.recipients
    )
    return msgspec.structs.replace(payment, transaction=transaction, recipients=legs)


def without_reason(payment: Payment, reason: str, now: datetime) -> Payment:
    """The payment once a reason to hold it is no more: if there was no other one its payouts start."""
    left = [each for each in reasons_of(payment.transaction) if each != reason]
    if left == reasons_of(payment.transaction):
        return payment
    if payment.transaction.is_held and not left:
        return release(payment, now)
    transaction = msgspec.structs.replace(payment.transaction, held_for="; ".join(left) or None, updated_at=now)
    return msgspec.structs.replace(payment, transaction=transaction)


def reasons_of(transaction: Transaction) -> list[str]:
    """Why a transaction is held, or will be."""
    return transaction.held_for.split("; ") if transaction.held_for else []


def is_overdue(transaction: Transaction, now: datetime) -> bool:
    """Whether a held transaction waits for people longer than clients are told."""
    return transaction.is_held and transaction.funded_at is not None and now - transaction.funded_at >= REVIEW_WITHIN


def _resized(payment: Payment, paid_minor: int, rounding_policy: str) -> Payment:
    """Share what came among the recipients, at their frozen rates (flows 7). Raises PriceProblem."""
    counting = [recipient for recipient in payment.recipients if not recipient.left_before_funding]
    inputs = resize([recipient.input.minor for recipient in counting], paid_minor)
    resized = {
        recipient.id: recipient_rules.resize(recipient, minor, rounding_policy=rounding_policy)
        for recipient, minor in zip(counting, inputs, strict=True)
    }
    return msgspec.structs.replace(
        payment,
        transaction=msgspec.structs.replace(payment.transaction, input_minor=paid_minor, mispaid=True),
        recipients=tuple(resized.get(recipient.id, recipient) for recipient in payment.recipients),
    )
