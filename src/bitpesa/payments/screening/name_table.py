"""Listed names in little memory, found by words that sound alike: built once, looked up in a millisecond or so.

Each word is kept once. A name is a row of word numbers, and each word knows the names that it stands in; all of that
lies in arrays of numbers, since an object for every name of long lists would be hundreds of megabytes.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from zlib import crc32

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bitpesa.payments.screening.likeness import Values
from bitpesa.payments.screening.names import Name
from bitpesa.payments.screening.sounds import WEAKEST, alike, served, skeleton_of, sound_of
from bitpesa.payments.screening.words import TWIN_GROUPS, TWINS

SHORTEST_JOINED = 4
ALWAYS_SHARED = 2
STRONG = 0.84
"""One of the words shared must be as much alike as this: of weaker ones no name is made."""
WORDS_REMEMBERED = 5_000
MOST_OF_ONE_WORD = 2_000
"""How many names are looked at that share one word and an initial with the name looked for."""

_LETTERS = "bklmnrst"
"""What skeletons are made of."""


class NameTable:
    """Names as words; `find` answers the positions of those that may be like another name."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.sounds: list[str] = []
        self._numbers: dict[str, int] = {}
        self._by_skeleton: defaultdict[str, array[int]] = defaultdict(_numbers)
        self._rows = _numbers()
        self._ends = _numbers()
        self._marks = bytearray()
        self._places = _numbers()
        self._starts = _numbers()
        self._joined = _numbers()
        self._joined_at = _numbers()
        self._like = lru_cache(WORDS_REMEMBERED)(self._words_like)

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, name: Name) -> None:
        """Keep one more name; its position is how many there were before."""
        self._rows.extend(self._number(word) for word in name.words)
        self._ends.append(len(self._rows))
        self._marks.append(name.has_descent + 2 * name.is_rough)

    def finish(self) -> None:
        """Note where each word stands, once all names are there."""
        counts = [0] * len(self.words)
        for number in self._rows:
            counts[number] += 1
        self._starts = array("I", [0, *accumulate(counts)])
        self._places = array("I", bytes(4 * len(self._rows)))
        free = list(self._starts)
        start = 0
        for position, end in enumerate(self._ends):
            for number in self._rows[start:end]:
                self._places[free[number]] = position
                free[number] += 1
            start = end
        self._join()

    def name_at(self, position: int) -> Name:
        """The words of the name at a position."""
        marks = self._marks[position]
        words = tuple(map(self.words.__getitem__, self._row(position)))
        return Name(words, has_descent=bool(marks & 1), is_rough=bool(marks & 2))

    def share_with(self, word: str) -> float:
        """In how many of a hundred names a word stands."""
        number = self._numbers.get(word)
        if number is None or not self._ends:
            return 0.0
        return 100 * (self._starts[number + 1] - self._starts[number]) / len(self._ends)

    def find(self, name: Name) -> Iterator[tuple[int, Name, Values]]:
        """Names that may be like this one: their positions, themselves, and how alike the words are."""
        sounds = [sound_of(word) for word in name.words]
        known = [dict(self._like(word, sound)) for word, sound in zip(name.words, sounds, strict=True)]
        for position in self._positions(name.words, sounds):
            row = self._row(position)
            yield (
                position,
                self.name_at(position),
                [
                    [self._value(known[i], number, word, sounds[i]) for number in row]
                    for i, word in enumerate(name.words)
                ],
            )

    def _value(self, known: dict[int, float], number: int, word: str, sound: str) -> float:
        value = known.get(number)
        if value is None:
            value = known[number] = alike(word, self.words[number], sound, self.sounds[number])
        return value

    def _positions(self, words: Sequence[str], sounds: Sequence[str]) -> set[int]:
        """Names as long as this one that share all but one word with it; others that share all words of the shorter.

        Two are shared at least, or one where no more can be told.
        """
        told = dict.fromkeys((word, sound) for word, sound in zip(words, sounds, strict=True) if len(word) > 1)
        like = [self._like(word, sound) for word, sound in told]
        found = set(self._written_together(sounds))
        if len(like) <= 1:
            found.update(p for numbers in like for p in self._of_length(numbers, len(words)))
            return found
        groups = [self._places_of(numbers) for numbers in like]
        sure = [self._places_of(n for n, value in numbers.items() if value >= STRONG) for numbers in like]
        shared = set[int]().union(
            *(one & other for i, one in enumerate(sure) for j, other in enumerate(groups) if i != j)
        )
        initials = len(words) - len(told)
        for position in shared:
            length = len(self._row(position))
            needed = length - 1 if length == len(words) else min(length, len(words))
            if needed - initials <= ALWAYS_SHARED or sum(position in group for group in groups) >= needed - initials:
                found.add(position)
        return found

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self.words)
            sound = sound_of(word)
            self.words.append(word)
            self.sounds.append(word if sound == word else sound)
            self._by_skeleton[skeleton_of(sound)].append(number)
        return number

    def _row(self, position: int) -> Sequence[int]:
        return self._rows[self._ends[position - 1] if position else 0 : self._ends[position]]

    def _places_of(self, numbers: Iterable[int]) -> set[int]:
        """The names that these words stand in."""
        places = memoryview(self._places)
        return set[int]().union(*(places[self._starts[n] : self._starts[n + 1]] for n in numbers))

    def _words_like(self, word: str, sound: str) -> dict[int, float]:
        """The words that may be this one, and how alike they are."""
        skeleton = skeleton_of(sound)
        near = [n for each in _one_off(skeleton) for n in self._by_skeleton.get(each, ())]
        words, sounds = [self.words[n] for n in near], [self.sounds[n] for n in near]
        found = {near[at] for _, _, at in _alike(word, words)} | {near[at] for _, _, at in _alike(sound, sounds)}
        found.update(self._by_skeleton.get(skeleton, ()))
        found.update(n for n in map(self._numbers.get, _other_words(word)) if n is not None)
        values = {n: alike(word, self.words[n], sound, self.sounds[n]) for n in found}
        return {n: value for n, value in values.items() if value}

    def _of_length(self, numbers: Iterable[int], length: int) -> Iterator[int]:
        """Names of so many words: where one word can be told, more or less words are somebody else."""
        found = (at for at in self._places_of(numbers) if len(self._row(at)) == length)
        return islice(found, MOST_OF_ONE_WORD)

    def _join(self) -> None:
        """Note how every name sounds when it is written as one word."""
        keys = [(_joined_key([self.sounds[n] for n in self._row(at)]), at) for at in range(len(self))]
        known = sorted((key, position) for key, position in keys if key is not None)
        self._like.cache_clear()
        self._joined = array("I", [key for key, _ in known])
        self._joined_at = array("I", [position for _, position in known])

    def _written_together(self, sounds: Sequence[str]) -> Iterator[int]:
        key = _joined_key(sounds)
        if key is None:
            return
        at = bisect_left(self._joined, key)
        while at < len(self._joined) and self._joined[at] == key:
            yield self._joined_at[at]
            at += 1


def _numbers() -> "array[int]":
    return array("I")


def _joined_key(sounds: Sequence[str]) -> int | None:
    skeleton = skeleton_of("".join(sounds))
    return crc32(skeleton.encode()) if len(skeleton) >= SHORTEST_JOINED else None


def _alike(wanted: str, choices: Sequence[str]) -> list[tuple[str, float, int]]:
    return process.extract(wanted, choices, scorer=OSA.normalized_similarity, score_cutoff=WEAKEST, limit=None)


def _other_words(word: str) -> Iterator[str]:
    """Words that are other ways to write one: its initial, its twins, and it with or without `abd`."""
    yield word[0]
    for group in TWINS.get(word, ()):
        yield from TWIN_GROUPS[group]
    yield served(word) or "abd" + word


def _one_off(skeleton: str) -> set[str]:
    """Skeletons with one consonant less, more or other, or with two exchanged."""
    cuts = [(skeleton[:i], skeleton[i:]) for i in range(len(skeleton) + 1)]
    less = {left + right[1:] for left, right in cuts if right}
    more = {left + letter + right for left, right in cuts for letter in _LETTERS}
    other = {left + letter + right[1:] for left, right in cuts if right for letter in _LETTERS}
    exchanged = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    return (less | more | other | exchanged) - {skeleton, ""}
