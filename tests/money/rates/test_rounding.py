from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.currency import CURRENCIES
from bitpesa.money.rates import rounding
from bitpesa.money.rates.rounding import POLICIES

AMOUNTS = st.decimals(0, 10**15, allow_nan=False, places=6)
CODES = st.sampled_from(sorted(CURRENCIES))
CHANNELS = st.sampled_from(["Mobile", "Bank", "Cash", "Balance"])
POLICY = st.sampled_from(sorted(POLICIES))


def requested(amount, currency, policy="table2025"):
    return rounding.round_requested(Decimal(amount), currency, policy)


def payout(amount, payout_type, policy="table2025"):
    return rounding.round_payout(Decimal(amount), payout_type.partition("::")[0], payout_type, policy)


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("6457.08", "KES", "6458"),
        ("6453.76", "KES", "6454"),
        ("2001.75", "KES", "2002"),
        ("4057.08", "NGN", "4058"),
        ("7001.75", "NGN", "7002"),
        ("8001.46", "UGX", "8002"),
        ("1.01", "TZS", "2"),
        ("2007.7559", "GNF", "2007"),
        ("6458", "NGN", "6458"),
    ],
)
def test_these_round_alike_in_every_policy(amount, currency, rounded, policy):
    assert requested(amount, currency, policy) == Decimal(rounded)
    assert payout(amount, f"{currency}::Mobile", policy) == Decimal(rounded)


@pytest.mark.parametrize(
    ("amount", "currency", "table2025", "prose2025", "y2019"),
    [
        ("2001.75", "XOF", "2001", "2002", "2002"),
        ("2001.25", "XAF", "2001", "2002", "2001"),
        ("2001.5", "XAF", "2001", "2002", "2002"),
        ("2001.7557", "GHS", "2001.75", "2001.75", "2001.76"),
        ("2001.755", "USD", "2001.75", "2001.75", "2001.76"),
        ("100.7", "JPY", "100", "100", "101"),
        ("100.5", "KRW", "100", "100", "101"),
        ("0.123456789", "BTC", "0.12345678", "0.12345678", "0.12345679"),
    ],
)
def test_what_is_asked_for_rounds_by_policy(amount, currency, table2025, prose2025, y2019):
    found = [requested(amount, currency, policy) for policy in ("table2025", "prose2025", "y2019")]
    assert found == [Decimal(table2025), Decimal(prose2025), Decimal(y2019)]


@pytest.mark.parametrize("currency", ["XOF", "XAF"])
@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("6457", "6455"),
        ("6451", "6450"),
        ("6459", "6460"),
        ("6465", "6465"),
        ("6453", "6455"),
        ("6464", "6465"),
        ("6532", "6530"),
        ("6536", "6535"),
        ("6538", "6540"),
        ("6540", "6540"),
        ("102", "100"),
        ("1", "0"),
        ("3", "5"),
        ("2001.75", "2000"),
        ("2002.99", "2000"),  # decimals are dropped before the last digit is looked at
    ],
)
def test_mobile_money_in_cfa_francs_comes_in_steps_of_5(amount, rounded, currency):
    assert payout(amount, f"{currency}::Mobile") == Decimal(rounded)


@pytest.mark.parametrize(
    ("amount", "rounded"), [("102", "105"), ("100.01", "105"), ("101", "105"), ("105", "105"), ("100", "100")]
)
def test_the_prose_goes_up_to_the_next_step(amount, rounded):
    assert payout(amount, "XOF::Mobile", "prose2025") == Decimal(rounded)


def test_2019_knew_no_steps():
    assert payout("6532.5", "XOF::Mobile", "y2019") == 6533
    assert payout("6532.4", "XAF::Mobile", "y2019") == 6532


@pytest.mark.parametrize("channel", ["Bank", "Cash", "Balance"])
def test_cfa_francs_paid_otherwise_are_only_whole(channel):
    assert payout("6532.75", f"XOF::{channel}") == 6532
    assert payout("6532.25", f"XOF::{channel}", "prose2025") == 6533
    assert payout("6532.5", f"XOF::{channel}", "y2019") == 6533


def test_an_unknown_policy_is_an_error():
    with pytest.raises(KeyError):
        requested("1", "USD", "y2020")


@given(AMOUNTS, CODES, CHANNELS, POLICY)
def test_a_payout_respects_the_unit_and_the_step(amount, currency, channel, policy):
    rounded = payout(amount, f"{currency}::{channel}", policy)
    step = Decimal(5) if currency in rounding.CFA and channel == "Mobile" and policy != "y2019" else None
    unit = CURRENCIES[currency].unit
    assert rounded % (step or unit) == 0
    assert abs(rounded - amount) < (step or unit)
    assert rounded >= 0


@given(AMOUNTS, CODES, CHANNELS, POLICY)
def test_rounding_twice_changes_nothing(amount, currency, channel, policy):
    once = requested(amount, currency, policy)
    assert requested(once, currency, policy) == once
    paid = payout(amount, f"{currency}::{channel}", policy)
    assert payout(paid, f"{currency}::{channel}", policy) == paid
    assert payout(once, f"{currency}::{channel}", policy) == paid


@given(AMOUNTS, AMOUNTS, CODES, CHANNELS, POLICY)
def test_asking_for_more_never_pays_less(one, other, currency, channel, policy):
    less, more = sorted([one, other])
    assert payout(less, f"{currency}::{channel}", policy) <= payout(more, f"{currency}::{channel}", policy)


@given(AMOUNTS, CODES)
def test_rounding_up_covers_the_amount(amount, currency):
    rounded = rounding.round_up_to_unit(amount, currency)
    assert amount <= rounded < amount + CURRENCIES[currency].unit


def test_crumbs_of_a_division_are_settled_before_anything_is_rounded():
    third = Fraction(Decimal(1) / Decimal(3))
    assert rounding.round_up_to_unit(rounding.settle(third * 3), "NGN") == 1
    assert rounding.settle(Fraction(2, 3)) == Decimal("0.666666666667")
    assert rounding.settle(Fraction(5, 10**13)) == 0  # half to even
    assert rounding.settle(Fraction(15, 10**13)) == Decimal("2e-12")


@given(st.fractions(0, 10**18))
def test_settling_moves_an_amount_by_half_a_place_at_most(exact):
    assert abs(Fraction(rounding.settle(exact)) - exact) <= Fraction(1, 2 * 10**12)


def test_amounts_with_very_many_places_are_rounded_exactly():
    assert requested("1." + "0" * 5000 + "1", "NGN") == 2
    assert requested("0." + "9" * 5000, "USD") == Decimal("0.99")
