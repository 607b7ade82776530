"""What happens to collections. Each verb works on payin methods whose transaction the caller has locked."""

import base64
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import UNREACHABLE, Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import Money
from bitpesa.kernel.values.phone_numbers import read_phone_number
from bitpesa.money.ledger.model import AccountKind, Posting, PostingKind
from bitpesa.payments.collections import store
from bitpesa.payments.collections.catalogue import payin_type
from bitpesa.payments.collections.draft import PayinDraft
from bitpesa.payments.collections.model import (
    ClaimedRequest,
    ClaimedRequests,
    KeptReceipt,
    PayinMethod,
    PayinMethodState,
)
from bitpesa.payments.collections.rules import OTP_CODE
from bitpesa.rails.providers.collecting import CollectionOrder, Receipt

TOPIC_STARTS = "collection_starts"
TOPIC_QUESTIONS = "collection_questions"

RequestOf = Callable[[Connection, PayinMethod], Awaitable[tuple[str, CollectionOrder]]]
"""Names the provider that collects by a payin method now, and says what it is to be asked for."""

_APP_BYTES = 16
_TOKEN_BYTES = 16


def new_method(
    draft: PayinDraft, app_id: UUID, transaction_id: UUID, position: int, now: datetime, *, may_start: bool
) -> PayinMethod:
    """The payin method that a faultless draft describes."""
    if draft.type is None:
        raise AssertionError("a payin method without a type has errors")
    state = PayinMethodState.INCOMPLETE if draft.awaits_otp else PayinMethodState.INITIAL
    return PayinMethod(
        app_id=app_id,
        id=new_id(),
        transaction_id=transaction_id,
        position=position,
        type=draft.type.type,
        ux_flow=draft.ux_flow,
        state=state,
        result_code=OTP_CODE if draft.awaits_otp else None,
        in_details=draft.in_details,
        page_token=new_page_token(app_id),
        start_due_at=now if may_start and state is PayinMethodState.INITIAL else None,
        created_at=now,
        updated_at=now,
    )


def added_method(app_id: UUID, transaction_id: UUID, type_: str, position: int, now: datetime) -> PayinMethod:
    """A payin method that nobody declared: the sandbox's forced payin adds it (flows 7)."""
    return PayinMethod(
        app_id=app_id,
        id=new_id(),
        transaction_id=transaction_id,
        position=position,
        type=type_,
        state=PayinMethodState.INITIAL,
        created_at=now,
        updated_at=now,
    )


def new_page_token(app_id: UUID) -> str:
    """The name of a payer's page: which app it belongs to, and what nobody can guess."""
    return _written_token(app_id.bytes + secrets.token_bytes(_TOKEN_BYTES))


def app_of_page(token: str) -> UUID | None:
    """The app that a page token belongs to; None when it is none."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(raw) != _APP_BYTES + _TOKEN_BYTES or _written_token(raw) != token:
        return None
    return UUID(bytes=raw[:_APP_BYTES])


def _written_token(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def order_of(method: PayinMethod, amount: Money, payin_reference: str) -> CollectionOrder:
    """What a collecting provider is asked for by a new request. Afterwards that keeps it: see `ClaimedRequest`."""
    return CollectionOrder(
        reference=method.attempt_id or method.id,
        app_id=method.app_id,
        payin_method_id=method.id,
        payin_type=method.type,
        ux_flow=method.ux_flow or "unknown",
        amount=amount,
        payin_reference=payin_reference,
        page_token=method.page_token,
        details=_provider_details(method),
    )


def _provider_details(method: PayinMethod) -> dict[str, Any]:
    """The details as a provider is given them: phone numbers in E.164. The client is shown what it sent."""
    found = payin_type(method.type)
    given = dict(method.in_details)
    for name, field in ({} if found is None else found.fields).items():
        if found is not None and field.format == "phone" and isinstance(given.get(name), str):
            given[name] = read_phone_number(given[name], found.countries, countries=found.countries) or given[name]
    return given


async def store_new(work: Work, methods: Sequence[PayinMethod]) -> None:
    """Store the payin methods of a new transaction."""
    for method in methods:
        await store.insert(work.conn, method)
    wake_for(work, methods)


async def change(work: Work, methods: Sequence[PayinMethod]) -> None:
    """Store changed payin methods, and wake whoever has something to do for them."""
    for method in methods:
        await store.update(work.conn, method)
    wake_for(work, methods)


def wake_for(work: Work, methods: Sequence[PayinMethod]) -> None:
    """Wake the loop that asks payers, and the one that asks providers for those that are to be stopped."""
    if any(method.start_due_at is not None for method in methods):
        work.wake(TOPIC_STARTS)
    if any(method.state is PayinMethodState.CANCELED and method.ask_due_at is not None for method in methods):
        work.wake(TOPIC_QUESTIONS)


async def claim_starts(work: Work, request_of: RequestOf, *, free: Free, lease: timedelta) -> ClaimedRequests:
    """Claim payin methods whose payer is to be asked, and write the requests down as they are handed over.

    From the commit on their providers have them. Raises UnreadableRows.
    """
    claimed = ClaimedRequests([], [])
    for method in await store.claim_starts(work.conn, free, lease):
        await _add(claimed, work, request_of, method)
    if claimed.ready:
        await store.insert_requests(work.conn, claimed.ready)
    return claimed


async def claim_questions(work: Work, request_of: RequestOf, *, free: Free, lease: timedelta) -> ClaimedRequests:
    """Claim payin methods that a provider is to be asked about, with their requests as they were handed over.

    Raises UnreadableRows.
    """
    methods = await store.claim_questions(work.conn, free, lease)
    requests = await store.find_requests(work.conn, methods) if methods else {}
    claimed = ClaimedRequests([], [])
    for method in methods:
        if method.attempt_id in requests:
            provider, order = requests[method.attempt_id]
            claimed.ready.append(ClaimedRequest(method=method, provider=provider, order=order))
        else:
            await _add(claimed, work, request_of, method, is_recorded=False)
    return claimed


async def _add(
    claimed: ClaimedRequests, work: Work, request_of: RequestOf, method: PayinMethod, *, is_recorded: bool = True
) -> None:
    """Add the request of a payin method as it would be made now; one that cannot be made stops no other."""
    try:
        provider, order = await request_of(work.conn, method)
    except (*UNREACHABLE, asyncpg.PostgresError):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
        claimed.failed.append((method, problem))
        return
    claimed.ready.append(ClaimedRequest(method=method, provider=provider, order=order, is_recorded=is_recorded))


async def handed_over(conn: Connection, method: PayinMethod) -> ClaimedRequest | None:
    """The request that a payer has, as it was handed over; None when there is no record of one."""
    found = await store.find_requests(conn, [method])
    return next((ClaimedRequest(method=method, provider=name, order=order) for name, order in found.values()), None)


async def ask_now(work: Work, app_id: UUID, payin_method_id: UUID) -> None:
    """Have the provider asked at once how a collection stands: it says that something happened."""
    if await store.ask_now(work.conn, app_id, payin_method_id):
        work.wake(TOPIC_QUESTIONS)


async def book(
    work: Work, method: PayinMethod, receipts: Sequence[Receipt], currency: str, now: datetime, *, accepted: bool
) -> list[Posting]:
    """Keep receipts, and say how the books take them in: held for the transaction, or as surplus that goes back."""
    postings = []
    for receipt in receipts:
        kept = KeptReceipt(
            app_id=method.app_id,
            id=new_id(),
            transaction_id=method.transaction_id,
            payin_method_id=method.id,
            reference=receipt.reference,
            currency=currency,
            amount_minor=receipt.amount_minor,
            accepted=accepted,
            received_at=now,
        )
        await store.insert_receipt(work.conn, kept)
        postings.append(_taken_in(kept))
    return postings


async def give_back(
    work: Work, app_id: UUID, transaction_id: UUID, now: datetime
) -> tuple[list[KeptReceipt], list[Posting]]:
    """Note that all surplus of a transaction went back to its payers, and say how it leaves the books."""
    returned = await store.mark_returned(work.conn, app_id, transaction_id, now)
    return returned, [
        Posting(
            kind=PostingKind.RETURN,
            from_kind=AccountKind.SURPLUS,
            to_kind=AccountKind.BANK,
            amount=Money(receipt.amount_minor, receipt.currency),
            reference=receipt.id,
        )
        for receipt in returned
    ]


def _taken_in(receipt: KeptReceipt) -> Posting:
    return Posting(
        kind=PostingKind.COLLECTION if receipt.accepted else PostingKind.SURPLUS,
        from_kind=AccountKind.BANK,
        to_kind=AccountKind.HELD if receipt.accepted else AccountKind.SURPLUS,
        amount=Money(receipt.amount_minor, receipt.currency),
        reference=receipt.transaction_id if receipt.accepted else receipt.id,
    )
