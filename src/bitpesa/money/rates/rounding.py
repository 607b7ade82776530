"""How amounts are rounded: by currency, by the way they are paid, and by the policy of the deployment (flows 4.4)."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor

import msgspec

from bitpesa.kernel.values.amounts import EXACT
from bitpesa.kernel.values.currency import known_currency

CFA = frozenset({"XAF", "XOF"})
ALWAYS_UP = frozenset({"KES", "NGN", "TZS", "UGX"})
ALWAYS_DOWN = frozenset({"GNF"})

SETTLED_PLACES = 12
_SETTLED = 10**SETTLED_PLACES


def nearest_5(whole: Decimal) -> Decimal:
    """By the last digit: 1 and 2 go down to 0, 3 to 7 become 5, 8 and 9 go up to the next 10."""
    return Decimal((int(whole) + 2) // 5 * 5)


def up_to_5(whole: Decimal) -> Decimal:
    """Go up to the next multiple of 5."""
    return Decimal(-(-int(whole) // 5) * 5)


def down_to_5(whole: Decimal) -> Decimal:
    """Go down to the next multiple of 5."""
    return Decimal(int(whole) // 5 * 5)


class Policy(msgspec.Struct, frozen=True):
    """One of the sets of rules the API has had. `mobile_step` comes after rounding what is paid in CFA francs."""

    cfa: str
    other: str
    mobile_step: Callable[[Decimal], Decimal] | None


POLICIES = {
    "table2025": Policy(cfa=ROUND_DOWN, other=ROUND_DOWN, mobile_step=nearest_5),
    "prose2025": Policy(cfa=ROUND_CEILING, other=ROUND_DOWN, mobile_step=up_to_5),
    "y2019": Policy(cfa=ROUND_HALF_UP, other=ROUND_HALF_UP, mobile_step=None),
}


def round_requested(amount: Decimal, currency: str, policy: str) -> Decimal:
    """Round what a client asked for to what the currency can express."""
    return _to_unit(amount, currency, _direction(currency, POLICIES[policy]))


def round_payout(amount: Decimal, currency: str, payout_type: str, policy: str) -> Decimal:
    """Round a payout that its input is computed from; mobile money in CFA francs comes in steps of 5."""
    rounded = round_requested(amount, currency, policy)
    step = _mobile_step(currency, payout_type, policy)
    return rounded if step is None else step(rounded)


def round_payout_down(exact: Fraction, currency: str, payout_type: str, policy: str) -> Decimal:
    """Round a payout that is computed from its input: down, in the same units and steps, whatever the policy.

    The client did not name this amount, so rounding must not pay anybody (flows 4.3). The fraction is not settled
    before: that could lift it over a whole unit.
    """
    rounded = _whole_units(floor(exact * known_currency(currency).subunit_to_unit), currency)
    return rounded if _mobile_step(currency, payout_type, policy) is None else down_to_5(rounded)


def round_up_to_unit(exact: Fraction, currency: str) -> Decimal:
    """Round up to the currency's minor unit, as everything is that a client pays; nothing is settled before."""
    return _whole_units(ceil(Fraction(exact) * known_currency(currency).subunit_to_unit), currency)


def round_half_up_to_unit(amount: Decimal, currency: str) -> Decimal:
    """Round to the nearest minor unit, halves away from zero, as values that only inform are."""
    return _to_unit(amount, currency, ROUND_HALF_UP)


def settle(exact: Fraction) -> Decimal:
    """Write a computed amount down to 12 places, half to even, so that no crumb of a division tips a rounding (4.3).

    Only for amounts that something else pays for, or that only inform: it may move an amount in the client's favour.
    """
    return EXACT.scaleb(Decimal(round(exact * _SETTLED)), -SETTLED_PLACES)


def _mobile_step(currency: str, payout_type: str, policy: str) -> Callable[[Decimal], Decimal] | None:
    is_stepped = currency in CFA and payout_type.endswith("::Mobile")
    return POLICIES[policy].mobile_step if is_stepped else None


def _whole_units(minor: int, currency: str) -> Decimal:
    return EXACT.scaleb(Decimal(minor), -known_currency(currency).decimals)


def _direction(currency: str, policy: Policy) -> str:
    if currency in ALWAYS_UP:
        return ROUND_CEILING
    if currency in ALWAYS_DOWN:
        return ROUND_DOWN
    return policy.cfa if currency in CFA else policy.other


def _to_unit(amount: Decimal, currency: str, direction: str) -> Decimal:
    return amount.quantize(known_currency(currency).unit, rounding=direction, context=EXACT)
