"""The exchange rates of one moment, as one app gets them (flows 4.3)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from uuid import UUID

import msgspec

BASE = "USD"

FROZEN_DIGITS = 40
"""Significant digits of a rate that is written down: at least 34 are asked for."""

_WRITTEN = Context(prec=FROZEN_DIGITS, rounding=ROUND_HALF_EVEN)


class UnknownRate(LookupError):
    """There is no rate for a currency."""


class RateChange(msgspec.Struct, frozen=True):
    """A rate that a currency got: how many units one dollar was from then on, and where that came from."""

    units_per_usd: Fraction
    source: str
    set_at: datetime


class Quote(msgspec.Struct, frozen=True):
    """A mid rate that somebody gives: 1 USD is numerator / denominator units of the currency. Both are kept exactly."""

    currency: str
    numerator: Decimal
    denominator: Decimal

    @property
    def units_per_usd(self) -> Fraction:
        """The rate."""
        return Fraction(self.numerator) / Fraction(self.denominator)


class ProposalState(StrEnum):
    """Where a proposed rate stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    REPLACED = "replaced"
    """Another rate of the currency was set or proposed since."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A rate that moves further than one person may set. `before`: units per dollar that were in force then."""

    id: UUID
    quote: Quote
    before: Fraction
    source: str
    proposed_by: UUID
    proposer: str
    proposed_at: datetime
    state: ProposalState
    decided_by: UUID | None = None
    decider: str | None = None
    decided_at: datetime | None = None
    answer: str | None = None


class Verdict(StrEnum):
    """What becomes of a rate that is given."""

    SAME = "same"
    """It is in force already."""
    SET = "set"
    WAITS = "waits"
    """It moves too far: a second person has to confirm it."""


class Judged(msgspec.Struct, frozen=True):
    """A rate that is given beside the one in force; `before` is None where there is none yet."""

    quote: Quote
    before: Fraction | None
    verdict: Verdict


class Rates(msgspec.Struct, frozen=True):
    """Mid rates against the dollar as exact fractions, and the margin: the part of a rate that the platform keeps."""

    units_per_usd: Mapping[str, Fraction]
    margin: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not 0 <= self.margin < 1:
            raise ValueError("a margin is a fraction of the rate")
        if any(units.numerator <= 0 for units in self.units_per_usd.values()):
            raise ValueError("a rate is positive")
        table = MappingProxyType({**self.units_per_usd, BASE: Fraction(1)})
        msgspec.structs.force_setattr(self, "units_per_usd", table)

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies that have a rate."""
        return frozenset(self.units_per_usd)

    def knows(self, currency: str) -> bool:
        """Whether a currency has a rate."""
        return currency in self.units_per_usd

    def mid(self, a: str, b: str) -> Fraction:
        """Units of b for 1 a, without margin. Raises UnknownRate."""
        return self._units(b) / self._units(a)

    def exact(self, a: str, b: str) -> Fraction:
        """Units of b that the app gets for 1 a: margin included, and none within one currency. Raises UnknownRate."""
        mid = self.mid(a, b)
        return mid if a == b else mid * (1 - Fraction(self.margin))

    def rate(self, a: str, b: str) -> Decimal:
        """Units of b that the app gets for 1 a, to 40 significant digits. Raises UnknownRate."""
        return written(self.exact(a, b))

    def _units(self, currency: str) -> Fraction:
        try:
            return self.units_per_usd[currency]
        except KeyError:
            raise UnknownRate(currency) from None


def written(rate: Fraction, context: Context = _WRITTEN) -> Decimal:
    """Write a fraction down as a decimal."""
    return context.divide(Decimal(rate.numerator), Decimal(rate.denominator))


def at_most(rate: Decimal) -> Fraction:
    """The largest fraction that a written rate may stand for: half a unit of its last digit more, if digits were cut.

    What was sold at an exact rate is computed again from the written one without losing a unit to the cut.
    """
    _, digits, exponent = rate.as_tuple()
    exact = Fraction(rate)
    if len(digits) < FROZEN_DIGITS or not isinstance(exponent, int):
        return exact
    return exact + Fraction(Decimal((0, (5,), exponent - 1)))
