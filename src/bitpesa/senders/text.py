"""Text as clients write it: any Unicode but NUL, 1 to 255 characters (flows 3.2)."""

import unicodedata
from typing import Any

LONGEST_TEXT = 255
MOST_CODE_POINTS_PER_CHARACTER = 4
"""What one composed character can be spelled with; putting longer text together takes quadratic time."""


def is_blank(value: Any) -> bool:
    """Whether a value says nothing: null, or text without a visible character."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_problem(value: Any) -> str | None:
    """What is wrong with a value that should be text; whole numbers are taken for their digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return "invalid"
    text = str(value).strip()
    if "\x00" in text:
        return "invalid"
    return "too_long" if _is_too_long(text) else None


def _is_too_long(text: str) -> bool:
    if len(text) <= LONGEST_TEXT:
        return False
    if len(text) > LONGEST_TEXT * MOST_CODE_POINTS_PER_CHARACTER:
        return True
    return len(unicodedata.normalize("NFC", text)) > LONGEST_TEXT
