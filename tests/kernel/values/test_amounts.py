import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values import json
from bitpesa.kernel.values.amounts import AmountProblem, parse_amount, plain


def code_of(value):
    with pytest.raises(AmountProblem) as refusal:
        parse_amount(value)
    return refusal.value.code


def amount_or_code(value):
    try:
        return parse_amount(value)
    except AmountProblem as problem:
        return problem.code


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_blank(value):
    assert code_of(value) == "blank"


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "inf",
        "1,000",
        "0x10",
        "1_000",
        "10 000",
        " ",
        "100 ",
        "100\n",
        ".",
        "e5",
        "1e",
        "--1",
        "١٢",  # digits, but not those of a JSON number
        "ten",
        True,
        False,
        [],
        [100],
        {},
        {"amount": 1},
        "1e31",
        "1e-31",
        "-1e31",
        "1e" + "9" * 10_000,
        Decimal("1e31"),
        Decimal("1e-31"),
        Decimal("1E+5000"),
        Decimal("NaN"),
        Decimal("Infinity"),
    ],
)
def test_what_is_no_decimal_number_is_said_so(value):
    assert code_of(value) == "not_a_number"


@pytest.mark.parametrize("value", [0, -5, "0", "-5", "-0.01", "0e30", "0.00", Decimal("-0.0"), "-1e30", -(10**40)])
def test_nothing_and_less_is_invalid(value):
    assert code_of(value) == "invalid"


@pytest.mark.parametrize("value", [10**18, "1000000000000000000", "1e30", Decimal("1E+30"), 10**400, "9" * 100])
def test_more_than_18_integer_digits_are_too_many(value):
    assert code_of(value) == "greater_than_maximum"


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("0.1e5", "10000"),
        ("0.1000005e6", "100000.5"),
        ("1E+2", "100"),
        ("1e0000002", "100"),
        ("100.50", "100.50"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        (10_000, "10000"),
        (999_999_999_999_999_999, "999999999999999999"),
        (Decimal("100.123456789012345678"), "100.123456789012345678"),
        ("1e-30", "1e-30"),
        ("0." + "0" * 40 + "1", "1e-41"),  # digits that are written out are no exponent
        ("1." + "0" * 100 + "1", "1." + "0" * 100 + "1"),
    ],
)
def test_decimal_numbers_are_read_exactly(value, amount):
    assert parse_amount(value) == Decimal(amount)


@given(st.decimals(min_value="1e-9", max_value="999999999999999999", allow_nan=False, places=9))
def test_a_number_is_read_alike_bare_and_as_text(amount):
    assert parse_amount(json.decode(json.encode(amount))) == parse_amount(str(amount)) == amount


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON_VALUES)
def test_any_value_is_an_amount_or_a_problem(value):
    outcome = amount_or_code(value)
    assert outcome in {"blank", "not_a_number", "invalid", "greater_than_maximum"} or 0 < outcome < 10**18


def test_a_number_longer_than_python_prints_is_only_too_large():
    assert code_of(10**5000) == "greater_than_maximum"


@pytest.mark.parametrize(
    ("number", "written"),
    [("25.00", "25"), ("1E+2", "100"), ("0.50", "0.5"), ("0.000001", "0.000001"), ("0E+5", "0"), ("-120", "-120")],
)
def test_plain_numbers_have_no_idle_zeros_and_no_exponent(number, written):
    assert str(plain(Decimal(number))) == written


@given(st.decimals(min_value=-(10**30), max_value=10**30, allow_nan=False, places=6))
def test_plain_numbers_are_the_same_numbers(number):
    assert plain(number) == number
    assert "E" not in str(plain(number)) or math.fabs(number) < 1e-6
