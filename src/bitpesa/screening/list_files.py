"""A sanction list as a file: what it says, and what tells it from others."""

import hashlib

from bitpesa.screening import list_formats
from bitpesa.screening.model import ListFile

_LONGEST_NAME = 255


def read_file(content: bytes, file_name: str, *, format_: str | None = None, aliases: bytes | None = None) -> ListFile:
    """Read a file; without a format it is told by the columns. `aliases`: OFAC's second file. Raises UnreadableList.

    It takes seconds for the longest ones.
    """
    text = _text_of(content)
    chosen = format_ or list_formats.recognise(text)
    return ListFile(
        name=_plain(file_name),
        sha256=hashlib.sha256(content).hexdigest(),
        format=chosen,
        entries=tuple(
            list_formats.read_entries(text, chosen, None if aliases is None else _text_of(aliases)),
        ),
    )


def _text_of(content: bytes) -> str:
    """Publishers write UTF-8, or Windows' Latin letters."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _plain(file_name: str) -> str:
    """The name of a file without what no column holds: browsers send what they like."""
    return "".join(letter for letter in file_name if letter.isprintable())[:_LONGEST_NAME]
