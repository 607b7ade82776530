"""The codes a provider answers with: what each means, and how a client is told (flows 8.1, 8.3)."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import resources
from typing import Any, Literal

import msgspec

CategorySpelling = Literal["corrected", "table"]


class Category(StrEnum):
    """What a code means for a payout."""

    PAID = "paid"
    PENDING = "pending"
    TIMEOUT_ERROR = "timeout_error"
    MANUAL_RECONCILIATION_REQUIRED = "manual_reconciliation_required"
    RECIPIENT_ACTION_REQUIRED = "recipient_action_required"
    TEMPORARY_ERROR = "temporary_error"
    RECIPIENT_ERROR = "recipient_error"
    SENDER_ERROR = "sender_error"


FAILED = frozenset({Category.TEMPORARY_ERROR, Category.RECIPIENT_ERROR, Category.SENDER_ERROR})
"""Nothing was paid, and nothing will be."""

OPEN = frozenset(Category) - FAILED - {Category.PAID}
"""It may still be paid."""

_KNOWN_ALREADY = frozenset({"33", "34"})
_NOT_FOUND = "331"

# The published table of codes leaves a letter out; the prose around it does not (flows 0.1).
_SPELLED_IN_THE_TABLE: dict[Category, str] = {Category.RECIPIENT_ACTION_REQUIRED: "recipent_action_required"}

_spelled: dict[Category, str] = {}

_NOBODY_KNOWS = "13"


class Code(msgspec.Struct, frozen=True):
    """A code, its messages from the general to the particular, and its meaning."""

    code: str
    messages: tuple[str, str, str]
    description: str
    category: Category


def code(text: str) -> Code:
    """Look up a code; one that is not in the table means what the nearest shorter one does ("419" is read as "41").

    Two readings would be wrong: that something which merely begins like "0" was paid, and that something without any
    shorter code ("999") failed. Nobody knows what became of the money then, so it is left to people, as code 13 is.
    """
    for length in range(min(len(text), _LONGEST), 0, -1):
        found = CODES.get(text[:length])
        if found is not None and (found.code == text or found.category is not Category.PAID):
            return found
    return CODES[_NOBODY_KNOWS]


def leaves_doubt(text: str, *, asked: bool) -> bool:
    """Whether a failure by this code may be about an order that was or will be paid all the same.

    A provider that says that it knows the order already may be paying it; one that is `asked` and does not find it may
    get it yet. The table calls both temporary errors, after which it would be safe to try again.
    """
    found = code(text).code
    return found in _KNOWN_ALREADY or (asked and found == _NOT_FOUND)


def details(text: str) -> dict[str, Any]:
    """The `state_reason_details` of a code, which are always those of a code in the table (flows 8.3)."""
    found = code(text)
    return {
        "code": found.code,
        "category": _spelled.get(found.category, str(found.category)),
        "messages": list(found.messages),
        "description": found.description,
    }


@contextmanager
def spelled(spelling: CategorySpelling) -> Iterator[None]:
    """Choose how this process spells categories: a switch of a whole deployment, so no caller has to carry it."""
    if spelling == "table":
        _spelled.update(_SPELLED_IN_THE_TABLE)
    try:
        yield
    finally:
        _spelled.clear()


def _load() -> dict[str, Code]:
    text = resources.files(__package__).joinpath("codes.csv").read_text(encoding="utf-8")
    return {row["code"]: _read(row) for row in csv.DictReader(text.splitlines())}


def _read(row: dict[str, str]) -> Code:
    """Read a row; a message left out is that of the level above."""
    general = row["tier1"]
    closer = row["tier2"] or general
    return Code(row["code"], (general, closer, row["tier3"] or closer), row["description"], Category(row["category"]))


CODES = _load()
"""Every code there is, in the order of the table."""

_LONGEST = max(map(len, CODES))
