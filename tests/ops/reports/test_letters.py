"""No name leaves a line of a document empty, in whatever script it is written."""

import pytest

from bitpesa.ops.reports.letters import TRANSLITERATED, shown

ASCII = frozenset(range(32, 127))


@pytest.mark.parametrize("name", ["Jane Doe", "O'Neil", "Jane\u200dDoe", "Jane\u00a0Doe"])
def test_what_can_be_shown_is_shown_as_it_is(name: str) -> None:
    assert shown(name, ASCII) == name


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("王淑珍", "WangShuZhen"),
        ("영숙 오", "YeongSug O"),
        ("ⴰⵎⴰⵣⵉⵖ ⵢⵓⴱⴰ", "amazigh yuba"),
        ("ߞߏߦߌ ߖߊߟߐ", "koyi jalo"),
        ("𞤀𞤣𞤢𞤥 𞤁𞤭𞤢𞤤𞤮", "Adam Dialo"),
        ("Jané", "Jane"),
    ],
)
def test_what_cannot_be_shown_is_told_in_latin_letters(name: str, latin: str) -> None:
    assert shown(name, ASCII) == f"{latin} ({TRANSLITERATED})"


@pytest.mark.parametrize("name", ["\u200b", "\u0301", "\U000e0001", "\U0010fffd\u202e"])
def test_what_nobody_can_see_is_told_by_its_code_points(name: str) -> None:
    assert shown(name, ASCII | {ord(letter) for letter in name}) == " ".join(f"U+{ord(each):04X}" for each in name)
