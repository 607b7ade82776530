"""What happens to recipients. Each verb works on recipients whose transaction the caller has locked."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import Money
from bitpesa.money.ledger.model import AccountKind, Posting, PostingKind
from bitpesa.payments.recipients import store
from bitpesa.payments.recipients.model import ClaimedPayout, Recipient
from bitpesa.payments.recipients.rules import Release
from bitpesa.rails.corridors.catalogue import corridor
from bitpesa.rails.corridors.rules import provider_details
from bitpesa.rails.providers.port import Answered, NotStarted, Outcome, PayoutOrder, Unknown
from bitpesa.rails.providers.registry import UNRECORDED

TOPIC_ATTEMPTS = "payout_attempts"
TOPIC_QUESTIONS = "payout_questions"
TOPIC_SCREENING = "recipient_screening"

ProviderOf = Callable[[Connection, Recipient], Awaitable[str]]
"""Names the provider that a recipient is paid by."""


async def store_new(work: Work, recipients: Sequence[Recipient]) -> None:
    """Store the recipients of a new transaction."""
    await store.insert(work, recipients)
    work.wake(TOPIC_SCREENING)
    wake_for(work, recipients)


async def lock(work: Work, app_id: UUID, transaction_ids: Sequence[UUID]) -> list[Recipient]:
    """Lock the recipients of transactions that are locked already."""
    return await store.lock(work, app_id, transaction_ids)


async def change(work: Work, recipients: Sequence[Recipient]) -> None:
    """Store changed recipients, and wake whoever has something to do for them."""
    for recipient in recipients:
        await store.update(work, recipient)
    wake_for(work, recipients)


def wake_for(work: Work, recipients: Sequence[Recipient]) -> None:
    """Wake the payout loop for attempts, and the question loop for cancellations of what a provider has."""
    if any(r.attempt_due_at is not None for r in recipients):
        work.wake(TOPIC_ATTEMPTS)
        work.wake(TOPIC_SCREENING)
    if any(r.ask_due_at is not None and r.cancel_requested_at is not None for r in recipients):
        work.wake(TOPIC_QUESTIONS)


async def claim_attempts(work: Work, provider_of: ProviderOf, *, free: Free, lease: timedelta) -> list[ClaimedPayout]:
    """Claim due attempts and write them down, each with its provider and its order as they are handed over.

    From the commit on their providers have them. Raises UnreadableRows.
    """
    claimed = [
        ClaimedPayout(recipient=each, provider=await provider_of(work.conn, each), order=order_of(each))
        for each in await store.claim_attempts(work.conn, free, lease)
    ]
    if claimed:
        await store.insert_attempts(work.conn, claimed)
    return claimed


async def claim_screenings(work: Work, *, free: Free, lease: timedelta) -> list[tuple[Recipient, datetime]]:
    """Claim recipients that are to be looked up on the sanction lists, each with the end of its lease.

    Raises UnreadableRows.
    """
    return await store.claim_screenings(work.conn, free, lease)


async def clear(work: Work, claimed: Sequence[tuple[Recipient, datetime]], edition: int) -> None:
    """Let recipients be paid that nothing was found of under an edition of the lists."""
    if await store.end_screenings(work.conn, claimed, edition):
        work.wake(TOPIC_ATTEMPTS)


async def end_screening(work: Work, claimed: Recipient, claimed_until: datetime, *, cleared_for: int | None) -> bool:
    """Note that a recipient was looked up, and under which edition it may be paid, if it may.

    False when it was changed meanwhile, and is to be looked up again.
    """
    if cleared_for is not None:
        work.wake(TOPIC_ATTEMPTS)
    return bool(await store.end_screenings(work.conn, [(claimed, claimed_until)], cleared_for))


async def ask_for_screening(work: Work, app_id: UUID, recipient_id: UUID) -> None:
    """Have a recipient looked up again, and not paid before."""
    await store.ask_for_screening(work.conn, app_id, recipient_id)
    work.wake(TOPIC_SCREENING)


async def claim_questions(work: Work, *, free: Free, lease: timedelta) -> list[ClaimedPayout]:
    """Claim payouts that a provider has and is to be asked about, as they were handed over. Raises UnreadableRows."""
    claimed = await store.claim_questions(work.conn, free, lease)
    attempts = await store.find_attempts(work.conn, claimed) if claimed else {}
    return [_handed_over(each, *attempts.get(each.attempt_id or each.id, (UNRECORDED, None))) for each in claimed]


def _handed_over(recipient: Recipient, provider: str, frozen: dict[str, Any] | None) -> ClaimedPayout:
    """A payout as its provider got it. Attempts of earlier releases kept no order: the recipient says what it was."""
    order = order_of(recipient)
    return ClaimedPayout(
        recipient=recipient, provider=provider, order=order if frozen is None else store.thawed(order, frozen)
    )


async def ask_now(work: Work, app_id: UUID, transaction_id: UUID) -> None:
    """Have the provider asked at once about a transaction's payouts that it has."""
    if await store.ask_now(work.conn, app_id, transaction_id):
        work.wake(TOPIC_QUESTIONS)


async def attempt_now(work: Work, app_id: UUID, recipient_id: UUID) -> None:
    """Have the next attempt at a payout made at once, if one is coming."""
    if await store.attempt_now(work.conn, app_id, recipient_id):
        work.wake(TOPIC_ATTEMPTS)


async def note_answer(work: Work, recipient: Recipient, outcome: Outcome, now: datetime) -> None:
    """Write an attempt's outcome beside the attempt."""
    if recipient.attempt_id is None:
        return
    code, text = _describe(outcome)
    await store.answer_attempt(work, recipient.app_id, recipient.attempt_id, now=now, code=code, answer=text)


async def note_word(work: Work, recipient: Recipient, code: str | None, text: str, now: datetime) -> None:
    """Write beside an attempt what staff say of it; without a code only that it is over."""
    if recipient.attempt_id is not None:
        await store.answer_attempt(work, recipient.app_id, recipient.attempt_id, now=now, code=code, answer=text)


def order_of(recipient: Recipient) -> PayoutOrder:
    """What the provider of a new attempt is asked to pay. Afterwards the attempt keeps it: see `ClaimedPayout`."""
    if recipient.attempt_id is None:
        raise AssertionError("an order is made for a claimed attempt only")
    known = corridor(recipient.payout_type)
    countries = known.countries if known is not None else ()
    country = recipient.details.get("country") or (countries[0] if len(countries) == 1 else None)
    return PayoutOrder(
        reference=recipient.attempt_id,
        app_id=recipient.app_id,
        recipient_id=recipient.id,
        payout_type=recipient.payout_type,
        recipient_type=recipient.type,
        amount=recipient.output,
        details=recipient.details if known is None else provider_details(known, recipient.details),
        country=country,
    )


def method_of(payout_type: str) -> str:
    """How a payout type pays: bank, mobile, cash or balance."""
    known = corridor(payout_type)
    return "bank" if known is None else str(known.method)


def postings_of(recipient: Recipient, release: Release, *, funded_by: str | None) -> list[Posting]:
    """How the books release what is held for a recipient.

    A payout is an exchange: what was held leaves for the platform's position in the input currency, what is paid comes
    from its position in the output currency (two transfers over four accounts); the fee is income. A refund gives back
    exactly what was held, fee included (flows 5.5): to the balance, or to the payer it was collected from, unless the
    client wanted it on its balance anyway (flows 6.3).
    """
    to_balance = method_of(recipient.payout_type) == "balance"
    if release is Release.REFUND:
        back = AccountKind.BALANCE if funded_by == "balance" or to_balance else AccountKind.BANK
        return [_posting(recipient, PostingKind.REFUND, AccountKind.HELD, back, recipient.input)]
    net = Money(recipient.input.minor - recipient.fee_minor, recipient.input.currency)
    paid_kind, paid_to = (
        (PostingKind.CREDIT, AccountKind.BALANCE) if to_balance else (PostingKind.PAYOUT, AccountKind.FLOAT)
    )
    postings = [
        _posting(recipient, PostingKind.SETTLEMENT, AccountKind.HELD, AccountKind.EXCHANGE, net),
        _posting(recipient, paid_kind, AccountKind.EXCHANGE, paid_to, recipient.output),
    ]
    if recipient.fee_minor:
        fee = Money(recipient.fee_minor, recipient.input.currency)
        postings.append(_posting(recipient, PostingKind.FEE, AccountKind.HELD, AccountKind.FEES, fee))
    return postings


def merge_details(recipient: Recipient, changes: dict[str, Any]) -> dict[str, Any]:
    """The details with the changed keys laid over them; null takes a key away (flows 8.8)."""
    return json.merged(recipient.details, changes)


def _posting(
    recipient: Recipient, kind: PostingKind, from_kind: AccountKind, to_kind: AccountKind, amount: Money
) -> Posting:
    return Posting(kind=kind, from_kind=from_kind, to_kind=to_kind, amount=amount, reference=recipient.id)


def _describe(outcome: Outcome) -> tuple[str | None, str]:
    match outcome:
        case Answered(code=code):
            return code, msgspec.json.encode(outcome).decode()
        case NotStarted():
            return None, "not started"
        case Unknown(reason=reason):
            return None, f"unknown: {reason}"
