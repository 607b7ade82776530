"""The recipients' rows and those of their attempts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.database.undecodable import read_all
from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import Money
from bitpesa.payments.recipients.model import ClaimedPayout, Recipient, RecipientState
from bitpesa.rails.providers.port import PayoutOrder

_sql = load(__package__, "recipients.sql")


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /v1/recipients may ask for (flows 11.2). Amounts are in minor units of the input currency."""

    states: tuple[str, ...] | None = None
    currencies: tuple[str, ...] | None = None
    amount_from: int | None = None
    amount_to: int | None = None
    since: datetime | None = None
    before: datetime | None = None


async def insert(work: Work, recipients: Sequence[Recipient]) -> None:
    """Store the recipients of a new transaction."""
    await work.write((_sql.insert_recipients, [_as_json(recipient) for recipient in recipients]))


async def update(work: Work, r: Recipient) -> None:
    """Store what changed about a recipient whose transaction is locked; on a sheet it must be as it was read."""
    if work.sheet is not None:
        await work.write((_sql.update_unchanged_recipients, [_changes_as_json(r, work.sheet.versions[r.id])]))
        return
    await _sql.update_recipient.run(
        work.conn,
        r.app_id,
        r.id,
        r.state,
        r.state_reason,
        r.result_code,
        r.input.minor,
        r.output.minor,
        r.fee_minor,
        r.input_usd_minor,
        r.details,
        r.metadata,
        r.system_metadata,
        r.left_before_funding,
        r.attempt_id,
        r.attempts,
        r.faults,
        r.attempt_due_at,
        r.ask_due_at,
        r.refund_due_at,
        r.pending_since,
        r.cancel_requested_at,
        r.mandate_id,
        r.updated_at,
    )


async def of_transactions(conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]) -> list[Recipient]:
    """All recipients of some transactions, in the order in which they were sent."""
    rows = await _sql.recipients_of_transactions.rows(conn, app_id, transaction_ids)
    return [_recipient(row) for row in rows]


async def lock(work: Work, app_id: UUID, transaction_ids: Sequence[UUID]) -> list[Recipient]:
    """The same, kept from others until the end of the work; on a sheet they must not have changed by then."""
    if work.sheet is None:
        rows = await _sql.lock_recipients.rows(work.conn, app_id, transaction_ids)
    else:
        rows = await _sql.recipients_as_they_are.rows(work.reading, app_id, transaction_ids)
        work.sheet.versions.update((row["id"], row["version"]) for row in rows)
    return sorted((_recipient(row) for row in rows), key=lambda r: (r.transaction_id, r.position))


async def transaction_of(conn: Connection, app_id: UUID, recipient_id: UUID) -> UUID | None:
    """The transaction a recipient belongs to."""
    found: UUID | None = await _sql.transaction_of.value(conn, app_id, recipient_id)
    return found


async def list_page(
    conn: Connection, app_id: UUID, filters: Filters, *, limit: int, offset: int
) -> tuple[list[Recipient], int]:
    """One page of recipients, newest first, and how many match in all."""
    asked = (
        app_id,
        filters.states,
        filters.currencies,
        filters.amount_from,
        filters.amount_to,
        filters.since,
        filters.before,
    )
    rows = await _sql.list_recipients.rows(conn, *asked, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_recipients.value(conn, *asked)
    return [_recipient(row) for row in rows], int(total)


async def list_for_people(
    conn: Connection, app_id: UUID | None, states: Sequence[str], *, limit: int, offset: int
) -> tuple[list[Recipient], int]:
    """Recipients in one of these states, the longest waiting first, and how many there are in all."""
    rows = await _sql.recipients_for_people.rows(conn, app_id, states, limit, offset)
    return [_recipient(row) for row in rows], rows[0]["total_count"] if rows else 0


async def claim_attempts(conn: Connection, free: Free, lease: timedelta) -> list[Recipient]:
    """Claim payouts whose attempt is due, in turns between apps. Raises UnreadableRows."""
    asked = (free.after, free.places, free.busy_apps, free.busy_counts, lease)
    return await read_all(conn, _sql.claim_attempts, asked, _recipient)


async def claim_screenings(conn: Connection, free: Free, lease: timedelta) -> list[tuple[Recipient, datetime]]:
    """Claim recipients that are to be looked up on the lists, each with the end of its lease. Raises UnreadableRows.

    Apps take turns: first what is new or edited, then what is about to be paid.
    """
    asked = (free.after, free.places, free.busy_apps, free.busy_counts, lease)
    claimed = await read_all(conn, _sql.claim_screenings, asked, _recipient_to_screen)
    left = free.places - len(claimed)
    if left > 0:
        asked = (free.after, left, free.busy_apps, free.busy_counts, lease)
        claimed += await read_all(conn, _sql.claim_screenings_of_payable, asked, _recipient_to_screen)
    return claimed


def _recipient_to_screen(row: Row) -> tuple[Recipient, datetime]:
    return _recipient(row), row["screen_due_at"]


async def end_screenings(
    conn: Connection, claimed: Sequence[tuple[Recipient, datetime]], cleared_for: int | None
) -> set[UUID]:
    """Note that recipients were looked up; answers which of them nobody changed meanwhile."""
    rows = await _sql.end_screenings.rows(
        conn,
        [recipient.app_id for recipient, _ in claimed],
        [recipient.id for recipient, _ in claimed],
        [claimed_until for _, claimed_until in claimed],
        [cleared_for] * len(claimed),
    )
    return {row["id"] for row in rows}


async def ask_for_screening(conn: Connection, app_id: UUID, recipient_id: UUID) -> None:
    """Have a recipient looked up again, and not paid before."""
    await _sql.ask_for_screening.run(conn, app_id, recipient_id)


async def claim_questions(conn: Connection, free: Free, lease: timedelta) -> list[Recipient]:
    """Claim payouts that a provider is to be asked about, in turns between apps. Raises UnreadableRows."""
    asked = (free.after, free.places, free.busy_apps, free.busy_counts, lease)
    return await read_all(conn, _sql.claim_questions, asked, _recipient)


async def ask_now(conn: Connection, app_id: UUID, transaction_id: UUID) -> int:
    """Have the provider asked at once about the payouts of a transaction that it has."""
    return await _sql.ask_now.run(conn, app_id, transaction_id)


async def attempt_now(conn: Connection, app_id: UUID, recipient_id: UUID) -> int:
    """Make the next attempt due; answers 0 when none is coming."""
    return await _sql.attempt_now.run(conn, app_id, recipient_id)


async def waiting_for_mandate(conn: Connection, app_id: UUID, mandate_id: UUID, code: str) -> list[UUID]:
    """Transactions with a payout that waits for a mandate, its last answer being this code."""
    rows = await _sql.waiting_for_mandate.rows(conn, app_id, mandate_id, code)
    return [row["transaction_id"] for row in rows]


async def find_refunded(conn: Connection, app_id: UUID, recipient_ids: Sequence[UUID]) -> list[Recipient]:
    """Those of these recipients whose money went back."""
    return [_recipient(row) for row in await _sql.refunded_recipients.rows(conn, app_id, recipient_ids)]


async def due_refunds(conn: Connection, free: Free) -> list[tuple[UUID, UUID]]:
    """Transactions (app, id) with a payout that is due to be refunded, in turns between apps."""
    rows = await _sql.due_refunds.rows(conn, free.after, free.places, free.busy_apps, free.busy_counts)
    return [(row["app_id"], row["transaction_id"]) for row in rows]


async def insert_attempts(conn: Connection, claimed: Sequence[ClaimedPayout]) -> None:
    """Write down that these attempts are being handed over, to whom, and what they ask for."""
    await _sql.insert_attempts.run(
        conn,
        [each.order.app_id for each in claimed],
        [each.order.reference for each in claimed],
        [each.order.recipient_id for each in claimed],
        [each.provider for each in claimed],
        [json.encode_text(_frozen(each.order)) for each in claimed],
    )


async def find_attempts(
    conn: Connection, recipients: Sequence[Recipient]
) -> dict[UUID, tuple[str, dict[str, Any] | None]]:
    """The provider and the frozen order of the attempts that recipients have open, by the attempt's id."""
    ids = [r.attempt_id for r in recipients]
    rows = await _sql.attempts.rows(conn, [r.app_id for r in recipients], ids)
    return {row["id"]: (row["provider"], row["payout_order"]) for row in rows}


def thawed(order: PayoutOrder, frozen: dict[str, Any]) -> PayoutOrder:
    """An order with the content that was frozen, as far as it was."""
    return msgspec.structs.replace(
        order,
        payout_type=frozen["payout_type"],
        recipient_type=frozen["recipient_type"],
        amount=Money(frozen["amount_minor"], frozen["currency"]),
        details=frozen["details"],
        country=frozen.get("country", order.country),
    )


def _frozen(order: PayoutOrder) -> dict[str, Any]:
    return {
        "payout_type": order.payout_type,
        "recipient_type": order.recipient_type,
        "currency": order.amount.currency,
        "amount_minor": order.amount.minor,
        "details": order.details,
        "country": order.country,
    }


async def answer_attempt(
    work: Work, app_id: UUID, attempt_id: UUID, *, now: datetime, code: str | None, answer: str | None
) -> None:
    """Write down what the provider answered."""
    said = {"app_id": app_id, "id": attempt_id, "answered_at": now, "result_code": code, "answer": answer}
    await work.write((_sql.answer_attempts, [said]))


def _as_json(r: Recipient) -> dict[str, Any]:
    return {
        "app_id": r.app_id,
        "transaction_id": r.transaction_id,
        "id": r.id,
        "position": r.position,
        "type": r.type,
        "state": r.state,
        "requested_minor": r.requested.minor,
        "requested_currency": r.requested.currency,
        "input_minor": r.input.minor,
        "input_currency": r.input.currency,
        "output_minor": r.output.minor,
        "output_currency": r.output.currency,
        "fee_minor": r.fee_minor,
        "input_usd_minor": r.input_usd_minor,
        "rate": r.rate,
        "payout_method_id": r.payout_method_id,
        "payout_type": r.payout_type,
        "details": json.encode_text(r.details),
        "payout_method_metadata": json.encode_text(r.payout_method_metadata),
        "metadata": json.encode_text(r.metadata),
        "mandate_id": r.mandate_id,
        "attempt_due_at": r.attempt_due_at,
        "refund_due_at": r.refund_due_at,
        "created_at": r.created_at,
    }


def _changes_as_json(r: Recipient, version: str) -> dict[str, Any]:
    return {
        "app_id": r.app_id,
        "id": r.id,
        "version": version,
        "state": r.state,
        "state_reason": r.state_reason,
        "result_code": r.result_code,
        "input_minor": r.input.minor,
        "output_minor": r.output.minor,
        "fee_minor": r.fee_minor,
        "input_usd_minor": r.input_usd_minor,
        "details": json.encode_text(r.details),
        "metadata": json.encode_text(r.metadata),
        "system_metadata": json.encode_text(r.system_metadata),
        "left_before_funding": r.left_before_funding,
        "attempt_id": r.attempt_id,
        "attempts": r.attempts,
        "faults": r.faults,
        "attempt_due_at": r.attempt_due_at,
        "ask_due_at": r.ask_due_at,
        "refund_due_at": r.refund_due_at,
        "pending_since": r.pending_since,
        "cancel_requested_at": r.cancel_requested_at,
        "mandate_id": r.mandate_id,
        "updated_at": r.updated_at,
    }


def _recipient(row: Row) -> Recipient:
    return Recipient(
        app_id=row["app_id"],
        id=row["id"],
        transaction_id=row["transaction_id"],
        position=row["position"],
        type=row["type"],
        state=RecipientState(row["state"]),
        state_reason=row["state_reason"],
        result_code=row["result_code"],
        requested=Money(row["requested_minor"], row["requested_currency"]),
        input=Money(row["input_minor"], row["input_currency"]),
        output=Money(row["output_minor"], row["output_currency"]),
        fee_minor=row["fee_minor"],
        input_usd_minor=row["input_usd_minor"],
        rate=row["rate"],
        payout_method_id=row["payout_method_id"],
        payout_type=row["payout_type"],
        details=row["details"],
        payout_method_metadata=row["payout_method_metadata"],
        metadata=row["metadata"],
        system_metadata=row["system_metadata"],
        mandate_id=row["mandate_id"],
        left_before_funding=row["left_before_funding"],
        attempt_id=row["attempt_id"],
        attempts=row["attempts"],
        faults=row["faults"],
        attempt_due_at=row["attempt_due_at"],
        ask_due_at=row["ask_due_at"],
        refund_due_at=row["refund_due_at"],
        pending_since=row["pending_since"],
        cancel_requested_at=row["cancel_requested_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
