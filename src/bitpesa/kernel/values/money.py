"""Money: a whole number of minor units with its currency, always together (design decision 4)."""

from decimal import ROUND_DOWN, Decimal

import msgspec

from bitpesa.kernel.values.amounts import EXACT, AmountProblem, plain
from bitpesa.kernel.values.currency import known_currency

MAX_MINOR = 10**18
"""The largest amount in minor units: the books count in 64-bit whole numbers and must be able to add amounts up."""


class MixedCurrencies(TypeError):
    """Amounts in two currencies were added or subtracted."""


class TooFine(ValueError):
    """An amount has more decimal places than its currency."""


class TooLarge(AmountProblem):
    """An amount is more than the books can add up."""

    def __init__(self) -> None:
        super().__init__("greater_than_maximum")


class Money(msgspec.Struct, frozen=True):
    """An amount in a currency."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")
        return other.minor


def minor_to_number(minor: int, currency: str) -> int | Decimal:
    """Write minor units as the number clients read: plain, without trailing zeros. Raises UnknownCurrency."""
    whole, rest = divmod(minor, known_currency(currency).subunit_to_unit)
    return whole if rest == 0 else plain(minor_to_decimal(minor, currency))


def minor_to_decimal(minor: int, currency: str) -> Decimal:
    """Turn minor units into an exact amount. Raises UnknownCurrency."""
    return EXACT.scaleb(Decimal(minor), -known_currency(currency).decimals)


def number_to_minor(number: int | Decimal, currency: str) -> int:
    """Turn an amount into minor units. Raises TooFine when it is no whole number of them, TooLarge, UnknownCurrency.

    Every amount that is read becomes minor units here, so this is where all of them are bounded.
    """
    known = known_currency(currency)
    amount = Decimal(number)
    cut = amount.quantize(known.unit, rounding=ROUND_DOWN, context=EXACT)
    if cut != amount:
        raise TooFine(f"{currency} has {known.decimals} decimal places")
    minor = int(EXACT.scaleb(cut, known.decimals))
    if abs(minor) > MAX_MINOR:
        raise TooLarge
    return minor
