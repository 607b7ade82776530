"""The rows of debits and movements."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, Statement, load
from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts.model import BankEntry, BankLine, Debit, Direction, Movement, MovementState
from bitpesa.money.accounts.rules import reference_key

_sql = load(__package__, "accounts.sql")


def insertion(debits: Sequence[Debit]) -> tuple[Statement, list[dict[str, Any]]]:
    """How debits are stored: along with their postings."""
    return _sql.insert_debits, [_as_json(debit) for debit in debits]


def _as_json(d: Debit) -> dict[str, Any]:
    return {
        "app_id": d.app_id,
        "id": d.id,
        "to_id": d.to_id,
        "currency": d.amount.currency,
        "amount_minor": d.amount.minor,
        "usd_minor": d.usd_minor,
        "posting_id": d.posting_id,
        "metadata": json.encode_text(d.metadata),
        "created_at": d.created_at,
    }


async def list_page(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Debit], int]:
    """One page of debits, newest first, and how many there are."""
    rows = await _sql.list_debits.rows(conn, app_id, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_debits.value(conn, app_id)
    return [_debit(row) for row in rows], int(total)


async def find(conn: Connection, app_id: UUID, debit_id: UUID) -> Debit | None:
    """Find a debit."""
    row = await _sql.debit_by_id.row(conn, app_id, debit_id)
    return None if row is None else _debit(row)


async def moved_alone(conn: Connection, proposed_by: UUID, within: timedelta) -> int:
    """What somebody moved alone lately, in cents of the dollar; whoever asks too waits until this has ended."""
    await _sql.take_turns.value(conn, proposed_by)
    return int(await _sql.moved_alone.value(conn, proposed_by, within))


async def insert_movement(conn: Connection, m: Movement) -> Movement:
    """Write a movement that waits."""
    row = await _sql.insert_movement.one(
        conn,
        m.app_id,
        m.id,
        m.direction,
        m.amount.currency,
        m.amount.minor,
        m.line.reference,
        m.line.value_date,
        m.reason,
        m.proposed_by,
        m.proposer,
        m.needs_two,
        m.usd_cents,
    )
    return _movement(row)


async def lock_movement(conn: Connection, app_id: UUID, movement_id: UUID) -> Movement | None:
    """Read a movement, and keep others from deciding it."""
    row = await _sql.lock_movement.row(conn, app_id, movement_id)
    return None if row is None else _movement(row)


async def decide_movement(
    conn: Connection, m: Movement, state: MovementState, decided_by: UUID, decider: str, answer: str | None
) -> Movement:
    """Write how a movement was decided."""
    return _movement(await _sql.decide_movement.one(conn, m.app_id, m.id, state, decided_by, decider, answer))


async def movements_waiting(
    conn: Connection, app_id: UUID | None, *, limit: int, offset: int
) -> tuple[list[Movement], int]:
    """Movements that wait, of an app or of all, the oldest first; how many there are."""
    rows = await _sql.movements_waiting.rows(conn, app_id, limit, offset)
    return [_movement(row) for row in rows], int(await _sql.count_movements_waiting.value(conn, app_id))


async def list_movements(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Movement], int]:
    """The movements of an app, the newest first; how many there are."""
    rows = await _sql.list_movements.rows(conn, app_id, limit, offset)
    return [_movement(row) for row in rows], int(await _sql.count_movements.value(conn, app_id))


async def insert_bank_entry(conn: Connection, e: BankEntry) -> bool:
    """Write a transfer under its reference; False when the reference is booked already.

    Whoever books the same reference at once waits until this has ended.
    """
    row = await _sql.insert_bank_entry.row(
        conn,
        e.environment,
        e.amount.currency,
        e.direction,
        reference_key(e.line.reference),
        e.line.reference,
        e.line.value_date,
        e.app_id,
        e.amount.minor,
        e.movement_id,
        e.recorded_by,
    )
    return row is not None


async def bank_entry(conn: Connection, e: BankEntry) -> BankEntry | None:
    """The transfer that is booked under the reference of another one."""
    row = await _sql.bank_entry.row(
        conn, e.environment, e.amount.currency, e.direction, reference_key(e.line.reference)
    )
    return None if row is None else _bank_entry(row)


async def bank_entries_alike(conn: Connection, e: BankEntry, within: timedelta) -> list[BankEntry]:
    """Other transfers of the same client, direction and amount: of the same value date, or recorded lately."""
    rows = await _sql.bank_entries_alike.rows(
        conn,
        e.app_id,
        e.amount.currency,
        e.direction,
        e.amount.minor,
        e.line.value_date,
        within,
        reference_key(e.line.reference),
    )
    return [_bank_entry(row) for row in rows]


async def delete_bank_entry_of(conn: Connection, m: Movement) -> None:
    """Let the reference of a movement that was refused be booked again."""
    await _sql.delete_bank_entry_of.run(conn, m.app_id, m.id)


def _bank_entry(row: Row) -> BankEntry:
    return BankEntry(
        environment=row["environment"],
        direction=Direction(row["direction"]),
        amount=Money(row["amount_minor"], row["currency"]),
        line=BankLine(row["reference"], row["value_date"]),
        app_id=row["app_id"],
        movement_id=row["movement_id"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
    )


def _movement(row: Row) -> Movement:
    return Movement(
        app_id=row["app_id"],
        id=row["id"],
        direction=Direction(row["direction"]),
        amount=Money(row["amount_minor"], row["currency"]),
        line=BankLine(row["bank_reference"], row["value_date"]),
        reason=row["reason"],
        proposed_by=row["proposed_by"],
        proposer=row["proposer"],
        proposed_at=row["proposed_at"],
        needs_two=row["needs_two"],
        usd_cents=row["usd_cents"],
        state=MovementState(row["state"]),
        decided_by=row["decided_by"],
        decider=row["decider"],
        decided_at=row["decided_at"],
        answer=row["answer"],
    )


def _debit(row: Row) -> Debit:
    return Debit(
        app_id=row["app_id"],
        id=row["id"],
        to_type=row["to_type"],
        to_id=row["to_id"],
        amount=Money(row["amount_minor"], row["currency"]),
        usd_minor=row["usd_minor"],
        running_balance=row["running_balance"],
        posting_id=row["posting_id"],
        metadata=row["metadata"],
        created_at=row["created_at"],
    )
