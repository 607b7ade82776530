"""Birth dates as lists write them, and whether they are those of the same person."""

import re
from collections.abc import Iterable

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_WORDS = re.compile(r"(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})", re.ASCII)
_YEAR = re.compile(r"\b(\d{4})\b", re.ASCII)
_RANGE = re.compile(r"\b(\d{4}) (?:to|-|and) (\d{4})\b", re.ASCII)
_LENGTH_OF_YEAR = 4

MOST_YEARS = 100
YEARS_APART = 1
"""Lists are often a year off; more is another person."""


def read_dates(text: str) -> tuple[str, ...]:
    """Every date in a text, in full where it is, else the year alone."""
    found = [_date(y, m, d) for y, m, d in _ISO.findall(text)]
    rest = _ISO.sub(" ", text)
    found += [_date(y, m, d) for d, m, y in _NUMBERS.findall(rest)]
    rest = _NUMBERS.sub(" ", rest)
    found += [_date(y, str(_MONTHS.get(m.lower(), 0)), d) for d, m, y in _WORDS.findall(rest)]
    rest = _WORDS.sub(" ", rest)
    found += [year for ends in _RANGE.findall(rest) for year in years_between(*ends)]
    found += _YEAR.findall(rest)
    return tuple(dict.fromkeys(found))


def years_between(first: str | None, last: str | None) -> tuple[str, ...]:
    """The years of a range, each end of which may be missing; of a long one every year, so that none is another."""
    ends = [int(year) for text in (first, last) for year in _YEAR.findall(text or "")]
    if len(ends) <= 1 or not 0 <= ends[-1] - ends[0] <= MOST_YEARS:
        return tuple(map(str, ends))
    step = 1 if ends[-1] - ends[0] > 2 * YEARS_APART else max(ends[-1] - ends[0], 1)
    return tuple(str(year) for year in range(ends[0], ends[-1] + 1, step))


def agree(birth_date: str | None, listed: Iterable[str]) -> bool | None:
    """Whether a birth date is one of those listed: None where nothing can be said."""
    dates = list(listed)
    if birth_date is None or not dates:
        return None
    if any(date in (birth_date, birth_date[:_LENGTH_OF_YEAR]) for date in dates):
        return True
    year = int(birth_date[:_LENGTH_OF_YEAR])
    far = all(abs(int(date[:_LENGTH_OF_YEAR]) - year) > YEARS_APART for date in dates)
    return False if far else None


def _date(year: str, month: str, day: str) -> str:
    """A date in full; lists write zeros for what they do not know."""
    whole = int(month) and int(day)
    return f"{year}-{int(month):02}-{int(day):02}" if whole else year
