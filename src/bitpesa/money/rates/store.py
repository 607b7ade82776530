"""The rows of exchange rates."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.ids import new_id
from bitpesa.money.rates.model import Proposal, ProposalState, Quote, RateChange, Rates

_sql = load(__package__, "rates.sql")


class _Known(msgspec.Struct):
    """The rates as they are remembered, also for apps of these margins."""

    version: Decimal | None
    units_per_usd: dict[str, Fraction]
    by_margin: dict[Decimal, Rates] = msgspec.field(default_factory=dict)


async def units_per_usd(conn: Connection) -> dict[str, Fraction]:
    """The stored rates by currency: how many units one dollar is."""
    rows = await _sql.rates.rows(conn)
    return {row["currency"]: _fraction(*row[1:]) for row in rows}


async def unchanged(work: Work, margin: Decimal) -> Rates:
    """The rates for an app with this margin, as they are remembered or read; the sheet is refused if they changed."""
    if work.sheet is None:
        raise AssertionError("in a transaction rates are read")
    known: _Known | None = work.sheet.recall(_Known)
    if known is None:
        rows = await _sql.rates_with_version.rows(work.reading)
        version = rows[0]["version"] if rows else None
        known = _Known(version, {row["currency"]: _fraction(*row[1:3]) for row in rows})
        work.sheet.remember(_Known, known)
    await work.write((_sql.rates_unchanged, [{"version": known.version}]))
    if margin not in known.by_margin:
        known.by_margin[margin] = Rates(known.units_per_usd, margin)
    return known.by_margin[margin]


async def set_rate(conn: Connection, currency: str, numerator: Decimal, denominator: Decimal, source: str) -> None:
    """Store the rate of a currency in place of the one before."""
    await _sql.set_rate.run(conn, currency, numerator, denominator, source)


async def add_missing(conn: Connection, rates: Mapping[str, tuple[Decimal, Decimal]], source: str) -> int:
    """Store rates, as numerator and denominator, of currencies that have none; answers how many there were."""
    return await _sql.add_rates.run(
        conn,
        list(rates),
        [numerator for numerator, _ in rates.values()],
        [denominator for _, denominator in rates.values()],
        source,
    )


async def changes_of(conn: Connection, currency: str, *, limit: int, offset: int) -> tuple[list[RateChange], int]:
    """The rates that a currency had, the newest first; how many there are."""
    rows = await _sql.changes_of.rows(conn, currency, limit, offset)
    changes = [RateChange(_fraction(row[0], row[1]), row["source"], row["set_at"]) for row in rows]
    return changes, int(await _sql.count_changes_of.value(conn, currency))


async def lock_rate(conn: Connection, currency: str) -> tuple[Quote, str] | None:
    """Read the rate of a currency and where it came from, and keep others from changing it."""
    await _sql.take_turns_on_rate.value(conn, currency)
    return await rate_of(conn, currency)


async def rate_of(conn: Connection, currency: str) -> tuple[Quote, str] | None:
    """Read the rate of a currency and where it came from."""
    row = await _sql.rate_of.row(conn, currency)
    return None if row is None else (Quote(currency, row[0], row[1]), row["source"])


async def rates_in_force(conn: Connection, currency: str, within: timedelta, default_source: str) -> list[Fraction]:
    """The rates that were in force at some moment of the last while and since two people confirmed one."""
    rows = await _sql.rates_in_force.rows(conn, currency, within, default_source)
    return [_fraction(row[0], row[1]) for row in rows]


async def insert_proposal(
    conn: Connection, quote: Quote, before: Quote, source: str, proposed_by: UUID, proposer: str
) -> Proposal:
    """Write a rate that waits for a second person."""
    row = await _sql.insert_proposal.one(
        conn,
        new_id(),
        quote.currency,
        quote.numerator,
        quote.denominator,
        before.numerator,
        before.denominator,
        source,
        proposed_by,
        proposer,
    )
    return _proposal(row)


async def proposal(conn: Connection, proposal_id: UUID) -> Proposal | None:
    """Read a proposed rate."""
    row = await _sql.proposal.row(conn, proposal_id)
    return None if row is None else _proposal(row)


async def lock_proposal(conn: Connection, proposal_id: UUID) -> Proposal | None:
    """Read a proposed rate, and keep others from deciding it."""
    row = await _sql.lock_proposal.row(conn, proposal_id)
    return None if row is None else _proposal(row)


async def waiting_proposal_of(conn: Connection, currency: str) -> Proposal | None:
    """The rate of a currency that waits, and keep others from deciding it."""
    row = await _sql.waiting_proposal_of.row(conn, currency)
    return None if row is None else _proposal(row)


async def decide_proposal(
    conn: Connection, p: Proposal, state: ProposalState, decided_by: UUID | None, decider: str, answer: str | None
) -> Proposal:
    """Write how a proposed rate was decided."""
    return _proposal(await _sql.decide_proposal.one(conn, p.id, state, decided_by, decider, answer))


async def waiting_proposals(conn: Connection) -> list[Proposal]:
    """The rates that wait for a second person, the oldest first; a currency has at most one."""
    return [_proposal(row) for row in await _sql.waiting_proposals.rows(conn)]


async def proposals_of(conn: Connection, currency: str, *, limit: int) -> list[Proposal]:
    """The proposed rates of a currency, the newest first."""
    return [_proposal(row) for row in await _sql.proposals_of.rows(conn, currency, limit)]


def _proposal(row: Row) -> Proposal:
    return Proposal(
        id=row["id"],
        quote=Quote(row["currency"], row["units_per_usd_numerator"], row["units_per_usd_denominator"]),
        before=_fraction(row["before_numerator"], row["before_denominator"]),
        source=row["source"],
        proposed_by=row["proposed_by"],
        proposer=row["proposer"],
        proposed_at=row["proposed_at"],
        state=ProposalState(row["state"]),
        decided_by=row["decided_by"],
        decider=row["decider"],
        decided_at=row["decided_at"],
        answer=row["answer"],
    )


@lru_cache(maxsize=1024)
def _fraction(numerator: Decimal, denominator: Decimal) -> Fraction:
    """Remembered, since every request reads the whole table and rates seldom change."""
    return Fraction(numerator) / Fraction(denominator)
