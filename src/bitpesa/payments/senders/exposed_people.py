"""Politically exposed people that a sender declares: at most three, as a list that is replaced whole (flows 3.9)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bitpesa.kernel.values.text import clean_text, is_blank, text_problem
from bitpesa.kernel.values.timestamps import read_moment, to_wire

MOST_EXPOSED_PEOPLE = 3

_TEXTS = ("name", "position")
_MOMENTS = ("started_date", "ended_date")


def problem_with_people(value: Any) -> str | None:
    """What is wrong with the list as it was sent; None when nothing is."""
    if not isinstance(value, list) or not all(isinstance(person, dict) for person in value):
        return "invalid"
    if len(value) > MOST_EXPOSED_PEOPLE:
        return "too_long"
    return next((problem for person in value for problem in _problems_with(person)), None)


def read_people(value: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is kept of a list without problems: dates in full, and nothing that only we may say."""
    return [dict(_read(person)) for person in value]


def enlisted(people: Sequence[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The people as a sender's new list: numbered from 1, and made now."""
    moment = to_wire(now)
    return [
        {"id": number, **person, "created_at": moment, "updated_at": moment} for number, person in enumerate(people, 1)
    ]


def _problems_with(person: Mapping[str, Any]) -> Iterator[str]:
    for name in (*_TEXTS, *_MOMENTS):
        value = person.get(name)
        problem = None if is_blank(value) else text_problem(value)
        if problem is None and name in _MOMENTS and not is_blank(value):
            problem = None if _is_moment(str(value)) else "invalid"
        if problem:
            yield problem


def _read(person: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in (*_TEXTS, *_MOMENTS):
        if not is_blank(person.get(name)):
            text = clean_text(str(person[name]))
            yield name, to_wire(read_moment(text.strip())) if name in _MOMENTS else text


def _is_moment(text: str) -> bool:
    try:
        read_moment(clean_text(text).strip())
    except ValueError:
        return False
    return True
