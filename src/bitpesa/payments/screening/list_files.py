"""A sanction list as a file: what it says, and what tells it from others."""

import codecs
import hashlib

from bitpesa.payments.screening import list_formats
from bitpesa.payments.screening.model import ListFile

_LONGEST_NAME = 255


def read_file(
    content: bytes,
    file_name: str,
    *,
    format_: str | None = None,
    aliases: bytes | None = None,
    most_bad_percent: float = list_formats.MOST_BAD_PERCENT,
) -> ListFile:
    """Read a file; without a format it is told by its first lines. `aliases`: OFAC's second file.

    So many rows in a hundred may be passed over. It takes seconds for the longest ones. Raises UnreadableList.
    """
    text = _text_of(content)
    chosen = format_ or list_formats.recognise(text)
    more = None if aliases is None else _text_of(aliases)
    entries, problems = list_formats.read_entries(text, chosen, more, most_bad_percent=most_bad_percent)
    return ListFile(
        name=_plain(file_name),
        sha256=hashlib.sha256(content).hexdigest(),
        format=chosen,
        entries=tuple(entries),
        problems=tuple(problems),
    )


def _text_of(content: bytes) -> str:
    """Publishers write UTF-8, or Windows' Latin letters; spreadsheets also UTF-16, which begins with its mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _plain(file_name: str) -> str:
    """The name of a file without what no column holds: browsers send what they like."""
    return "".join(letter for letter in file_name if letter.isprintable())[:_LONGEST_NAME]
