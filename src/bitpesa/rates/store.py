"""The rows of exchange rates."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec

from bitpesa.kernel.database import Work
from bitpesa.kernel.statements import Connection, load
from bitpesa.rates.model import RateChange, Rates

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


@lru_cache(maxsize=1024)
def _fraction(numerator: Decimal, denominator: Decimal) -> Fraction:
    """Remembered, since every request reads the whole table and rates seldom change."""
    return Fraction(numerator) / Fraction(denominator)
