import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.phone_numbers import read_phone_number


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+447400123456", "NG", "+447400123456"),
        ("00447400123456", "GB", "+447400123456"),
        ("002348031234567", "NG", "+2348031234567"),  # as +234 0 234 803 123 4567 before
        ("00256700123456", "UG", "+256700123456"),
        ("00254712345678", "KE", "+254712345678"),
        ("002348031234567", "KE", "+2348031234567"),
        ("08031234567", "NG", "+2348031234567"),
        ("+234 (0) 803 123 4567", "NG", "+2348031234567"),
        ("221231234", "TZ", "+255221231234"),  # a documented example
        ("+254123456789", "KE", "+254123456789"),  # a documented example, which no numbering plan knows
        ("\u202a+256700123400\u202c", "UG", "+256700123400"),
        ("\u2066+44 7400\u00a0123456\u2069", "GB", "+447400123456"),
    ],
)
def test_a_number_reads_the_same_however_it_is_spelled(text, region, number):
    assert read_phone_number(text, [region]) == number


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("", "NG"),
        ("abc", "NG"),
        ("+1 800 FLOWERS", "US"),
        ("123", "NG"),
        ("2341234567890123", "NG"),
        ("0000000000", "NG"),
        ("+999123456789", "NG"),
        ("٠٨٠٣١٢٣٤٥٦٧", "NG"),
    ],
)
def test_what_is_no_number_is_none(text, region):
    assert read_phone_number(text, [region]) is None


def test_a_number_belongs_to_one_of_the_countries_that_are_named():
    assert read_phone_number("+221771234500", ["CI"], countries=["CI"]) is None
    assert read_phone_number("+221771234500", ["CI"], countries=["CI", "SN"]) == "+221771234500"
    assert read_phone_number("0712345600", ["BJ", "CI"], countries=["BJ", "CI"]) == "+2250712345600"


@given(st.text(alphabet="+0123456789 ()-", max_size=20), st.sampled_from(["NG", "UG", "CI", "GB", "US"]))
def test_what_was_read_reads_as_itself(text, region):
    number = read_phone_number(text, [region])
    assert number is None or read_phone_number(number, [region]) == number
