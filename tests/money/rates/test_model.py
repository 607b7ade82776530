from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.money.rates.model import Rates, UnknownRate
from tests.money.rates.world import RATES, UNITS_PER_USD, rates_with

CODES = st.sampled_from(sorted(RATES.currencies))
MARGINS = st.decimals(0, "0.9", places=4)


@pytest.mark.parametrize(
    ("a", "b", "rate"),
    [
        ("EUR", "NGN", "440"),
        ("USD", "NGN", "400"),
        ("EUR", "USD", "1.1"),
        ("GBP", "NGN", "500"),
        ("GBP", "USD", "1.25"),
    ],
)
def test_rates_cross_over_the_dollar_without_a_crumb(a, b, rate):
    assert RATES.rate(a, b) == Decimal(rate)
    assert RATES.mid(b, a) == 1 / Fraction(rate)


def test_the_margin_is_taken_off_every_exchange_but_not_within_a_currency():
    rates = rates_with("0.02")
    assert rates.rate("USD", "NGN") == 392
    assert rates.mid("USD", "NGN") == 400
    assert rates.rate("NGN", "NGN") == 1


def test_a_rate_is_written_with_at_least_34_digits():
    assert str(RATES.rate("NGN", "XOF")) == "1.5"
    assert str(RATES.rate("UGX", "NGN")) == "0.1081081081081081081081081081081081081081"


@given(CODES, CODES, CODES)
def test_mid_rates_have_no_way_round_that_pays(a, b, c):
    assert RATES.mid(a, b) * RATES.mid(b, c) == RATES.mid(a, c)
    assert RATES.mid(a, b) * RATES.mid(b, a) == 1


@given(CODES, CODES, MARGINS)
def test_there_and_back_never_pays_with_a_margin(a, b, margin):
    rates = rates_with(margin)
    assert rates.exact(a, b) * rates.exact(b, a) <= 1


def test_currencies_without_a_rate_are_known_to_be_missing():
    assert RATES.knows("NGN")
    assert RATES.knows("USD")
    assert not RATES.knows("AED")
    assert RATES.currencies == {*UNITS_PER_USD, "USD"}
    for a, b in (("USD", "AED"), ("AED", "USD"), ("AED", "AED")):
        with pytest.raises(UnknownRate):
            RATES.rate(a, b)


def test_the_table_cannot_be_changed():
    given_rates = {"NGN": Fraction(400)}
    rates = Rates(given_rates)
    given_rates["NGN"] = Fraction(1)
    assert rates.mid("USD", "NGN") == 400
    with pytest.raises(TypeError):
        rates.units_per_usd["NGN"] = Fraction(1)
    with pytest.raises(AttributeError):
        rates.margin = Decimal(1)


def test_a_dollar_is_always_a_dollar():
    assert Rates({"USD": Fraction(2)}).mid("USD", "USD") == 1
    assert Rates({"USD": Fraction(2), "NGN": Fraction(400)}).mid("USD", "NGN") == 400


@pytest.mark.parametrize("margin", ["1", "-0.01", "2"])
def test_a_margin_is_a_fraction(margin):
    with pytest.raises(ValueError, match="margin"):
        Rates({}, Decimal(margin))


def test_a_rate_is_positive():
    with pytest.raises(ValueError, match="positive"):
        Rates({"NGN": Fraction(0)})
