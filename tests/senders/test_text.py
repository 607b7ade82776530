import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.senders.text import LONGEST_TEXT, is_blank, text_problem


@pytest.mark.parametrize("value", [None, "", " ", "\t\n", "\u3000"])
def test_nothing_visible_is_blank(value):
    assert is_blank(value)


@pytest.mark.parametrize("value", ["a", 0, False, [], {}])
def test_anything_else_is_not_blank(value):
    assert not is_blank(value)


@pytest.mark.parametrize(
    "value", ["Nguyễn Thị 李 O'Brien 👩🏽", "e\u0301", "\u202e", "'; drop table senders; --", 42, " a "]
)
def test_any_text_is_welcome(value):
    assert text_problem(value) is None


@pytest.mark.parametrize("value", ["a\x00b", "\x00", True, 1.5, [], {}, b"bytes"])
def test_nul_and_what_is_no_text_is_invalid(value):
    assert text_problem(value) == "invalid"


def test_length_counts_characters_after_trimming_however_they_are_spelled():
    assert text_problem("  " + "é" * LONGEST_TEXT + "  ") is None
    assert text_problem("é" * (LONGEST_TEXT + 1)) == "too_long"
    decomposed = unicodedata.normalize("NFD", "ế" * LONGEST_TEXT)
    assert len(decomposed) == 3 * LONGEST_TEXT
    assert text_problem(decomposed) is None
    assert text_problem(decomposed + "a") == "too_long"


def test_a_text_of_megabytes_is_judged_without_putting_it_together():
    # 16 MB of alternating combining marks: sorting them into canonical order would take hours.
    assert text_problem("a" + "\u0316\u0301" * 4_000_000) == "too_long"


@given(st.characters())
def test_no_character_is_spelled_with_more_code_points_than_we_allow_for(character):
    assert text_problem(unicodedata.normalize("NFD", character * LONGEST_TEXT)) in (None, "invalid")
