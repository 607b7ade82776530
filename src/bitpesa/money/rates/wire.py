"""The JSON forms of a currency and of what it can be changed into or from (flows 11.2)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any, Literal

from bitpesa.kernel.values.amounts import plain
from bitpesa.kernel.values.currency import Currency
from bitpesa.money.rates.model import BASE, Rates, written

Direction = Literal["in", "out"]
"""Which side of a payment a currency is looked at from: what is paid in, or what is paid out."""

_SHOWN = Context(prec=15, rounding=ROUND_HALF_EVEN)


def currency_json(currency: Currency, rates: Rates) -> dict[str, Any]:
    """A currency; `usd_equivalent` is null while it has no rate."""
    per_usd = rates.mid(BASE, currency.code) if rates.knows(currency.code) else None
    return {
        "code": currency.code,
        "name": currency.name,
        "symbol": currency.symbol,
        "decimals": currency.decimals,
        "subunit_to_unit": str(currency.subunit_to_unit),
        "primary": currency.primary,
        "min": _text(currency.min),
        "max": _text(currency.max),
        "usd_equivalent": None if per_usd is None else _text(_shown(per_usd)),
    }


def currency_with_opposites_json(
    currency: Currency, opposites: Iterable[Currency], rates: Rates, direction: Direction
) -> dict[str, Any]:
    """A currency with those at the other end of a payment; currencies without a rate are left out there."""
    priced = [opposite for opposite in opposites if rates.knows(currency.code) and rates.knows(opposite.code)]
    return {
        **currency_json(currency, rates),
        "opposites": [_opposite_json(currency, opposite, rates, direction) for opposite in priced],
    }


def _opposite_json(base: Currency, opposite: Currency, rates: Rates, direction: Direction) -> dict[str, Any]:
    margin = Decimal(0) if base.code == opposite.code else rates.margin
    return {
        **currency_json(opposite, rates),
        "rate": _shown(rates.mid(base.code, opposite.code)),
        "mtm_rate": _shown(_with_margin(base.code, opposite.code, rates, direction)),
        "margin": _text(margin),
    }


def _with_margin(base: str, opposite: str, rates: Rates, direction: Direction) -> Fraction:
    """Units of the opposite currency that one unit of this one buys when paid in, or costs when paid out."""
    return rates.exact(base, opposite) if direction == "in" else 1 / rates.exact(opposite, base)


def _shown(rate: Fraction) -> Decimal:
    return plain(written(rate, _SHOWN))


def _text(number: Decimal) -> str:
    return format(plain(number), "f")
