"""What happens to collections. Each verb works on payin methods whose transaction the caller has locked."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bitpesa.collections import store
from bitpesa.collections.draft import PayinDraft
from bitpesa.collections.model import KeptReceipt, PayinMethod, PayinMethodState
from bitpesa.collections.rules import OTP_CODE
from bitpesa.kernel.database import Work
from bitpesa.kernel.ids import new_id
from bitpesa.kernel.money import Money
from bitpesa.kernel.places import Free
from bitpesa.ledger.model import AccountKind, Posting, PostingKind
from bitpesa.providers.collecting import CollectionOrder, Receipt

TOPIC_STARTS = "collection_starts"
TOPIC_QUESTIONS = "collection_questions"

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
    """What a collecting provider is asked for."""
    return CollectionOrder(
        reference=method.attempt_id or method.id,
        app_id=method.app_id,
        payin_method_id=method.id,
        payin_type=method.type,
        ux_flow=method.ux_flow or "unknown",
        amount=amount,
        payin_reference=payin_reference,
        page_token=method.page_token,
        details=method.in_details,
    )


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


async def claim_starts(work: Work, *, free: Free, lease: timedelta) -> list[PayinMethod]:
    """Claim payin methods whose payer is to be asked; from the commit on their providers have them.

    Raises UnreadableRows.
    """
    return await store.claim_starts(work.conn, free, lease)


async def claim_questions(work: Work, *, free: Free, lease: timedelta) -> list[PayinMethod]:
    """Claim payin methods that a provider is to be asked about. Raises UnreadableRows."""
    return await store.claim_questions(work.conn, free, lease)


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
