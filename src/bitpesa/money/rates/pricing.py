"""What a payout costs and pays: requested, input and output amount, fee and rate (flows 4.2, 4.3).

Everything is computed with exact fractions. What the client did not name is rounded against the client, straight from
the fraction: what is paid out is never more than the input without its fee buys at the rate. So no sequence of payments
ends with more than it began with, however it is cut into pieces.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from math import ceil, floor

import msgspec

from bitpesa.kernel.values.amounts import plain
from bitpesa.kernel.values.currency import Currency, currency, known_currency
from bitpesa.kernel.values.money import MAX_MINOR, Money, TooLarge, minor_to_decimal, number_to_minor
from bitpesa.money.rates.model import BASE, Rates, at_most, written
from bitpesa.money.rates.rounding import (
    round_half_up_to_unit,
    round_payout,
    round_payout_down,
    round_requested,
    round_up_to_unit,
    settle,
)

_SHOWN = Context(prec=15, rounding=ROUND_HALF_EVEN)


class PriceProblem(ValueError):
    """A payout cannot be priced; `field` and `code` are what the client is told."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """The amounts of a payout in minor units of their currencies, and the rate they are frozen at.

    The fee is inside the input. `rate` is in units of the output currency for one of the input currency, with margin.
    """

    requested_minor: int
    input_minor: int
    output_minor: int
    fee_minor: int
    input_usd_minor: int
    rate: Decimal


class _Deal(msgspec.Struct, frozen=True):
    """The rounded amounts, not yet in minor units."""

    input: Decimal
    output: Decimal
    fee: Decimal


class _Order(msgspec.Struct, frozen=True):
    """What a payout is priced from; `requested` is rounded already."""

    requested: Decimal
    requested_currency: str
    input_currency: str
    output_currency: str
    payout_type: str
    rates: Rates
    fee_rate: Fraction
    policy: str

    def payout(self, exact: Fraction) -> Decimal:
        """Round what is to be paid out, and will be paid for."""
        return round_payout(settle(exact), self.output_currency, self.payout_type, self.policy)

    def bought(self, exact: Fraction) -> Decimal:
        """Round what the input buys."""
        return round_payout_down(exact, self.output_currency, self.payout_type, self.policy)

    def cost(self, exact: Fraction) -> Decimal:
        """Round what is to be paid."""
        return round_up_to_unit(exact, self.input_currency)


def price(
    requested: Decimal,
    requested_currency: str,
    input_currency: str,
    output_currency: str,
    payout_type: str,
    *,
    rates: Rates,
    fee_rate: Decimal,
    policy: str,
) -> Price:
    """Price a payout of the requested amount. Raises PriceProblem."""
    if not all(currency(code) and rates.knows(code) for code in (requested_currency, input_currency, output_currency)):
        raise PriceProblem("requested_currency", "invalid")
    asked = round_requested(requested, requested_currency, policy)
    _require_within(asked, known_currency(requested_currency))
    deal = _deal(
        _Order(
            requested=asked,
            requested_currency=requested_currency,
            input_currency=input_currency,
            output_currency=output_currency,
            payout_type=payout_type,
            rates=rates,
            fee_rate=Fraction(fee_rate),
            policy=policy,
        )
    )
    return _checked(
        Price(
            requested_minor=_minor(asked, requested_currency),
            input_minor=_minor(deal.input, input_currency),
            output_minor=_minor(deal.output, output_currency),
            fee_minor=_minor(deal.fee, input_currency),
            input_usd_minor=_usd_minor(deal.input, input_currency, rates),
            rate=rates.rate(input_currency, output_currency),
        ),
        input_currency,
        output_currency,
    )


def reprice(
    before: Price, input_minor: int, *, input_currency: str, output_currency: str, payout_type: str, policy: str
) -> Price:
    """Price a payout anew for another input, at the frozen rate (flows 7). Raises PriceProblem when nothing is left.

    The fee and the dollar value change in the same proportion as the input: neither fee rates nor rates of today count.
    """
    part = Fraction(input_minor, before.input_minor)
    fee_minor = ceil(before.fee_minor * part)
    net = Fraction(minor_to_decimal(input_minor - fee_minor, input_currency))
    paid_out = round_payout_down(net * at_most(before.rate), output_currency, payout_type, policy)
    return _checked(
        msgspec.structs.replace(
            before,
            input_minor=input_minor,
            output_minor=_minor(paid_out, output_currency),
            fee_minor=fee_minor,
            input_usd_minor=floor(before.input_usd_minor * part + Fraction(1, 2)),
        ),
        input_currency,
        output_currency,
    )


def resize(inputs_minor: Sequence[int], paid_minor: int) -> list[int]:
    """Share out what was paid in proportion to the inputs: down to whole units, the rest by largest fraction (flows 7).

    Of equal fractions the earlier goes first.
    """
    total = sum(inputs_minor)
    shares = [divmod(minor * paid_minor, total) for minor in inputs_minor]
    resized = [whole for whole, _ in shares]
    left_over = paid_minor - sum(resized)
    by_fraction = sorted(range(len(shares)), key=lambda position: shares[position][1], reverse=True)
    for position in by_fraction[:left_over]:
        resized[position] += 1
    return resized


def usd_minor(money: Money, rates: Rates) -> int:
    """What money is worth in cents at the mid rate, half up, and at most MAX_MINOR. Raises UnknownRate."""
    return _usd_minor(minor_to_decimal(money.minor, money.currency), money.currency, rates)


def exchange_rate(input: Money, output: Money) -> Decimal:  # noqa: A002 - the glossary's words for the two sides
    """What one unit of input came to in output after all rounding, in 15 significant digits."""
    exact = Fraction(minor_to_decimal(output.minor, output.currency)) / Fraction(
        minor_to_decimal(input.minor, input.currency)
    )
    return plain(written(exact, _SHOWN))


def _require_within(asked: Decimal, known: Currency) -> None:
    if asked <= 0:
        raise PriceProblem("requested_amount", "invalid")
    if asked < known.min:
        raise PriceProblem("requested_amount", "less_than_minimum")
    if asked > known.max:
        raise PriceProblem("requested_amount", "greater_than_maximum")


def _checked(priced: Price, input_currency: str, output_currency: str) -> Price:
    """The price, if all its amounts can be collected, paid and added up. Raises PriceProblem."""
    if priced.output_minor <= 0:
        raise PriceProblem("requested_amount", "invalid")
    for minor, code in ((priced.input_minor, input_currency), (priced.output_minor, output_currency)):
        # Only bitcoin's least amount is more than one minor unit: dust is neither collected nor paid.
        if minor_to_decimal(minor, code) < known_currency(code).min:
            raise PriceProblem("requested_amount", "less_than_minimum")
    if max(priced.input_minor, priced.output_minor, priced.input_usd_minor) >= MAX_MINOR:
        raise PriceProblem("requested_amount", "greater_than_maximum")
    return priced


def _deal(order: _Order) -> _Deal:
    if order.requested_currency == order.input_currency == order.output_currency:
        return _one_currency(order)
    if order.requested_currency == order.input_currency:
        return _from_input(order)
    return _towards_output(order)


def _one_currency(order: _Order) -> _Deal:
    output = order.payout(Fraction(order.requested))
    fee = order.cost(Fraction(output) * order.fee_rate)
    return _Deal(output + fee, output, fee)


def _from_input(order: _Order) -> _Deal:
    """The client says what he spends: the fee is taken out of it, the rest is exchanged."""
    spent = Fraction(order.requested)
    fee = order.cost(spent * order.fee_rate / (1 + order.fee_rate))
    rate = order.rates.exact(order.input_currency, order.output_currency)
    return _Deal(order.requested, order.bought((spent - Fraction(fee)) * rate), fee)


def _towards_output(order: _Order) -> _Deal:
    """The client says what is to arrive, in the output currency or worth an amount in a third one.

    Either way the input pays for what is paid out, at the rate of the deal. Turned into input from a third currency, at
    a rate of its own with a margin of its own, the two margins would cancel out and the client would pay none.
    """
    output = order.payout(
        Fraction(order.requested) * order.rates.exact(order.requested_currency, order.output_currency)
    )
    net = Fraction(output) / order.rates.exact(order.input_currency, order.output_currency)
    fee = order.cost(net * order.fee_rate)
    return _Deal(order.cost(net) + fee, output, fee)


def _minor(amount: Decimal, code: str) -> int:
    try:
        return number_to_minor(amount, code)
    except TooLarge as problem:
        raise PriceProblem("requested_amount", problem.code) from None


def _usd_minor(amount: Decimal, code: str, rates: Rates) -> int:
    cents = settle(Fraction(amount) * rates.mid(code, BASE))
    try:
        return number_to_minor(round_half_up_to_unit(cents, BASE), BASE)
    except TooLarge:
        return MAX_MINOR
