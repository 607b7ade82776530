"""The ledger's rows."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection, Statement, load
from bitpesa.kernel.database.write_batch import Fields
from bitpesa.kernel.values.money import Money
from bitpesa.money.ledger.model import MAX_OVERDRAFT_MINOR, OVERDRAWABLE, Account, AccountKind, Posted, Posting
from bitpesa.money.ledger.problems import AlreadyFunded, HoldAlreadyReleased

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


async def insert(
    work: Work,
    app_id: UUID,
    ids: Sequence[UUID],
    postings: Sequence[Posting],
    *,
    may_overdraw: bool,
    along: Sequence[tuple[Statement, Sequence[Fields]]],
    hear: Callable[[Sequence[Posted]], None],
) -> None:
    """Write postings, and what names them; the database moves the balances and refuses what must never be.

    What became of them is told once they are written.
    """

    def tell(rows: Sequence[dict[str, Any]]) -> None:
        found = {row["id"]: (row["from_balance"], row["to_balance"]) for row in rows}
        hear([Posted(each, *found[str(each)]) for each in ids])

    rows = [
        _as_json(app_id, posting_id, posting, may_overdraw=may_overdraw)
        for posting_id, posting in zip(ids, postings, strict=True)
    ]
    try:
        await work.write((_sql.insert_postings, rows), *along, hear=tell)
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name == "a_hold_is_released_once":
            raise HoldAlreadyReleased from violation
        if violation.constraint_name == "a_transaction_is_funded_once":
            raise AlreadyFunded from violation
        raise


def _as_json(app_id: UUID, posting_id: UUID, posting: Posting, *, may_overdraw: bool) -> dict[str, Any]:
    return {
        "app_id": app_id,
        "id": posting_id,
        "from_account": posting.from_account.id_in(app_id),
        "to_account": posting.to_account.id_in(app_id),
        "currency": posting.amount.currency,
        "amount": posting.amount.minor,
        "kind": posting.kind,
        "reference": posting.reference,
        "note": posting.note,
        "may_overdraw": may_overdraw or posting.from_kind in OVERDRAWABLE,
        "lowest": -MAX_OVERDRAFT_MINOR,
    }


async def balances(conn: Connection, app_id: UUID, kind: AccountKind) -> list[Money]:
    """The balances of all accounts of a kind, by currency."""
    rows = await _sql.balances.rows(conn, app_id, kind)
    return [Money(row["balance"], row["currency"]) for row in rows]
