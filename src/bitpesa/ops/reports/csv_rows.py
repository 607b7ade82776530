"""Rows of CSV in UTF-8 as RFC 4180 has them, that no spreadsheet takes for formulas.

Amounts, times and identifiers are ours and written as they are. Texts are what clients chose: one that a spreadsheet
might compute gets an apostrophe in front, which spreadsheets read as "this is text".
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from bitpesa.kernel.values.timestamps import to_wire

Cell = str | int | Decimal | datetime | UUID | None
"""What may stand in a row; None leaves the cell empty."""

# The full-width forms are computed by spreadsheets of East Asian editions.
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

# More than RFC 4180 asks for: a spreadsheet whose language separates by semicolons or tabs must not cut a text in two.
_QUOTED_FOR = frozenset('",;\t\r\n')


def row(cells: Iterable[Cell]) -> bytes:
    """Write one row."""
    return (",".join(map(_written, cells)) + "\r\n").encode("utf-8", "replace")


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return _quoted(_harmless(cell))
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return to_wire(cell)
        case _:
            return str(cell)


def _harmless(text: str) -> str:
    """The text as text, without the one character that ends a text for many programs."""
    whole = text.replace("\x00", "\ufffd")
    return f"'{whole}" if whole.lstrip(" ").startswith(_BEGINS_A_FORMULA) else whole


def _quoted(text: str) -> str:
    if _QUOTED_FOR.isdisjoint(text) and text == text.strip():
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
