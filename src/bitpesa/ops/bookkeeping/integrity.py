"""The audit: everything that must agree in the database, compared in one snapshot (flows 5.5, 6).

It shares no rule with the code that writes: what the states call for is told a second time, in `integrity.sql`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from bitpesa.kernel.database.statements import Connection, Row, Statement, load
from bitpesa.ops.bookkeeping.model import AuditReport, Disagreement, Figures
from bitpesa.tenants.organisations.environments import ENVIRONMENTS
from bitpesa.tenants.organisations.model import Environment

MOST_SHOWN = 20
"""How many disagreements of one kind are shown; all are counted."""

_sql = load(__package__, "integrity.sql")


class Check(msgspec.Struct, frozen=True):
    """Something that must hold, in a sentence; the table whose rows are named when it does not."""

    sentence: str
    table: str
    statement: Statement


CHECKS = (
    Check("the accounts of a currency sum to zero", "ledger_accounts", _sql.currencies_out_of_balance),
    Check("a balance is the sum of its postings", "ledger_accounts", _sql.balances_unlike_postings),
    Check("a posting notes the balances it left", "ledger_postings", _sql.running_balances_unlike_postings),
    Check("client money never stands below zero", "ledger_accounts", _sql.accounts_below_zero),
    Check("the books hold what the states call for", "ledger_postings", _sql.books_unlike_states),
    Check("a transaction is in the state of its recipients", "transactions", _sql.states_unlike_recipients),
    Check("what came in is paid, returned or held", "transactions", _sql.funding_unlike_recipients),
    Check("nothing is paid before there is money", "recipients", _sql.recipients_ahead_of_money),
    Check("nothing is paid while staff look at it", "recipients", _sql.recipients_ahead_of_review),
    Check("what is held is owed to open recipients", "ledger_accounts", _sql.holds_unlike_recipients),
    Check("what is surplus is owed to payers", "ledger_accounts", _sql.surplus_unlike_receipts),
    Check("what was collected is what was accepted", "transactions", _sql.funding_unlike_receipts),
    Check("a payin method is in the state of its money", "payin_methods", _sql.payin_methods_unlike_receipts),
    Check("the simulator collected what is booked", "payin_receipts", _sql.receipts_unlike_simulator),
    Check("a debit is a posting", "debits", _sql.debits_unlike_postings),
    Check("money is paid or returned, not both", "recipients", _sql.recipients_paid_and_returned),
    Check("nobody is paid twice", "recipients", _sql.recipients_paid_twice),
    Check("whom a provider paid is paid in the books", "recipients", _sql.recipients_paid_by_provider_only),
    Check("the simulator paid nobody twice", "recipients", _sql.simulator_paid_twice),
    Check("whom the simulator paid is paid in the books", "recipients", _sql.simulator_paid_alone),
    Check("the simulator paid what it was asked to", "recipients", _sql.simulator_paid_otherwise),
)


async def audit(conn: Connection, *, most_shown: int = MOST_SHOWN) -> AuditReport:
    """Compare everything in one snapshot, beside people who go on working. `conn` must be in no transaction."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        await _sql.be_a_good_neighbour.run(conn)
        taken_at = await _sql.taken_at.value(conn)
        environments = {row["id"]: row["environment"] for row in await _sql.environments_of_apps.rows(conn)}
        found = [(check, await check.statement.rows(conn, most_shown)) for check in CHECKS]
        read = (
            await _sql.rows_by_app.rows(conn),
            await _sql.states_by_app.rows(conn),
            await _sql.balances_by_app.rows(conn),
        )
        return AuditReport(
            taken_at=taken_at,
            figures={each: _figures(each, environments, *read) for each in ENVIRONMENTS},
            checks=len(CHECKS),
            disagreements=tuple(_disagreement(check, row, environments) for check, rows in found for row in rows),
            disagreements_in_all=sum(rows[0]["total"] for _, rows in found if rows),
        )


def _figures(
    environment: Environment,
    environments: Mapping[UUID, str],
    rows: Iterable[Row],
    states: Iterable[Row],
    balances: Iterable[Row],
) -> Figures:
    """The figures of one environment, out of those of single apps."""

    def of_it(found: Iterable[Row]) -> list[Row]:
        return [row for row in found if environments.get(row["app_id"]) == environment]

    counts, states = _sum(of_it(rows), "what"), of_it(states)
    return Figures(
        apps=sum(each == environment for each in environments.values()),
        accounts=counts["accounts"],
        postings=counts["postings"],
        debits=counts["debits"],
        attempts=counts["attempts"],
        transactions=_sum((row for row in states if row["what"] == "transactions"), "state"),
        recipients=_sum((row for row in states if row["what"] == "recipients"), "state"),
        balances=_by_currency(of_it(balances)),
    )


def _sum(counts: Iterable[Row], name: str) -> Counter[str]:
    """Counts of single apps, added up by what they count."""
    total: Counter[str] = Counter()
    for row in counts:
        total[row[name]] += row["rows"]
    return total


def _by_currency(balances: Iterable[Row]) -> dict[str, Counter[str]]:
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in balances:
        total[row["currency"]][row["kind"]] += row["balance"]
    return dict(sorted(total.items()))


def _disagreement(check: Check, row: Row, environments: Mapping[UUID, str]) -> Disagreement:
    return Disagreement(
        check=check.sentence,
        table=check.table,
        app_id=row["app_id"],
        id=str(row["id"]),
        about=row["about"],
        found=row["found"],
        expected=row["expected"],
        environment=environments.get(row["app_id"]),
    )
