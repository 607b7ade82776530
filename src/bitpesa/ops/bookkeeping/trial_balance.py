"""The books as bookkeepers read them: a trial balance, and the statement of one account."""

from datetime import datetime
from uuid import UUID

import msgspec

from bitpesa.kernel.database.statements import Connection, load
from bitpesa.money.ledger.model import AccountKind
from bitpesa.tenants.organisations.model import Environment

_sql = load(__package__, "trial_balance.sql")


class Line(msgspec.Struct, frozen=True):
    """What stands on the accounts of a kind in a currency, in minor units. Signs are the ledger's own."""

    currency: str
    kind: str
    accounts: int
    balance_minor: int


class AccountEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A posting as one of its accounts sees it: what came (or, below zero, went), from or to where, what that left."""

    id: UUID
    kind: str
    other_kind: str
    amount_minor: int
    balance_minor: int
    reference: UUID | None
    note: str | None
    booked_at: datetime
    app_time: datetime


async def trial_balance(conn: Connection, environment: Environment, app_id: UUID | None = None) -> list[Line]:
    """The trial balance of an environment, or of one app in it."""
    return [
        Line(row["currency"], row["kind"], row["accounts"], row["balance"])
        for row in await _sql.trial_balance.rows(conn, environment, app_id)
    ]


async def statement(
    conn: Connection, app_id: UUID, kind: AccountKind, currency: str, *, limit: int, offset: int
) -> tuple[list[AccountEntry], int]:
    """One page of the entries of an account, newest first, and how many there are (0 beyond the last page)."""
    rows = await _sql.statement.rows(conn, app_id, kind, currency, limit, offset)
    found = [
        AccountEntry(
            id=row["id"],
            kind=row["kind"],
            other_kind=row["other_kind"],
            amount_minor=row["amount"],
            balance_minor=row["balance"],
            reference=row["reference"],
            note=row["note"],
            booked_at=row["created_at"],
            app_time=row["app_time"],
        )
        for row in rows
    ]
    return found, rows[0]["total_count"] if rows else 0
