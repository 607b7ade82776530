import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values import json
from bitpesa.kernel.values.currency import CURRENCIES, UnknownCurrency
from bitpesa.kernel.values.money import (
    MAX_MINOR,
    MixedCurrencies,
    Money,
    TooFine,
    TooLarge,
    minor_to_decimal,
    minor_to_number,
    number_to_minor,
)

MINOR = st.integers(-(10**20), 10**20)
WITHIN = st.integers(-MAX_MINOR, MAX_MINOR)
CODES = st.sampled_from(sorted(CURRENCIES))
PLAIN = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")


@given(MINOR, MINOR, MINOR)
def test_adding_keeps_the_laws_of_whole_numbers(a, b, c):
    x, y, z = (Money(minor, "USD") for minor in (a, b, c))
    assert x + y == y + x == Money(a + b, "USD")
    assert (x + y) + z == x + (y + z)
    assert (x + y) - y == x
    assert x + Money(0, "USD") == x


@given(MINOR, MINOR, CODES, CODES)
def test_two_currencies_never_meet(a, b, one, other):
    if one == other:
        return
    with pytest.raises(MixedCurrencies):
        Money(a, one) + Money(b, other)
    with pytest.raises(MixedCurrencies):
        Money(a, one) - Money(b, other)


def test_money_cannot_be_changed():
    with pytest.raises(AttributeError):
        Money(1, "USD").minor = 2


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (2500, "USD", b"25"),
        (2550, "USD", b"25.5"),
        (2159, "USD", b"21.59"),
        (1, "USD", b"0.01"),
        (-1, "GBP", b"-0.01"),
        (-150, "GBP", b"-1.5"),
        (0, "EUR", b"0"),
        (10_000, "NGN", b"10000"),
        (10**20, "USD", b"1000000000000000000"),
        (100_000_000, "BTC", b"1"),
        (1_000, "BTC", b"0.00001"),
    ],
)
def test_amounts_are_written_as_plain_numbers(minor, currency, written):
    assert json.encode(minor_to_number(minor, currency)) == written


@given(WITHIN, CODES)
def test_a_written_amount_reads_as_the_same_minor_units(minor, currency):
    number = minor_to_number(minor, currency)
    assert number_to_minor(number, currency) == minor
    assert number_to_minor(json.decode(json.encode(number)), currency) == minor
    assert number == minor_to_decimal(minor, currency)


@given(MINOR, CODES.filter(lambda code: code != "BTC"))
def test_no_amount_has_an_exponent_or_idle_zeros(minor, currency):
    assert PLAIN.fullmatch(json.encode(minor_to_number(minor, currency)))


@pytest.mark.parametrize(("number", "currency"), [("25.001", "USD"), ("0.5", "NGN"), ("1e-30", "USD")])
def test_an_amount_finer_than_its_currency_is_refused(number, currency):
    with pytest.raises(TooFine):
        number_to_minor(Decimal(number), currency)


def test_trailing_zeros_make_an_amount_no_finer():
    assert number_to_minor(Decimal("25.000"), "USD") == 2500
    assert number_to_minor(Decimal("1E+2"), "NGN") == 100


def test_amounts_in_an_unknown_currency_are_not_written():
    with pytest.raises(UnknownCurrency):
        minor_to_number(1, "XXX")
    with pytest.raises(UnknownCurrency):
        number_to_minor(1, "XXX")


def test_an_amount_that_the_books_could_not_add_up_is_none():
    assert number_to_minor(Decimal("10000000000000000.00"), "USD") == MAX_MINOR
    for number in (Decimal("10000000000000000.01"), Decimal("-10000000000000000.01"), 10**18, Decimal("1e30")):
        with pytest.raises(TooLarge) as problem:
            number_to_minor(number, "USD")
        assert problem.value.code == "greater_than_maximum"
