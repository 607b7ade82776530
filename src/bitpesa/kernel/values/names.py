"""Names that people type and that others read: one printable line, and nothing that leads anywhere.

Decides from plain values.
"""

import re
import unicodedata

from bitpesa.kernel.values.text import clean_text

MAX_QUOTED = 60
"""How much of a name stands in a mail: what somebody is called, and no message of whoever typed it."""

CUT = "…"

_LINK = re.compile(r"://|\bwww\.|\bmailto:|\bjavascript:", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9](?:[ .()-]*[0-9]){4,}")
_SPACE = re.compile(r"\s+")


def read_name(text: str, longest: int) -> str | None:
    """A name as it is kept, on one line and with single spaces; None for what is none, too long, or holds a link."""
    name = _SPACE.sub(" ", clean_text(text)).strip()
    return name if 0 < len(name) <= longest and name.isprintable() and not _LINK.search(name) else None


def quoted(name: str) -> str:
    """A name as it stands in a mail: short, on one line, and so that no mail program makes a link or a number of it."""
    kept = "".join(each if _is_kept(each) else " " for each in name)
    spaced = _SPACE.sub(" ", re.sub(r"\.(?=\S)", ". ", kept)).strip()
    apart = _NUMBER.sub(lambda found: found[0][:4].rstrip(" .()-") + CUT, spaced)
    return apart if len(apart) <= MAX_QUOTED else apart[: MAX_QUOTED - 1].rstrip() + CUT


def _is_kept(letter: str) -> bool:
    """Letters with their marks, digits, spaces, and the few signs that names have."""
    return unicodedata.category(letter)[0] in "LM" or letter in " '\u2019.,-&()" or letter in "0123456789"
