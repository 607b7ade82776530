"""The transactions' rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import Overtaken, Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values import json
from bitpesa.payments.transactions.model import Transaction, TransactionState

_sql = load(__package__, "transactions.sql")


async def insert(work: Work, t: Transaction) -> None:
    """Store a new transaction. Raises Overtaken when its external_id is taken."""
    try:
        await work.write((_sql.insert_transactions, [_as_json(t)]))
    except asyncpg.SerializationError as refusal:
        raise Overtaken from refusal


async def update(work: Work, t: Transaction) -> None:
    """Store what changed about a locked transaction; on a sheet about one that must be as it was read."""
    if work.sheet is not None:
        await work.write((_sql.update_unchanged_transactions, [_changes_as_json(t, work.sheet.versions[t.id])]))
        return
    await _sql.update_transaction.run(
        work.conn,
        t.app_id,
        t.id,
        t.state,
        t.state_reason,
        t.input_minor,
        t.paid_minor,
        t.traits,
        t.funded_by,
        t.mispaid,
        t.updated_at,
        t.funded_at,
        t.closed_at,
        t.held_for,
    )


async def find_many(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> list[Transaction]:
    """Find transactions by our ids."""
    return [_transaction(row) for row in await _sql.transactions_by_ids.rows(conn, app_id, ids)]


async def wanting_account_check(conn: Connection, ids: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    """Which of these transactions, by app and id, are to have the accounts of their recipients checked."""
    rows = await _sql.wanting_account_check.rows(conn, [app_id for app_id, _ in ids], [each for _, each in ids])
    return {row["id"] for row in rows}


async def senders_of(conn: Connection, ids: Sequence[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The senders of transactions that are asked for by app and id."""
    rows = await _sql.senders_of.rows(conn, [app_id for app_id, _ in ids], [each for _, each in ids])
    return {row["id"]: row["sender_id"] for row in rows}


async def lock_unpaid_of_sender(conn: Connection, app_id: UUID, sender_id: UUID) -> list[UUID]:
    """Lock a sender's transactions whose money is in and not paid out, in id order."""
    return [row["id"] for row in await _sql.lock_unpaid_of_sender.rows(conn, app_id, sender_id)]


async def find_by_external_id(conn: Connection, app_id: UUID, external_id: str) -> Transaction | None:
    """Find a transaction by the client's id: exact and case-sensitive."""
    row = await _sql.transaction_by_external_id.row(conn, app_id, external_id)
    return None if row is None else _transaction(row)


async def lock(work: Work, app_id: UUID, ids: Sequence[UUID]) -> tuple[list[Transaction], datetime | None]:
    """Lock transactions in id order; also the app's time once the locks are held (None when there is nothing).

    On a sheet nothing is locked: it is refused if they are no more the same when it is written.
    """
    if work.sheet is None:
        rows = await _sql.lock_transactions.rows(work.conn, app_id, sorted(set(ids)))
    else:
        rows = await _sql.transactions_as_they_are.rows(work.reading, app_id, sorted(set(ids)))
        work.sheet.versions.update((row["id"], row["version"]) for row in rows)
    now = max((row["now"] for row in rows), default=None)
    return [_transaction(row) for row in rows], now


async def lock_unfunded_of_sender(conn: Connection, app_id: UUID, sender_id: UUID) -> list[UUID]:
    """Lock the sender's transactions that no money came for yet."""
    return [row["id"] for row in await _sql.lock_unfunded_of_sender.rows(conn, app_id, sender_id)]


async def sender_has_money_moving(conn: Connection, app_id: UUID, sender_id: UUID) -> bool:
    """Whether a transaction of the sender holds money or waits for a collection."""
    return bool(await _sql.sender_has_money_moving.value(conn, app_id, sender_id))


async def expired(conn: Connection, free: Free) -> list[tuple[UUID, UUID]]:
    """Transactions (app, id) whose time to be funded is over, in turns between apps."""
    rows = await _sql.expired.rows(conn, free.after, free.places, free.busy_apps, free.busy_counts)
    return [(row["app_id"], row["id"]) for row in rows]


async def list_for_people(
    conn: Connection, app_id: UUID | None, state: TransactionState, *, limit: int, offset: int
) -> tuple[list[Transaction], int]:
    """Transactions in a state that people have to end, the longest waiting first, and how many there are."""
    rows = await _sql.transactions_for_people.rows(conn, app_id, state, limit, offset)
    return [_transaction(row) for row in rows], rows[0]["total_count"] if rows else 0


async def sender_used_twice(conn: Connection, app_id: UUID) -> UUID | None:
    """Find a sender with two transactions."""
    found: UUID | None = await _sql.sender_used_twice.value(conn, app_id)
    return found


async def first_funded(conn: Connection, app_id: UUID) -> UUID | None:
    """Find the first transaction that a balance funded."""
    found: UUID | None = await _sql.first_funded.value(conn, app_id)
    return found


async def list_page(
    conn: Connection,
    app_id: UUID,
    *,
    external_id: str | None,
    sender_id: UUID | None,
    states: Sequence[str] | None,
    limit: int,
    offset: int,
) -> tuple[list[Transaction], int]:
    """One page of transactions, newest first, and how many match in all."""
    filters = (app_id, external_id, sender_id, states)
    rows = await _sql.list_transactions.rows(conn, *filters, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_transactions.value(conn, *filters)
    return [_transaction(row) for row in rows], int(total)


def _as_json(t: Transaction) -> dict[str, Any]:
    return {
        "app_id": t.app_id,
        "id": t.id,
        "external_id": t.external_id,
        "sender_id": t.sender_id,
        "state": t.state,
        "input_currency": t.input_currency,
        "input_minor": t.input_minor,
        "paid_minor": t.paid_minor,
        "payin_reference": t.payin_reference,
        "traits": json.encode_text(t.traits),
        "metadata": json.encode_text(t.metadata),
        "auto_refund": t.auto_refund,
        "account_validation": t.account_validation,
        "funded_by": t.funded_by,
        "created_at": t.created_at,
        "expires_at": t.expires_at,
        "funded_at": t.funded_at,
        "held_for": t.held_for,
    }


def _changes_as_json(t: Transaction, version: str) -> dict[str, Any]:
    return {
        "of_app": t.app_id,
        "of_id": t.id,
        "version": version,
        "new_state": t.state,
        "new_reason": t.state_reason,
        "new_input": t.input_minor,
        "new_paid": t.paid_minor,
        "new_traits": json.encode_text(t.traits),
        "new_funded_by": t.funded_by,
        "new_mispaid": t.mispaid,
        "changed_at": t.updated_at,
        "new_funded_at": t.funded_at,
        "new_closed_at": t.closed_at,
        "new_held_for": t.held_for,
    }


def _transaction(row: Row) -> Transaction:
    return Transaction(
        app_id=row["app_id"],
        id=row["id"],
        external_id=row["external_id"],
        sender_id=row["sender_id"],
        state=TransactionState(row["state"]),
        state_reason=row["state_reason"],
        input_currency=row["input_currency"],
        input_minor=row["input_minor"],
        paid_minor=row["paid_minor"],
        payin_reference=row["payin_reference"],
        traits=row["traits"],
        metadata=row["metadata"],
        auto_refund=row["auto_refund"],
        account_validation=row["account_validation"],
        funded_by=row["funded_by"],
        mispaid=row["mispaid"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
        funded_at=row["funded_at"],
        closed_at=row["closed_at"],
        held_for=row["held_for"],
    )
