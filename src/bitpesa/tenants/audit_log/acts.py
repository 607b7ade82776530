"""Every act that the audit trail knows, from `acts.csv`: what staff call it, and what its client is told of it.

A client is told of an act of staff only what `client_wording` says, and nothing where that is empty. A house test
refuses an act that the code records and the table lacks.
"""

import csv
from collections.abc import Iterator
from functools import cache
from importlib import resources

import msgspec


class Act(msgspec.Struct, frozen=True):
    """An act: the `title` that staff read, and the neutral sentence that clients read when staff did it, if any."""

    action: str
    title: str
    client_wording: str | None


@cache
def acts() -> dict[str, Act]:
    """Every act by the name that the trail has for it."""
    return {act.action: act for act in _read()}


def title_of(action: str) -> str:
    """What staff call an act; one that the table lacks goes by its name."""
    act = acts().get(action)
    return action if act is None else act.title


def told_to_clients() -> list[str]:
    """The acts of staff that clients are told of."""
    return [act.action for act in acts().values() if act.client_wording is not None]


def _read() -> Iterator[Act]:
    text = resources.files(__package__).joinpath("acts.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield Act(row["action"], row["title"], row["client_wording"] or None)
