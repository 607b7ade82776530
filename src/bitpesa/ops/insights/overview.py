"""What the dashboard shows beyond single transactions: a search over all of them, and how payouts went day by day."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.payments.transactions import queries as transactions
from bitpesa.payments.transactions.model import Payment, TransactionState

_sql = load(__package__, "overview.sql")


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; all that is given must hold. `recipient` is any part of a recipient's name."""

    external_id: str | None = None
    state: TransactionState | None = None
    recipient: str | None = None
    since: datetime | None = None
    before: datetime | None = None


class PayoutDay(msgspec.Struct, frozen=True, kw_only=True):
    """How the payouts of a day stand now. `paid_usd_minor` is what the paid ones were worth, in cents of the dollar."""

    day: date
    paid: int = 0
    failed: int = 0
    open: int = 0
    paid_usd_minor: int = 0

    @property
    def success_percent(self) -> int | None:
        """How many of those that ended were paid, rounded down: 100 means all. None when none ended."""
        ended = self.paid + self.failed
        return self.paid * 100 // ended if ended else None


async def search(
    conn: Connection, app_id: UUID, asked: Search, *, limit: int, offset: int
) -> tuple[list[Payment], int]:
    """One page of the payments that match, newest first, and how many match in all (0 beyond the last page)."""
    rows = await _sql.matching_transactions.rows(
        conn, app_id, asked.external_id, asked.state, asked.recipient, asked.since, asked.before, limit, offset
    )
    found = await transactions.find_many(conn, app_id, [row["id"] for row in rows])
    return found, rows[0]["total_count"] if rows else 0


async def payouts_by_day(conn: Connection, app_id: UUID, *, now: datetime, days: int) -> list[PayoutDay]:
    """The last so many days up to today, each with its payouts; days without any are there too."""
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    known = {row["day"]: _day(row) for row in await _sql.payouts_by_day.rows(conn, app_id, first)}
    wanted = [first.date() + timedelta(days=each) for each in range(days)]
    return [known.get(day) or PayoutDay(day=day) for day in wanted]


def _day(row: Row) -> PayoutDay:
    return PayoutDay(
        day=row["day"],
        paid=row["paid"],
        failed=row["failed"],
        open=row["open"],
        paid_usd_minor=row["paid_usd_minor"],
    )
