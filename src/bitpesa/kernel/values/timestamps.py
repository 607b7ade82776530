"""Moments as clients read them, `2019-01-11T00:00:00.001Z` and never another form, and as they write them."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

# `fromisoformat` alone also takes weeks and dates without hyphens.
_DATE_OR_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?", re.ASCII)

_LENGTH_OF_DATE = len("2018-06-06")

MAX_AGE_YEARS = 125
"""Nobody has lived longer."""
MAX_COMPANY_AGE_YEARS = 1500
"""The oldest companies that still trade were founded in the sixth century."""
_TIME_ZONES = timedelta(days=1)  # somewhere it is tomorrow already


def read_moment(text: str) -> datetime:
    """Read a date or an ISO time; without an offset it is UTC (flows 11.2). Raises ValueError."""
    if not _DATE_OR_TIME.fullmatch(text):
        raise ValueError(f"{text!r} is neither a date nor a time")
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError(f"{text!r} is outside the calendar") from problem


def read_date(text: str) -> date:
    """Read the date that a date or an ISO time names, as it is written. Raises ValueError.

    Clients also send dates as full timestamps; the date is what counts, whatever the offset.
    """
    read_moment(text)
    return date.fromisoformat(text[:_LENGTH_OF_DATE])


def is_birth_date(day: date, today: date) -> bool:
    """Whether somebody alive may have been born that day."""
    return _is_past(day, today) and today.year - day.year <= MAX_AGE_YEARS


def is_founding_date(day: date, today: date) -> bool:
    """Whether a company may have been registered that day."""
    return _is_past(day, today) and today.year - day.year <= MAX_COMPANY_AGE_YEARS


def _is_past(day: date, today: date) -> bool:
    return day <= today + _TIME_ZONES


def read_end(text: str) -> datetime | None:
    """Read the inclusive end of a range: the first moment after it, None when there is none. Raises ValueError.

    A date takes in that whole day in UTC. Answers show milliseconds and rows may hold more, so that a time takes in the
    whole millisecond it names.
    """
    moment = read_moment(text)
    try:
        if len(text) == _LENGTH_OF_DATE:
            return moment + timedelta(days=1)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000) + timedelta(milliseconds=1)
    except OverflowError:  # 9999-12-31, as some write "for ever"
        return None


@lru_cache(maxsize=4096)  # an answer and its events say the same few moments a dozen times
def to_wire(moment: datetime) -> str:
    """Write a moment in UTC with milliseconds (contract of the SDKs, 3.3)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_wire_or_none(moment: datetime | None) -> str | None:
    """Write a moment that may not have come."""
    return None if moment is None else to_wire(moment)
