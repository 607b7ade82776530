"""Pages and ranges of lists, as the query asks for them (flows 11.2)."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from bitpesa.api.call import Query
from bitpesa.kernel.problems import Malformed
from bitpesa.kernel.values.timestamps import read_end, read_moment

ROWS_BY_DEFAULT = 10
MOST_ROWS = 100

LONGEST_MOMENT = 64
"""What is longer is no moment, and takes too long to search for a lost plus sign."""

_WHOLE_NUMBER = re.compile(r"[0-9]{1,15}")  # as many digits as every client's numbers hold exactly
# An unescaped plus sign before an offset arrives as a space.
_LOST_PLUS = re.compile(r"^(\S+[T ]\d{2}:\d{2}\S*) (\d{2}:?\d{2})$")


class Page(msgspec.Struct, frozen=True):
    """A page of a list: its number from 1, and how many rows it has at most."""

    number: int = 1
    per: int = ROWS_BY_DEFAULT

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.number - 1) * self.per

    def meta(self, total_count: int) -> dict[str, Any]:
        """The `meta` of a list with this many rows in all."""
        pages = -(-total_count // self.per)
        return {
            "pagination": {
                "current_page": self.number,
                "next_page": self.number + 1 if self.number < pages else None,
                "prev_page": min(self.number - 1, pages) or None,
                "total_pages": pages,
                "total_count": total_count,
            }
        }


class TimeRange(msgspec.Struct, frozen=True):
    """A range of moments from `since` on and before `before`; None leaves an end open."""

    since: datetime | None = None
    before: datetime | None = None


def read_page(query: Query) -> Page:
    """Read `page` and `per`; more than 100 rows are cut to 100. Raises Malformed for what is no number from 1 on."""
    return Page(_positive(query.text("page"), 1), min(_positive(query.text("per"), ROWS_BY_DEFAULT), MOST_ROWS))


def read_range(query: Query, name: str = "created_at") -> TimeRange:
    """Read `<name>_from` and `<name>_to`, both inclusive; a `to` that is a date takes in that whole day in UTC.

    Raises Malformed.
    """
    try:
        return TimeRange(_since(query.text(f"{name}_from")), _before(query.text(f"{name}_to")))
    except ValueError:
        raise Malformed from None


def read_choices(query: Query, name: str, known: Collection[str]) -> tuple[str, ...] | None:
    """Read a filter that takes some of a set of words, as a list or with commas between them; None without it.

    Raises Malformed for another word: no row could have it, and an empty list would hide the mistake.
    """
    words = tuple(word for text in query.texts(name) for word in text.split(","))
    if not all(word in known for word in words):
        raise Malformed
    return words or None


def _positive(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not _WHOLE_NUMBER.fullmatch(text) or int(text) < 1:
        raise Malformed
    return int(text)


def _since(text: str | None) -> datetime | None:
    return None if text is None else read_moment(_with_plus(text))


def _before(text: str | None) -> datetime | None:
    return None if text is None else read_end(_with_plus(text))


def _with_plus(text: str) -> str:
    return _LOST_PLUS.sub(r"\1+\2", text) if len(text) <= LONGEST_MOMENT else text
