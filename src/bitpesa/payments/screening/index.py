"""Finding the listed who are like somebody: by names that are nearly the same, or that contain one another."""

import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from bitpesa.payments.screening.dates import agree
from bitpesa.payments.screening.likeness import likeness
from bitpesa.payments.screening.model import Entry, Kind, Listed, Match, Subject
from bitpesa.payments.screening.name_table import NameTable
from bitpesa.payments.screening.names import Name, entity_name, person_name
from bitpesa.payments.screening.sounds import sound_of
from bitpesa.payments.screening.words import COMMON, GENERIC

SAME_BIRTH_BONUS = 5
OTHER_BIRTH_MALUS = 15
COMMON_SHARE = 0.3
"""A word in more than so many of a hundred names on the lists shows nobody by itself."""
FEWEST_TO_BE_COMMON = 50
"""How many of a list of names must have a word before its share says anything."""
SUBJECTS_REMEMBERED = 10_000

_READ_ENTRY = msgspec.msgpack.Decoder(Entry)
_WRITE_ENTRY = msgspec.msgpack.Encoder()


class Thresholds(msgspec.Struct, frozen=True):
    """From which score on a match is kept for staff, and from which on it holds payments."""

    hit: int = 85
    reject: int = 95


class _Names:
    """The names of persons, or those of companies and bodies, and whose they are."""

    def __init__(self) -> None:
        self.table = NameTable()
        self.owners = array("I")
        self.ordinals = array("H")

    def add(self, name: Name, owner: int, ordinal: int) -> None:
        if name.words:
            self.table.add(name)
            self.owners.append(owner)
            self.ordinals.append(ordinal)


class Index:
    """Everybody listed, by name; entries lie packed, since most are never looked at."""

    def __init__(self, listed: Iterable[Listed] = ()) -> None:
        self._persons = _Names()
        self._entities = _Names()
        self._packed = bytearray()
        self._ends = array("Q")
        self._lists: list[tuple[str, bool]] = []
        self._list_of = array("H")
        self._find = lru_cache(SUBJECTS_REMEMBERED)(self._look_up)
        for each in listed:
            self.add(each)
        self.finish()

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, listed: Listed) -> None:
        """Keep one more entry; after the last one the index is to be finished."""
        entry = listed.entry
        if entry.kind is Kind.OTHER:
            return
        owner = len(self._ends)
        self._packed += _WRITE_ENTRY.encode(entry)
        self._ends.append(len(self._packed))
        named = (listed.list, listed.sandbox_only)
        if named not in self._lists:
            self._lists.append(named)
        self._list_of.append(self._lists.index(named))
        for ordinal, name in enumerate(entry.names):
            if entry.kind is not Kind.ENTITY:
                self._persons.add(person_name(name), owner, ordinal)
            if entry.kind is not Kind.PERSON:
                self._entities.add(entity_name(name), owner, ordinal)

    def finish(self) -> None:
        """Make what was added known to `find`."""
        self._persons.table.finish()
        self._entities.table.finish()
        self._find.cache_clear()

    def find(self, subject: Subject, thresholds: Thresholds, *, sandbox: bool) -> list[Match]:
        """Everybody listed who is like the subject, the best first; one match for each entry."""
        return list(self._find(subject, thresholds, sandbox))

    def _look_up(self, subject: Subject, thresholds: Thresholds, sandbox: bool) -> tuple[Match, ...]:  # noqa: FBT001 - keywords are other keys of the cache
        best: dict[int, Match] = {}
        for written in subject.names:
            for owner, ordinal, score, is_common in self._candidates(written, subject.kind, thresholds.hit):
                match = self._judge(subject, written, owner, ordinal, score, thresholds, is_common=is_common)
                if match.score < thresholds.hit or (match.listed.sandbox_only and not sandbox):
                    continue
                if owner not in best or best[owner].score < match.score:
                    best[owner] = match
        return tuple(sorted(best.values(), key=lambda match: -match.score))

    def _candidates(self, written: str, kind: Kind, hit: int) -> Iterable[tuple[int, int, int, bool]]:
        name = person_name(written) if kind is Kind.PERSON else entity_name(written)
        if not name.words:
            return
        names = self._persons if kind is Kind.PERSON else self._entities
        is_common = _is_common(name.words, names.table)
        for position, other, values in names.table.find(name):
            score = likeness(name, other, values)
            if name.is_rough and other.is_rough and self._is_written_so(names, position, written):
                score = 100
            if score >= hit - SAME_BIRTH_BONUS:
                yield names.owners[position], names.ordinals[position], score, is_common

    def _is_written_so(self, names: _Names, position: int, written: str) -> bool:
        """Whether a name is the same letter by letter: what Latin letters show roughly is told apart by its own."""
        shown = self._listed(names.owners[position]).entry.names[names.ordinals[position]]
        return unicodedata.normalize("NFKC", shown).split() == unicodedata.normalize("NFKC", written).split()

    def _listed(self, owner: int) -> Listed:
        start = self._ends[owner - 1] if owner else 0
        name, sandbox_only = self._lists[self._list_of[owner]]
        return Listed(name, sandbox_only, _READ_ENTRY.decode(self._packed[start : self._ends[owner]]))

    def _judge(
        self,
        subject: Subject,
        written: str,
        owner: int,
        ordinal: int,
        score: int,
        thresholds: Thresholds,
        *,
        is_common: bool,
    ) -> Match:
        listed = self._listed(owner)
        shown = listed.entry.names[ordinal]
        reasons = [_how_alike(score, shown)]
        same = agree(subject.birth_date, listed.entry.birth_dates)
        if same is not None:
            score = min(score + SAME_BIRTH_BONUS, 100) if same else score - OTHER_BIRTH_MALUS
            reasons.append(
                "the same birth date" if same else "another birth date: " + ", ".join(listed.entry.birth_dates)
            )
        known = {country.lower() for country in subject.countries}
        shared = sorted(country for country in listed.entry.countries if country.lower() in known)
        if shared:
            reasons.append("the same country: " + ", ".join(shared))
        if is_common and not same and score >= thresholds.reject:
            reasons.append("a name that many have")
        return Match(
            listed=listed,
            screened_name=written,
            listed_name=shown,
            score=score,
            decisive=score >= thresholds.reject and (bool(same) or not is_common),
            confirmed=bool(same),
            reasons=tuple(reasons),
        )


_COMMON_SOUNDS = frozenset(map(sound_of, COMMON))


def _is_common(words: Sequence[str], table: NameTable) -> bool:
    """Whether a name shows nobody: every word of it is one that many have."""
    least = 100 * FEWEST_TO_BE_COMMON / max(len(table), 1)
    return all(
        word in GENERIC or sound_of(word) in _COMMON_SOUNDS or table.share_with(word) > max(COMMON_SHARE, least)
        for word in words
    )


def _how_alike(score: int, shown: str) -> str:
    if score == 100:  # noqa: PLR2004 - all of it
        return f"the same name: {shown}"
    return f"a name that is {score} percent alike: {shown}"
