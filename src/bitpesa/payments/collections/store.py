"""The rows of payin methods, and of the money that reached them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.database.undecodable import read_all
from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import Money
from bitpesa.payments.collections.model import ClaimedRequest, KeptReceipt, PayinMethod, PayinMethodState
from bitpesa.rails.providers.collecting import CollectionOrder

_sql = load(__package__, "collections.sql")


async def insert(conn: Connection, m: PayinMethod) -> None:
    """Store a payin method."""
    await _sql.insert_payin_method.run(
        conn,
        m.app_id,
        m.id,
        m.transaction_id,
        m.position,
        m.type,
        m.ux_flow,
        m.state,
        m.result_code,
        m.in_details,
        m.out_details,
        m.page_token,
        m.start_due_at,
        m.closed_at,
        m.created_at,
    )


async def update(conn: Connection, m: PayinMethod) -> None:
    """Store what changed about a payin method whose transaction is locked."""
    await _sql.update_payin_method.run(
        conn,
        m.app_id,
        m.id,
        m.state,
        m.result_code,
        m.state_reason,
        m.in_details,
        m.out_details,
        m.attempt_id,
        m.attempts,
        m.start_due_at,
        m.ask_due_at,
        m.pending_since,
        m.closed_at,
        m.faults,
        m.updated_at,
    )


async def of_transactions(conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]) -> list[PayinMethod]:
    """The payin methods of some transactions, in the order in which they were sent."""
    return [_method(row) for row in await _sql.payin_methods_of.rows(conn, app_id, transaction_ids)]


async def lock(conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]) -> list[PayinMethod]:
    """The same, kept from others until the end of the work."""
    rows = await _sql.lock_payin_methods.rows(conn, app_id, transaction_ids)
    return sorted((_method(row) for row in rows), key=lambda m: (m.transaction_id, m.position, m.id))


async def transaction_of(conn: Connection, app_id: UUID, payin_method_id: UUID) -> UUID | None:
    """The transaction a payin method belongs to."""
    found: UUID | None = await _sql.transaction_of_payin_method.value(conn, app_id, payin_method_id)
    return found


async def of_page(conn: Connection, app_id: UUID, page_token: str) -> UUID | None:
    """The payin method whose payer confirms on a page."""
    found: UUID | None = await _sql.payin_method_of_page.value(conn, app_id, page_token)
    return found


async def claim_starts(conn: Connection, free: Free, lease: timedelta) -> list[PayinMethod]:
    """Claim payin methods whose payer is to be asked, in turns between apps. Raises UnreadableRows."""
    asked = (free.after, free.places, free.busy_apps, free.busy_counts, lease)
    return await read_all(conn, _sql.claim_starts, asked, _method)


async def claim_questions(conn: Connection, free: Free, lease: timedelta) -> list[PayinMethod]:
    """Claim payin methods that a provider is to be asked about, in turns between apps. Raises UnreadableRows."""
    asked = (free.after, free.places, free.busy_apps, free.busy_counts, lease)
    return await read_all(conn, _sql.claim_questions, asked, _method)


async def insert_requests(conn: Connection, claimed: Sequence[ClaimedRequest]) -> None:
    """Write down that these requests are being handed over, to whom, and what they ask for."""
    await _sql.insert_requests.run(
        conn,
        [each.order.app_id for each in claimed],
        [each.order.reference for each in claimed],
        [each.order.payin_method_id for each in claimed],
        [each.provider for each in claimed],
        [json.encode_text(_frozen(each.order)) for each in claimed],
    )


async def find_requests(conn: Connection, methods: Sequence[PayinMethod]) -> dict[UUID, tuple[str, CollectionOrder]]:
    """The provider and the frozen order of the requests that payin methods have open, by the request's id."""
    ids = [method.attempt_id for method in methods]
    rows = await _sql.requests.rows(conn, [method.app_id for method in methods], ids)
    return {row["id"]: (row["provider"], _order(row)) for row in rows}


def _frozen(order: CollectionOrder) -> dict[str, Any]:
    return {
        "payin_type": order.payin_type,
        "ux_flow": order.ux_flow,
        "currency": order.amount.currency,
        "amount_minor": order.amount.minor,
        "payin_reference": order.payin_reference,
        "page_token": order.page_token,
        "details": order.details,
    }


def _order(row: Row) -> CollectionOrder:
    frozen = row["collection_order"]
    return CollectionOrder(
        reference=row["id"],
        app_id=row["app_id"],
        payin_method_id=row["payin_method_id"],
        payin_type=frozen["payin_type"],
        ux_flow=frozen["ux_flow"],
        amount=Money(frozen["amount_minor"], frozen["currency"]),
        payin_reference=frozen["payin_reference"],
        page_token=frozen["page_token"],
        details=frozen["details"],
    )


async def ask_now(conn: Connection, app_id: UUID, payin_method_id: UUID) -> int:
    """Have the provider asked at once about a payin method."""
    return await _sql.ask_now.run(conn, app_id, payin_method_id)


async def insert_receipt(conn: Connection, r: KeptReceipt) -> None:
    """Store money that came."""
    await _sql.insert_receipt.run(
        conn,
        r.app_id,
        r.id,
        r.transaction_id,
        r.payin_method_id,
        r.reference,
        r.currency,
        r.amount_minor,
        r.accepted,
        r.received_at,
    )


async def receipts_of(conn: Connection, app_id: UUID, transaction_id: UUID) -> list[KeptReceipt]:
    """All the money that ever came for a transaction, oldest first."""
    return [_receipt(row) for row in await _sql.receipts_of.rows(conn, app_id, transaction_id)]


async def mark_returned(conn: Connection, app_id: UUID, transaction_id: UUID, now: datetime) -> list[KeptReceipt]:
    """Note that a transaction's surplus went back; answers what did."""
    return [_receipt(row) for row in await _sql.mark_returned.rows(conn, app_id, transaction_id, now)]


async def to_return(conn: Connection, app_id: UUID, limit: int) -> list[KeptReceipt]:
    """The app's surplus that did not go back yet, oldest first."""
    return [_receipt(row) for row in await _sql.to_return.rows(conn, app_id, limit)]


async def to_return_everywhere(conn: Connection, *, limit: int, offset: int) -> tuple[list[KeptReceipt], int]:
    """The same of all apps, and how much there is in all."""
    rows = await _sql.to_return_everywhere.rows(conn, limit, offset)
    return [_receipt(row) for row in rows], int(await _sql.count_to_return_everywhere.value(conn))


def _method(row: Row) -> PayinMethod:
    return PayinMethod(
        app_id=row["app_id"],
        id=row["id"],
        transaction_id=row["transaction_id"],
        position=row["position"],
        type=row["type"],
        ux_flow=row["ux_flow"],
        state=PayinMethodState(row["state"]),
        result_code=row["result_code"],
        state_reason=row["state_reason"],
        in_details=row["in_details"],
        out_details=row["out_details"],
        page_token=row["page_token"],
        attempt_id=row["attempt_id"],
        attempts=row["attempts"],
        faults=row["faults"],
        start_due_at=row["start_due_at"],
        ask_due_at=row["ask_due_at"],
        pending_since=row["pending_since"],
        closed_at=row["closed_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _receipt(row: Row) -> KeptReceipt:
    return KeptReceipt(
        app_id=row["app_id"],
        id=row["id"],
        transaction_id=row["transaction_id"],
        payin_method_id=row["payin_method_id"],
        reference=row["reference"],
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        accepted=row["accepted"],
        received_at=row["received_at"],
        returned_at=row["returned_at"],
    )
