"""What stands in reports: the columns of flows 12.1, from what the database says at one moment.

Rows come from a cursor of the server, so that a file of a million rows needs no more memory than one of ten.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import Money, minor_to_decimal
from bitpesa.money.rates.pricing import exchange_rate
from bitpesa.ops.reports.csv_rows import Cell
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Period

ROWS_AT_A_TIME = 200
"""Few, since each may carry metadata of 64 KiB."""

TRANSACTION_COLUMNS = (
    "created_at id external_id send_ref sender_id sender_external_id recipient_id payout_type state input_amount"
    " input_currency output_amount output_currency exchange_rate fee funded_at closed_at state_reason_code"
    " settled_by"
).split()
ACCOUNT_COLUMNS = "date currency entry_id kind transaction_id external_id amount running_balance".split()

FAILED = "failed"
"""The kind of an entry that tells of a transaction which no money ever came for."""

_SHOWN_KINDS = {"credit": "deposit"}
"""Postings whose word clients do not know: a payout to the app's own balance comes in like a deposit."""

_sql = load(__package__, "contents.sql")


def columns(type_: ReportType) -> list[str]:
    """The first row of a report."""
    return TRANSACTION_COLUMNS if type_ is ReportType.TRANSACTION else ACCOUNT_COLUMNS


def rows(conn: Connection, type_: ReportType, app_id: UUID, period: Period) -> AsyncIterator[list[Cell]]:
    """The rows of a report but the first. `conn` must be in a transaction."""
    read = _transactions if type_ is ReportType.TRANSACTION else _entries
    return read(conn, app_id, period)


async def _transactions(conn: Connection, app_id: UUID, period: Period) -> AsyncIterator[list[Cell]]:
    """One row for each recipient of the transactions that were created in the period."""
    found = conn.cursor(
        _sql.payouts.text, app_id, period.begins_at, period.ends_at, prefetch=ROWS_AT_A_TIME
    )  # fmt: skip
    async for row in found:
        paid_in, paid_out = (Money(row[f"{side}_minor"], row[f"{side}_currency"]) for side in ("input", "output"))
        yield [
            row["created_at"],
            row["id"],
            row["external_id"],
            _send_ref(row["metadata"]),
            row["sender_id"],
            row["sender_external_id"],
            row["recipient_id"],
            row["payout_type"],
            row["state"],
            _decimal(paid_in),
            paid_in.currency,
            _decimal(paid_out),
            paid_out.currency,
            exchange_rate(paid_in, paid_out),
            _decimal(Money(row["fee_minor"], paid_in.currency)),
            row["funded_at"],
            row["closed_at"],
            row["result_code"],
            row["settled_by"],
        ]


async def _entries(conn: Connection, app_id: UUID, period: Period) -> AsyncIterator[list[Cell]]:
    """One row for each entry in a balance, and for each transaction that was never funded.

    What leaves a balance is negative. A transaction that failed moved nothing, and finds the balance as it was left.
    """
    found = conn.cursor(
        _sql.entries.text, app_id, period.begins_at, period.ends_at, prefetch=ROWS_AT_A_TIME
    )  # fmt: skip
    balances: dict[str, int] = {}
    async for row in found:
        code = row["currency"]
        balances[code] = _balance_after(row, balances)
        yield [
            row["happened_at"],
            code,
            row["entry_id"],
            _SHOWN_KINDS.get(row["kind"], row["kind"]),
            row["transaction_id"],
            row["external_id"],
            _decimal(Money(row["amount"], code)),
            _decimal(Money(balances[code], code)),
        ]


def _balance_after(row: Row, balances: Mapping[str, int]) -> int:
    """What the ledger noted; beside it, what it noted last in this currency, in the period or before it."""
    noted: int | None = row["balance"]
    if noted is not None:
        return noted
    opening: int = row["opening"]
    return balances.get(row["currency"], opening)


def _send_ref(metadata: Any) -> str | None:
    """The reference that old clients keep in metadata (flows 4.2). Read here: SQL refuses metadata with NULs in it."""
    value = metadata.get("sendRef") if isinstance(metadata, dict) else None
    return value if value is None or isinstance(value, str) else json.encode_text(value)


def _decimal(amount: Money) -> Any:
    return minor_to_decimal(amount.minor, amount.currency)
