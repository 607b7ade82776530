"""The rows of exchange rates."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from bitpesa.kernel.statements import Connection, load

_sql = load(__package__, "rates.sql")


async def units_per_usd(conn: Connection) -> dict[str, Fraction]:
    """The stored rates by currency: how many units one dollar is."""
    rows = await _sql.rates.rows(conn)
    return {row["currency"]: _fraction(*row[1:]) for row in rows}


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


@lru_cache(maxsize=1024)
def _fraction(numerator: Decimal, denominator: Decimal) -> Fraction:
    """Remembered, since every request reads the whole table and rates seldom change."""
    return Fraction(numerator) / Fraction(denominator)
