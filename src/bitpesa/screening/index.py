"""Finding the listed who are like somebody: by names that are nearly the same, or that contain one another."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from rapidfuzz import fuzz, process

from bitpesa.screening.dates import agree
from bitpesa.screening.model import Kind, Listed, Match, Subject
from bitpesa.screening.names import normal_entity, normal_person

CONTAINED_SCORE = 90
"""What it counts for that every word of one name is in the other."""
SAME_BIRTH_BONUS = 5
OTHER_BIRTH_MALUS = 15
FEWEST_WORDS_CONTAINED = 2
MOST_CANDIDATES = 50


class Thresholds(msgspec.Struct, frozen=True):
    """From which score on a match is kept for the operator, and from which on it turns a sender away."""

    hit: int = 85
    reject: int = 95


class Index:
    """Every listed name in its normal form, its words sorted, so that their order does not matter."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self._names: list[str] = []
        self._shown: list[str] = []
        self._owners: list[Listed] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for each in listed:
            if each.entry.kind is not Kind.OTHER:
                self._add(each)

    def find(self, subject: Subject, thresholds: Thresholds, *, sandbox: bool) -> list[Match]:
        """Everybody listed who is like the subject, the best first; one match for each entry."""
        best: dict[tuple[str, str], Match] = {}
        for name in subject.names:
            for position, score in self._candidates(name, subject.kind, thresholds.hit - SAME_BIRTH_BONUS):
                match = self._judge(subject, name, position, score, thresholds)
                listed = match.listed
                if match.score < thresholds.hit or (listed.sandbox_only and not sandbox):
                    continue
                key = (listed.list, listed.entry.uid)
                if key not in best or best[key].score < match.score:
                    best[key] = match
        return sorted(best.values(), key=lambda match: -match.score)

    def _add(self, listed: Listed) -> None:
        for name in listed.entry.names:
            position = len(self._names)
            words = _words(name, listed.entry.kind)
            if not words:
                continue
            self._names.append(" ".join(words))
            self._shown.append(name)
            self._owners.append(listed)
            for word in set(words):
                self._by_word[word].append(position)

    def _candidates(self, name: str, kind: Kind, floor: int) -> Iterator[tuple[int, int]]:
        words = _words(name, kind)
        if not words:
            return
        near = process.extract(
            " ".join(words), self._names, scorer=fuzz.ratio, score_cutoff=floor, limit=MOST_CANDIDATES
        )
        for _, score, position in near:
            if _same_kind(kind, self._owners[position].entry.kind):
                yield position, round(score)
        for position in self._contained(set(words)):
            if _same_kind(kind, self._owners[position].entry.kind):
                yield position, CONTAINED_SCORE

    def _contained(self, words: set[str]) -> Iterator[int]:
        shared = Counter(position for word in words for position in self._by_word.get(word, ()))
        for position, count in shared.items():
            listed_words = len(set(self._names[position].split()))
            if count >= FEWEST_WORDS_CONTAINED and count == min(len(words), listed_words):
                yield position

    def _judge(self, subject: Subject, name: str, position: int, score: int, thresholds: Thresholds) -> Match:
        listed, shown = self._owners[position], self._shown[position]
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
        return Match(
            listed=listed,
            screened_name=name,
            listed_name=shown,
            score=score,
            decisive=score >= thresholds.reject,
            reasons=tuple(reasons),
        )


def _words(name: str, kind: Kind) -> list[str]:
    normal = normal_person(name) if kind is Kind.PERSON else normal_entity(name)
    return sorted(normal.split())


def _same_kind(wanted: Kind, found: Kind) -> bool:
    return found in (wanted, Kind.UNKNOWN)


def _how_alike(score: int, shown: str) -> str:
    if score == 100:  # noqa: PLR2004 - all of it
        return f"the same name: {shown}"
    return f"a name that is {score} percent alike: {shown}"
