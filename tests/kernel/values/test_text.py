import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.text import MAX_TEXT_LENGTH, clean_text, is_blank, text_problem


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
    assert text_problem("  " + "é" * MAX_TEXT_LENGTH + "  ") is None
    assert text_problem("é" * (MAX_TEXT_LENGTH + 1)) == "too_long"
    decomposed = unicodedata.normalize("NFD", "ế" * MAX_TEXT_LENGTH)
    assert len(decomposed) == 3 * MAX_TEXT_LENGTH
    assert text_problem(decomposed) is None
    assert text_problem(decomposed + "a") == "too_long"


def test_a_text_of_megabytes_is_judged_without_putting_it_together():
    # 16 MB of alternating combining marks: sorting them into canonical order would take hours.
    assert text_problem("a" + "\u0316\u0301" * 4_000_000) == "too_long"


@given(st.characters())
def test_no_character_is_spelled_with_more_code_points_than_we_allow_for(character):
    assert text_problem(unicodedata.normalize("NFD", character * MAX_TEXT_LENGTH)) in (None, "invalid")


INVISIBLE = (
    "\u200b \u200c \u200d \u200e \u200f \u202a \u202b \u202c \u202d \u202e \u2060 \u2066 \u2067 \u2068 \u2069 "
    "\u00ad \u061c \u180e \ufe0d \ufe0f \ufeff \u115f \u1160 \u3164 \uffa0 \u2800 \x07 \x7f \U000e0041"
).split(" ")


@pytest.mark.parametrize("hidden", INVISIBLE, ids=ascii)
def test_what_nobody_sees_is_no_part_of_a_text(hidden):
    assert clean_text(f"{hidden}0123{hidden}45{hidden}") == "012345"
    assert is_blank(hidden * 3)


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u202f", "\u3000", "\u2028", "\t", "\n"], ids=ascii)
def test_every_kind_of_space_is_a_space(space):
    assert clean_text(f"Ada{space}Lovelace") == "Ada Lovelace"


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "क्\u200dष",
        "Nguyễn Thị 李 O'Brien",
        "👨\u200d👩\u200d👧 👩🏽\u200d❤\ufe0f\u200d👩",
        "  as sent  ",
        "a\x00b",
    ],
)
def test_what_belongs_to_a_text_stays(text):
    assert clean_text(text) == text


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert all(character.isprintable() or character == "\x00" or ord(character) > 0x7F for character in once)
