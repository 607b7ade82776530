"""Text as clients write it: any Unicode but NUL, 1 to 255 characters (flows 3.2), without what nobody can see.

This is the one reader of text. Numbers and names that were copied from a chat, a PDF or a phone book carry characters
that take no room: two values would look alike and differ. They are removed wherever text is read.
"""

import re
import unicodedata
from typing import Any

MAX_TEXT_LENGTH = 255
MAX_CODE_POINTS_PER_CHARACTER = 4
"""What one composed character can be spelled with; putting longer text together takes quadratic time."""

_JOINERS = "\u200c\u200d"
_EMOJI_VARIATION = "\ufe0f"

_SUSPECT = re.compile(
    "[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def clean_text(text: str) -> str:
    """Remove the characters that nobody sees, and turn every kind of space into an ordinary one.

    Removed are format and control characters, bidirectional marks, variation selectors and blank letters. The joiners
    U+200C and U+200D stay between letters of scripts that are written with them, such as Persian and Hindi, and between
    the parts of an emoji. NUL stays as well: it is refused, not repaired.
    """
    if text.isascii() and text.isprintable():  # nearly all there is, and quick to see
        return text
    if not _SUSPECT.search(text):
        return text
    return "".join(_cleaned(text, place, character) for place, character in enumerate(text))


def is_blank(value: Any) -> bool:
    """Whether a value says nothing: null, or text without a visible character."""
    return value is None or (isinstance(value, str) and not clean_text(value).strip())


def text_problem(value: Any) -> str | None:
    """What is wrong with a value that should be text; whole numbers are taken for their digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return "invalid"
    text = str(value).strip()
    if "\x00" in text:
        return "invalid"
    return "too_long" if _is_too_long(text) else None


def _cleaned(text: str, place: int, character: str) -> str:
    if character == "\x00":
        return character
    if character.isspace():
        return " "
    if not _SUSPECT.match(character):
        return character
    return character if _is_needed(character, text[place - 1 : place], text[place + 1 : place + 2]) else ""


def _is_needed(character: str, before: str, after: str) -> bool:
    """Whether an invisible character shapes what stands around it: letters that join, or the parts of an emoji."""
    if character == _EMOJI_VARIATION:
        return _is_emoji(before)
    if character not in _JOINERS:
        return False
    is_emoji = (_is_emoji(before) or before == _EMOJI_VARIATION) and _is_emoji(after)
    return is_emoji or (_takes_joiners(before) and _takes_joiners(after))


def _takes_joiners(character: str) -> bool:
    first_arabic, last_tibetan = "\u0600", "\u0fff"
    return first_arabic <= character <= last_tibetan and unicodedata.category(character)[0] in "LM"


def _is_emoji(character: str) -> bool:
    """Whether a character is a pictograph or the tone of one; the Braille blank, a symbol as well, shows nothing."""
    first_arrow = "\u2190"
    return character >= first_arrow and character != "\u2800" and unicodedata.category(character) in ("So", "Sk")


def _is_too_long(text: str) -> bool:
    if len(text) <= MAX_TEXT_LENGTH:
        return False
    if len(text) > MAX_TEXT_LENGTH * MAX_CODE_POINTS_PER_CHARACTER:
        return True
    return len(unicodedata.normalize("NFC", text)) > MAX_TEXT_LENGTH
