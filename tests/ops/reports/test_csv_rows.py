import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.ops.reports.csv_rows import row

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
dangerous = st.builds(str.__add__, st.sampled_from(FORMULA), texts)
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=8)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))


@given(st.lists(texts | dangerous, min_size=2, max_size=8))
def test_a_reader_of_csv_gets_back_the_texts_one_row_and_no_more(cells):
    (back,) = read(row(cells))
    assert [cell.removeprefix("'") for cell in back] == [
        cell.replace("\x00", "\ufffd").removeprefix("'") for cell in cells
    ]


@given(texts | dangerous)
def test_no_text_begins_a_formula(text):
    ((cell, _),) = read(row([text, ""]))
    assert not cell.lstrip(" ").startswith(FORMULA)


@given(texts)
def test_a_text_that_begins_no_formula_is_left_alone(text):
    harmless = "a" + text.replace("\x00", "")
    assert read(row([harmless, ""])) == [[harmless, ""]]


@given(st.lists(amounts, min_size=1))
def test_amounts_stay_plain_numbers_of_either_sign(numbers):
    (back,) = read(row(numbers))
    assert [Decimal(cell) for cell in back] == numbers
    assert all(set(cell) <= set("-.0123456789") for cell in back)


@given(st.lists(texts | amounts | st.none() | st.datetimes(timezones=st.just(UTC)), min_size=1))
def test_a_row_ends_with_one_line_break_and_is_utf_8(cells):
    content = row(cells)
    assert content.endswith(b"\r\n")
    content.decode("utf-8")
    assert len(read(content)[0]) == len(cells) or (len(cells) == 1 and read(content) == [[]])


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("plain", b"plain"),
        ('say "hi"', b'"say ""hi"""'),
        ("a,b", b'"a,b"'),
        ("a;=1", b'"a;=1"'),
        ("two\nlines", b'"two\nlines"'),
        (" padded", b'" padded"'),
        ("=1+1", b"'=1+1"),
        ("-5", b"'-5"),
        (" =1", b"' =1"),
        ("@SUM(A1),1", b'"\'@SUM(A1),1"'),
        ("\tx", b'"\'\tx"'),
        ("a\x00b", "a\ufffdb".encode()),
        ("Łódź 銀行", "Łódź 銀行".encode()),
        ("\ud800", b"?"),
        (Decimal("-25.00"), b"-25.00"),
        (Decimal("0E-8"), b"0.00000000"),
        (Decimal("1E+6"), b"1000000"),
        (0, b"0"),
        (None, b""),
        (UUID(int=7), b"00000000-0000-0000-0000-000000000007"),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), b"2026-03-02T09:00:00.000Z"),
    ],
)
def test_cells_are_written(cell, written):
    assert row([cell]) == written + b"\r\n"
