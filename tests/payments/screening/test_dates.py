import pytest

from bitpesa.payments.screening.dates import agree, read_dates


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("1961-05-17", ("1961-05-17",)),
        ("17/05/1961", ("1961-05-17",)),
        ("17 May 1961", ("1961-05-17",)),
        ("circa 1961", ("1961",)),
        ("00/00/1961", ("1961",)),
        ("1961-05-17;1962", ("1961-05-17", "1962")),
        ("1961 to 1963", ("1961", "1963")),
        ("unknown", ()),
    ],
)
def test_dates_are_read_as_lists_write_them(text, dates):
    assert read_dates(text) == dates


@pytest.mark.parametrize(
    ("birth_date", "listed", "same"),
    [
        ("1961-05-17", ["1961-05-17"], True),
        ("1961-05-17", ["1961"], True),
        ("1961-05-17", ["1950", "1961"], True),
        ("1961-05-17", ["1961-05-18"], None),
        ("1961-05-17", ["1962"], None),
        ("1961-05-17", ["1963"], False),
        ("1961-05-17", [], None),
        (None, ["1961"], None),
    ],
)
def test_birth_dates_agree_or_not_or_say_nothing(birth_date, listed, same):
    assert agree(birth_date, listed) is same
