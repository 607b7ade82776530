"""What people type is read in one way or refused; nothing is ever read as a hundred times as much."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.typed_numbers import (
    TypedNumberProblem,
    read_typed_money,
    read_typed_number,
    read_typed_positive,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("655.957", "655.957"), (" 2.50 ", "2.50"), ("1450", "1450"), ("0.00862", "0.00862"), ("007", "7"), ("0", "0")],
)
def test_digits_with_one_point_are_read_as_they_stand(typed: str, meant: str) -> None:
    assert read_typed_number(typed) == Decimal(meant)


@pytest.mark.parametrize(
    ("typed", "readings"),
    [
        ("655,957", ("655957", "655.957")),
        ("1,16", ("116", "1.16")),
        ("11,05", ("1105", "11.05")),
        ("2,50", ("250", "2.50")),
        ("250,50", ("25050", "250.50")),
        ("1,000", ("1000", "1.000")),
        ("1.000,50", ("1.00050", "1000.50")),
        ("1.250,50", ("1.25050", "1250.50")),
        ("1 250,50", ("125050", "1250.50")),
        ("1'250,50", ("125050", "1250.50")),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_both(typed: str, readings: tuple[str, str]) -> None:
    with pytest.raises(TypedNumberProblem) as refusal:
        read_typed_number(typed)
    assert refusal.value.code == "ambiguous"
    assert (
        str(refusal.value) == f"{typed} can be read as {readings[0]} or as {readings[1]}: write the one that you mean"
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("1 000", "1000"), ("1\u00a0000", "1000"), ("1\u202f000", "1000"), ("1'000", "1000"), ("1,000,000", "1000000")],
)
def test_separators_are_never_left_out_silently(typed: str, meant: str) -> None:
    with pytest.raises(TypedNumberProblem, match=f"if you mean {re.escape(meant)}, write that"):
        read_typed_number(typed)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("١٢", "١٢ has digits of another script: write 12"),
        ("\uff11\uff12.\uff15", "\uff11\uff12.\uff15 has digits of another script: write 12.5"),
        ("1e18", "1e18 is written with an exponent: write all digits of the number"),
        ("1,23457E+09", "1,23457E+09 is written with an exponent: write all digits of the number"),
        ("-5", "-5 is negative: the number cannot be"),
        ("+5", "+5 is not a number"),
        (".5", ".5 is not a number"),
        ("5.", "5. is written with separators: if you mean 5, write that"),
        ("1_000", "1_000 is written with separators: if you mean 1000, write that"),
        ("NaN", "NaN is not a number"),
        ("", "the number is missing"),
        ("9" * 19, f"{'9' * 19} has more than 18 digits"),
        ("9" * 81, "the number is longer than 80 characters"),
        ("1\x00", "'1\\x00' is not a number"),
    ],
)
def test_everything_else_is_refused_in_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(TypedNumberProblem) as refusal:
        read_typed_number(typed)
    assert str(refusal.value) == sentence


@given(st.text(alphabet="0123456789.,' _eE+-\u00a0\u0661\uff11", max_size=24))
def test_a_number_is_what_its_text_says_or_refused(text: str) -> None:
    try:
        number = read_typed_number(text)
    except TypedNumberProblem:
        return
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", text.strip())
    assert number == Decimal(text.strip())


def test_zero_is_a_number_and_no_amount() -> None:
    assert read_typed_number("0.00") == 0
    with pytest.raises(TypedNumberProblem, match="more than zero"):
        read_typed_positive("0.00")


@pytest.mark.parametrize(
    ("typed", "code", "minor"), [("2.50", "USD", 250), ("250.5", "USD", 25050), ("65785", "XOF", 65785)]
)
def test_amounts_are_whole_minor_units(typed: str, code: str, minor: int) -> None:
    assert read_typed_money(typed, code).minor == minor


@pytest.mark.parametrize(
    ("typed", "code", "sentence"),
    [
        (
            "1.005",
            "USD",
            "USD has 2 decimals; 1.005 has more: it can be read as 1.005 or as 1005. Write it with 2 or none",
        ),
        ("1.000", "USD", "USD has 2 decimals; 1.000 has more: it can be read as 1 or as 1000. Write it with 2 or none"),
        (
            "1.250",
            "XOF",
            "XOF has 0 decimals; 1.250 has more: it can be read as 1.25 or as 1250. Write it with 0 or none",
        ),
        ("1.00000", "USD", "USD has 2 decimals; 1.00000 has more"),
        ("92233720368547758.07", "USD", "92233720368547758.07 USD is more than can be booked"),
        ("10000000000000000.01", "USD", "10000000000000000.01 USD is more than can be booked"),
    ],
)
def test_amounts_that_no_balance_can_hold_are_refused(typed: str, code: str, sentence: str) -> None:
    with pytest.raises(TypedNumberProblem) as refusal:
        read_typed_money(typed, code)
    assert str(refusal.value) == sentence
