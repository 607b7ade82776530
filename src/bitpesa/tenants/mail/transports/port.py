"""The port: a letter, and what became of handing it over."""

from typing import Protocol
from uuid import UUID

import msgspec


class Letter(msgspec.Struct, frozen=True):
    """A mail in plain text. The id is ours, the same for every try. It does not show its text when printed."""

    id: UUID
    recipient: str
    subject: str
    text: str

    def __repr__(self) -> str:
        return f"Letter(id={self.id}, recipient={self.recipient!r}, subject={self.subject!r})"


class Taken(msgspec.Struct, frozen=True):
    """Somebody else sees to it from here."""


class NotTaken(msgspec.Struct, frozen=True):
    """It was not taken, or we do not know. `for_good`: no further try will change that."""

    reason: str
    for_good: bool


Outcome = Taken | NotTaken


class Mailer(Protocol):
    """Whoever takes our mail."""

    async def send(self, letter: Letter) -> Outcome:
        """Hand over a letter. A letter whose answer was lost is handed over again: better twice than never."""
