"""The whole ledger as a journal for hledger, so that anyone can check our books with somebody else's program.

Every posting is one transaction between two accounts, with the balance that it left on each: hledger refuses the file
when one of them is not so. The signs are the ledger's own: what the platform owes or holds is positive, money outside
is negative.
"""

from collections.abc import AsyncIterator
from uuid import UUID

from bitpesa.kernel.currency import known_currency
from bitpesa.kernel.money import minor_to_decimal
from bitpesa.kernel.statements import Connection, Row, load
from bitpesa.kernel.timestamps import to_wire

ROWS_AT_A_TIME = 1_000

_sql = load(__package__, "hledger.sql")


async def export_hledger(conn: Connection) -> AsyncIterator[str]:
    """Write the journal piece by piece, from one snapshot, in memory that does not grow with the ledger.

    `conn` must be in no transaction. Whoever stops reading early closes the iterator.
    """
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        yield "; Every posting of the ledger, oldest first. Check it: hledger -f FILE check --strict\n\n"
        for row in await _sql.currencies_of_accounts.rows(conn):
            yield f"commodity {_sample(row['currency'])}\n"
        yield "\n"
        async for row in conn.cursor(_sql.accounts_of_every_app.text, prefetch=ROWS_AT_A_TIME):
            yield f"account {_account(row['app_id'], row['kind'], row['currency'])}  ; app {row['app_id']}\n"
        async for row in conn.cursor(_sql.postings_in_order.text, prefetch=ROWS_AT_A_TIME):
            yield _transaction(row)


def _sample(currency: str) -> str:
    """An amount that shows hledger how a currency is written; it insists on a decimal mark, places or not."""
    return f"1000.{'0' * known_currency(currency).decimals} {currency}"


def _account(app_id: UUID, kind: str, currency: str) -> str:
    """An account's name. Apps go by the last twelve digits of their ids, which are random; the first tell the time."""
    return f"app:{str(app_id)[-12:]}:{kind}:{currency}"


def _transaction(row: Row) -> str:
    lines = ["", f"{row['day']} ({row['id']}) {row['kind']}  ; {_tags(row)}"]
    if row["note"] is not None:
        lines.append(f"    ; note: {' '.join(row['note'].split())}")
    lines.append(_leg(row, row["from_kind"], -row["amount"], row["from_balance"]))
    lines.append(_leg(row, row["to_kind"], row["amount"], row["to_balance"]))
    return "\n".join(lines) + "\n"


def _tags(row: Row) -> str:
    tags = {"app": row["app_id"], "reference": row["reference"], "posted": to_wire(row["created_at"])}
    return ", ".join(f"{name}:{value}" for name, value in tags.items() if value is not None)


def _leg(row: Row, kind: str, amount: int, balance: int) -> str:
    currency = row["currency"]
    account = _account(row["app_id"], kind, currency)
    return f"    {account}  {_amount(amount, currency)} = {_amount(balance, currency)}"


def _amount(minor: int, currency: str) -> str:
    return f"{minor_to_decimal(minor, currency):f} {currency}"
