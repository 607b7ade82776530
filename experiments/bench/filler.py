"""Stored transactions by the million: rows that whole flows were seen to write, written again by set-based SQL.

As the ceiling does for one request: with new identifiers, for every payer, and here with everything that followed until
the webhooks were delivered. Every constraint and trigger of the schema looks at each row.
"""

from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any

import asyncpg

from experiments.bench.ceiling import Words, columns_of, overriding
from experiments.bench.payer import Payer
from experiments.bench.written import Row, Written

AT_A_TIME = 200
"""Each posting moves two balances, and what a transaction has updated before makes its every further update slower: two
updates of a balance in a batch cost a fifth of what twenty do."""

BALANCE_LEFT = "(select p.from_balance from ledger_postings p where p.app_id = f.app_id and p.id = f.{posting})"

_ACCOUNTS = "select id, kind, currency from ledger_accounts where app_id = $1 order by kind, currency"
_REFERENCES = """
select conrelid::regclass::text as child, confrelid::regclass::text as parent
from pg_constraint
where contype = 'f' and connamespace = current_schema::regnamespace
"""


async def fill(conn: asyncpg.Connection, payers: Sequence[Payer], flow: Written, count: int) -> None:
    """Store so many more transactions like the one that the first payer made, each payer's in turn."""
    filler = await _prepare(conn, payers, flow)
    await conn.execute("set synchronous_commit = off")  # a crash would end the run anyhow
    for done in range(0, count, AT_A_TIME):
        async with conn.transaction():
            await conn.execute("truncate bench.flows")
            await conn.execute(filler.new_flows, done, min(done + AT_A_TIME, count))
            for statement in filler.statements:
                await conn.execute(statement)


class _Filler:
    """The statements of a batch: those that make its identifiers, and one for each row of the flow."""

    def __init__(self, new_flows: str, statements: list[str]) -> None:
        self.new_flows = new_flows
        self.statements = statements


async def _prepare(conn: asyncpg.Connection, payers: Sequence[Payer], flow: Written) -> _Filler:
    accounts = await conn.fetch(_ACCOUNTS, payers[0].app_id)
    webhook_ids = {row["webhook_id"] for row in flow.inserted.get("webhook_deliveries", ())}
    known: dict[Any, str] = {row["id"]: f"account_{number}" for number, row in enumerate(accounts)}
    known |= dict.fromkeys(webhook_ids, "webhook_id")
    words = Words(payers[0], flow, known)
    await conn.execute("create schema if not exists bench; drop table if exists bench.flows, bench.who")
    await conn.execute(_who(accounts))
    rows = [(at, p.app_id, p.key_id, p.sender_id) for at, p in enumerate(payers)]
    await conn.executemany("insert into bench.who (at, app_id, key_id, sender_id) values ($1, $2, $3, $4)", rows)
    await conn.execute("update bench.who w set webhook_id = h.id from webhooks h where h.app_id = w.app_id")
    for number, row in enumerate(accounts):
        await conn.execute(
            f"update bench.who w set account_{number} = a.id from ledger_accounts a "  # noqa: S608 - a number
            "where a.app_id = w.app_id and a.kind = $1 and a.currency = $2",
            row["kind"],
            row["currency"],
        )
    select = f"select who.*, n, {', '.join(words.made)} from {{}} join bench.who on who.at = n % {len(payers)}"  # noqa: S608
    await conn.execute(f"create unlogged table bench.flows as {select.format('generate_series(0, -1) n')}")
    columns = {table: await columns_of(conn, table) for table in flow.inserted}
    return _Filler(
        f"insert into bench.flows {select.format('generate_series($1::int, $2::int - 1) n')}",
        [_insert(table, row, columns[table], words) for table, row in _in_order(flow, await conn.fetch(_REFERENCES))],
    )


def _who(accounts: Sequence[Row]) -> str:
    columns = "".join(f", account_{number} uuid" for number in range(len(accounts)))
    return (
        "create unlogged table bench.who (at integer primary key, app_id uuid, key_id uuid, sender_id uuid, "
        f"webhook_id uuid{columns})"
    )


def _in_order(flow: Written, references: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """The rows, those that others point at first; the postings of a flow in the order in which they were made."""
    below: dict[str, set[str]] = {table: set() for table in flow.inserted}
    for reference in references:
        child, parent = reference["child"], reference["parent"]
        if child in below and parent in below and child != parent:
            below[child].add(parent)
    for table in TopologicalSorter(below).static_order():
        for row in sorted(flow.inserted[table], key=lambda row: row.get("seq", 0)):
            yield table, row


def _insert(table: str, row: Row, columns: Sequence[str], words: Words) -> str:
    given = {column: words.of(table, row, column) for column in columns}
    if table == "debits":
        given["running_balance"] = BALANCE_LEFT.format(posting=words.word(row["posting_id"]))
    return (
        f"insert into {table} ({', '.join(given)}){overriding(table)} "  # noqa: S608 - all our own
        f"select {', '.join(given.values())} from bench.flows f order by f.n"
    )
