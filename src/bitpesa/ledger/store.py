"""The ledger's rows."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from bitpesa.kernel.ids import new_id
from bitpesa.kernel.money import Money
from bitpesa.kernel.statements import Connection, load
from bitpesa.ledger.model import OVERDRAWABLE, Account, AccountKind, Posted, Posting
from bitpesa.ledger.problems import AlreadyFunded, HoldAlreadyReleased

_sql = load(__package__, "ledger.sql")


async def lock(conn: Connection, app_id: UUID, accounts: Collection[Account]) -> dict[Account, int] | None:
    """Lock the accounts and tell their balances; None, and nothing is locked, while one of them is not open."""
    wanted = {account.id_in(app_id): account for account in accounts}
    rows = await _sql.lock_accounts.rows(conn, app_id, list(wanted))
    return {wanted[row["id"]]: row["balance"] for row in rows} or None


async def open_accounts(conn: Connection, app_id: UUID, accounts: Collection[Account]) -> None:
    """Open accounts; one that another process opened meanwhile is left as it is."""
    await _sql.open_accounts.run(
        conn,
        app_id,
        [a.id_in(app_id) for a in accounts],
        [a.kind for a in accounts],
        [a.currency for a in accounts],
        [a.kind in OVERDRAWABLE for a in accounts],
    )


async def allow_overdraft(conn: Connection, app_id: UUID, accounts: Collection[Account]) -> None:
    """Let these accounts go below zero from now on."""
    await _sql.allow_overdraft.run(conn, app_id, [account.id_in(app_id) for account in accounts])


async def insert(conn: Connection, app_id: UUID, postings: Sequence[Posting]) -> list[Posted]:
    """Write postings; the database moves the balances and refuses what must never be."""
    try:
        rows = await _sql.insert_postings.rows(
            conn,
            app_id,
            [new_id() for _ in postings],
            [p.from_account.id_in(app_id) for p in postings],
            [p.to_account.id_in(app_id) for p in postings],
            [p.amount.currency for p in postings],
            [p.amount.minor for p in postings],
            [p.kind for p in postings],
            [p.reference for p in postings],
            [p.note for p in postings],
        )
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name == "a_hold_is_released_once":
            raise HoldAlreadyReleased from violation
        if violation.constraint_name == "a_transaction_is_funded_once":
            raise AlreadyFunded from violation
        raise
    return [Posted(row["id"], row["from_balance"], row["to_balance"]) for row in rows]


async def balances(conn: Connection, app_id: UUID, kind: AccountKind) -> list[Money]:
    """The balances of all accounts of a kind, by currency."""
    rows = await _sql.balances.rows(conn, app_id, kind)
    return [Money(row["balance"], row["currency"]) for row in rows]
