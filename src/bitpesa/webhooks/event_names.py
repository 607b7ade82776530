"""The names of events: which ones a webhook may ask for, and which of them the platform ever sends (flows 9.1)."""

import csv
from importlib import resources

import msgspec


class EventName(msgspec.Struct, frozen=True):
    """A name an event may have, and when the event happens."""

    name: str
    is_emitted: bool
    is_accepted: bool
    when: str


def _load() -> tuple[EventName, ...]:
    text = resources.files(__package__).joinpath("events.csv").read_text(encoding="utf-8")
    return tuple(
        EventName(row["event"], row["emitted"] == "yes", row["accepted"] == "yes", row["when"])
        for row in csv.DictReader(text.splitlines())
    )


EVENT_NAMES = _load()
"""Every name known, in the order of the list that clients see."""

TEST = "webhook.test"
"""What a webhook is sent when its owner has it tried. Nobody asks for it, and only the webhook itself hears it."""

ACCEPTED = tuple(entry.name for entry in EVENT_NAMES if entry.is_accepted)
"""The names a webhook may ask for."""
