"""The ledger of one environment as a journal for hledger, so that anyone can check our books with another program.

Every posting is one transaction between two accounts, with the balance that it left on each: hledger refuses the file
when one of them is not so. The signs are the ledger's own: what the platform owes or holds is positive, money outside
is negative. An account is named by environment, organisation, app, kind and currency.
"""

from collections.abc import AsyncIterator

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.currency import known_currency
from bitpesa.kernel.values.money import minor_to_decimal
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.tenants.organisations.model import Environment

ROWS_AT_A_TIME = 1_000

_MONEY: dict[Environment, str] = {"live": "real money", "sandbox": "play money"}

_sql = load(__package__, "hledger.sql")


async def export_hledger(conn: Connection, environment: Environment) -> AsyncIterator[str]:
    """Write the journal piece by piece, from one snapshot, in memory that does not grow with the ledger.

    `conn` must be in no transaction. Whoever stops reading early closes the iterator.
    """
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        yield f"; Every posting of the {environment} ledger, oldest first: {_MONEY[environment]}.\n"
        yield "; Check it: hledger -f FILE check --strict\n\n"
        for row in await _sql.currencies_of_accounts.rows(conn, environment):
            yield f"commodity {_sample(row['currency'])}\n"
        yield "\n"
        async for row in conn.cursor(_sql.accounts_of_environment.text, environment, prefetch=ROWS_AT_A_TIME):
            yield f"account {_account(row, environment, row['kind'])}  ; app {row['app_id']}\n"
        async for row in conn.cursor(_sql.postings_in_order.text, environment, prefetch=ROWS_AT_A_TIME):
            yield _transaction(row, environment)


def _sample(currency: str) -> str:
    """An amount that shows hledger how a currency is written; it insists on a decimal mark, places or not."""
    return f"1000.{'0' * known_currency(currency).decimals} {currency}"


def _account(row: Row, environment: Environment, kind: str) -> str:
    """An account's name. Organisations may be called alike: the last twelve digits of the app's id tell."""
    return f"{environment}:{_plain(row['organisation'])} {str(row['app_id'])[-12:]}:{kind}:{row['currency']}"


def _plain(name: str) -> str:
    """A name without what hledger reads as something else: levels, comments, brackets, more than one space."""
    words = "".join(" " if each in ':;()[]*!"' or not each.isprintable() else each for each in name).split()
    return " ".join(words) or "organisation"


def _transaction(row: Row, environment: Environment) -> str:
    lines = ["", f"{row['day']} ({row['id']}) {row['kind']}  ; {_tags(row)}"]
    if row["note"] is not None:
        lines.append(f"    ; note: {' '.join(row['note'].split())}")
    lines.append(_leg(row, environment, row["from_kind"], -row["amount"], row["from_balance"]))
    lines.append(_leg(row, environment, row["to_kind"], row["amount"], row["to_balance"]))
    return "\n".join(lines) + "\n"


def _tags(row: Row) -> str:
    tags = {
        "app": row["app_id"],
        "reference": row["reference"],
        "settled-by": row["settled_by"],
        "posted": to_wire(row["created_at"]),
    }
    return ", ".join(f"{name}:{value}" for name, value in tags.items() if value is not None)


def _leg(row: Row, environment: Environment, kind: str, amount: int, balance: int) -> str:
    currency = row["currency"]
    account = _account(row, environment, kind)
    return f"    {account}  {_amount(amount, currency)} = {_amount(balance, currency)}"


def _amount(minor: int, currency: str) -> str:
    return f"{minor_to_decimal(minor, currency):f} {currency}"
