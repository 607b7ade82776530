"""What the rows of a list say of each entry, gathered; and what was wrong with rows."""

from collections.abc import Iterable

import msgspec

from bitpesa.payments.screening.model import Entry, Kind

LONGEST_UID = 200
NOTHING = "-0-"

_OTHERS = (
    "ship vessel airplane aircraft vehicle cryptowallet security address passport identification sanction ownership "
    "directorship membership employment family associate representation succession unknownlink occupancy position "
    "asset "
    "realestate article document documentation debt payment contract contractaward project projectparticipant interval"
)
_KINDS = {
    **dict.fromkeys(("person", "individual", "p"), Kind.PERSON),
    **dict.fromkeys(
        ("company", "enterprise", "entity", "e", "organization", "organisation", "publicbody"), Kind.ENTITY
    ),
    **dict.fromkeys(_OTHERS.split(), Kind.OTHER),
}
"""What publishers call those whom they list. What is not here, such as `LegalEntity`, may be person or company."""


class UnreadableList(ValueError):
    """The file is in none of the formats known here, or broken; the message says where."""


class BadRow(Exception):
    """One row cannot be read; the message says why."""


class Gathered(msgspec.Struct):
    """What the rows of one entry say together."""

    kind: Kind
    names: dict[str, None] = msgspec.field(default_factory=dict)
    birth_dates: dict[str, None] = msgspec.field(default_factory=dict)
    countries: dict[str, None] = msgspec.field(default_factory=dict)
    programmes: dict[str, None] = msgspec.field(default_factory=dict)

    def entry(self, uid: str) -> Entry:
        """The entry; people named "LAST, First" are turned round."""
        names = dict.fromkeys(_turned(name) if self.kind is Kind.PERSON else name for name in self.names)
        return Entry(
            uid=uid,
            kind=self.kind,
            names=tuple(names),
            birth_dates=tuple(self.birth_dates),
            countries=tuple(self.countries),
            programme=", ".join(self.programmes),
        )


class Gathering:
    """The entries of a file while it is read, and its bad rows: too many of them, and the file is refused."""

    def __init__(self, most_bad_percent: float) -> None:
        self.entries: dict[str, Gathered] = {}
        self.problems: list[str] = []
        self.rows = 0
        self._bad = 0
        self._most_bad_percent = most_bad_percent

    def of(self, uid: str | None, kind: str | None) -> Gathered:
        """What is known of an entry so far. Raises BadRow."""
        known_as = (uid or "").strip()
        if not known_as:
            raise BadRow("it does not say by which number or id the list knows this one")
        if len(known_as) > LONGEST_UID:
            raise BadRow(f"an id is longer than {LONGEST_UID} characters")
        return self.entries.setdefault(known_as, Gathered(kind_of(kind)))

    def note(self, where: str, problem: str) -> None:
        """Remember what was odd about a row that was read all the same."""
        self.problems.append(f"{where}: {problem}")

    def skip(self, where: str, problem: str) -> None:
        """Remember that a row was passed over, and why."""
        self._bad += 1
        self.note(where, problem)

    def finished(self) -> list[Entry]:
        """The entries. Raises UnreadableList where too many rows were bad, or nobody is listed."""
        if self._bad * 100 > self._most_bad_percent * self.rows:
            raise UnreadableList(
                f"{self.problems[0]}. So {self._bad} of {self.rows} rows cannot be read, "
                f"and at most {self._most_bad_percent:g} in a hundred may be passed over"
            )
        entries = [found.entry(uid) for uid, found in self.entries.items() if found.names]
        if not entries:
            raise UnreadableList("nobody is listed in it")
        return entries


def kind_of(kind: str | None) -> Kind:
    """What a publisher's word for a kind means."""
    return _KINDS.get((kind or "").strip().lower(), Kind.UNKNOWN)


def add(known: dict[str, None], values: Iterable[str | None]) -> None:
    """Add what says something, once."""
    for value in values:
        text = " ".join((value or "").split())
        if text and text != NOTHING:
            known[text] = None


def joined(parts: Iterable[str | None]) -> str:
    """A name of its parts; some publishers write 0 for none."""
    return " ".join(part.strip() for part in parts if part and part.strip() not in ("", "0"))


def split(text: str | None) -> list[str]:
    """Values in one cell."""
    return (text or "").split(";")


def _turned(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name
