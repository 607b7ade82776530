"""Who is listed, who is looked for, and what was found."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Kind(StrEnum):
    """What a listed one is; a ship is another thing that no sender is."""

    PERSON = "person"
    ENTITY = "entity"
    OTHER = "other"
    UNKNOWN = "unknown"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One of a list. Birth dates are `1974-12-24` or, where no more is known, `1974`."""

    uid: str
    kind: Kind
    names: tuple[str, ...]
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    programme: str = ""


class ListFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read: what it is called, the digest of its bytes, in which format it is, and who is in it.

    `problems` are the rows that could not be read as they should be, each with its line.
    """

    name: str
    sha256: str
    format: str
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """An entry with the list it is on."""

    list: str
    sandbox_only: bool
    entry: Entry


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Who is looked for."""

    kind: Kind
    names: tuple[str, ...]
    birth_date: str | None = None
    countries: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is like the one looked for: how much (0 to 100) and why.

    `decisive`: enough to hold payments. `confirmed`: beside the name the birth date is the same.
    """

    listed: Listed
    screened_name: str
    listed_name: str
    score: int
    decisive: bool
    confirmed: bool = False
    reasons: tuple[str, ...]


class Outcome(StrEnum):
    """What screening says of somebody."""

    CLEAR = "clear"
    REVIEW = "review"
    """Somebody listed is like them: staff look at it, and nothing waits for that."""
    HOLD = "hold"
    """Somebody listed is so like them that payments wait until staff have looked."""
    LISTED = "listed"
    """The birth date is the same as well."""


class ListInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it was loaded last. Who did so and from which file is None for lists of before that was noted."""

    name: str
    format: str
    sandbox_only: bool
    entries: int
    version: UUID
    loaded_at: datetime
    loaded_by: str | None
    file_name: str | None
    sha256: str | None
    problems: tuple[str, ...] | list[str] = ()


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A match as it is kept for staff. It counts until it is dismissed, or the list is retired.

    Of a sender and those whom it names, or of the recipient of one of its transactions.
    """

    app_id: UUID
    sender_id: UUID
    recipient_id: UUID | None = None
    transaction_id: UUID | None = None
    list: str
    uid: str
    screened_name: str
    listed_name: str
    score: int
    decisive: bool
    confirmed: bool = False
    reasons: tuple[str, ...]
    programme: str
    found_at: datetime
    dismissed_at: datetime | None
    is_retired: bool = False

    @property
    def counts(self) -> bool:
        """Whether anything is to be decided because of it."""
        return self.dismissed_at is None and not self.is_retired
