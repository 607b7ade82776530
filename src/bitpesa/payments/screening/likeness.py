"""How like two names are: word by word, each beside the word of the other name that suits it best."""

from collections.abc import Iterator, Sequence

import msgspec
from rapidfuzz.distance import OSA

from bitpesa.payments.screening.names import Name
from bitpesa.payments.screening.sounds import alike, sound_of
from bitpesa.payments.screening.words import GENERIC

ONE_WORD_MORE = 10
"""What it costs that one name has a word which the other lacks."""
EACH_FURTHER_WORD = 1.5
MOST_FOR_MORE_WORDS = 15
UNCERTAIN = 94
"""The most where a word may be another one, father and child are exchanged, or letters show a name roughly."""
SURELY_ALIKE = 0.86
"""A word less alike than this may be another one."""
WELL_ALIKE = 0.9
"""How alike the words must be where names are not equally long."""
HARDLY_ALIKE = 0.8
SAME_TOGETHER = 0.95
"""How alike names must be that are written in one, where words are parted in other places."""
JOINED = 0.85
"""How alike neighbours written as one must be to the word that they stand beside."""
MOST_NEIGHBOURS = 3

_GENERIC_WEIGHT = 0.3
_SHORTEST, _LONGEST = 3, 8

Values = Sequence[Sequence[float]]
"""How alike each word of a name (a row) is to each word of another one."""


class _Pairing(msgspec.Struct):
    """Words beside words: for each word of the shorter name its place in the longer one and what that is worth."""

    places: list[int]
    worth: list[float]
    left: list[int]
    spare: list[int]


def likeness(name: Name, other: Name, values: Values) -> int:
    """How like two names are, in percent."""
    if len(name.words) > len(other.words):
        name, other, values = other, name, list(zip(*values, strict=True))
    most = UNCERTAIN if name.is_rough or other.is_rough else 100
    if name.words == other.words:
        return most
    weights = [_weight(word) for word in name.words]
    is_longer = len(other.words) > len(name.words)
    if not is_longer and _average(weights, [max(row) for row in values]) < HARDLY_ALIKE:
        return 0
    pairing = _pair(values)
    if is_longer and pairing.left:
        _join(name.words, other.words, pairing)
    average = _average(weights, pairing.worth)
    if is_longer and average < WELL_ALIKE:
        together = OSA.normalized_similarity("".join(name.words), "".join(other.words), score_cutoff=SAME_TOGETHER)
        return round(min(100 * together, most))
    score = 100 * average
    if pairing.spare:
        if len(name.words) == 1:
            return 0
        score -= min(ONE_WORD_MORE + EACH_FURTHER_WORD * (len(pairing.spare) - 1), MOST_FOR_MORE_WORDS)
    if min(pairing.worth) < SURELY_ALIKE or _are_exchanged(name, other, pairing):
        most = UNCERTAIN
    return round(min(score, most))


def values_of(name: Name, other: Name) -> Values:
    """How alike the words of two names are."""
    sounds = [sound_of(word) for word in other.words]
    return [
        [alike(word, beside, sound_of(word), sound) for beside, sound in zip(other.words, sounds, strict=True)]
        for word in name.words
    ]


def _average(weights: Sequence[float], worth: Sequence[float]) -> float:
    return sum(w * value for w, value in zip(weights, worth, strict=True)) / sum(weights)


def _pair(values: Values) -> _Pairing:
    """Each word with the one that suits it best, the best pairs first."""
    rows, columns = list(range(len(values))), list(range(len(values[0])))
    pairing = _Pairing(places=[-1] * len(rows), worth=[0.0] * len(rows), left=rows, spare=columns)
    for i, j, value in _chosen(values):
        if value and i in pairing.left and j in pairing.spare:
            pairing.places[i], pairing.worth[i] = j, value
            pairing.left.remove(i)
            pairing.spare.remove(j)
    return pairing


def _chosen(values: Values) -> list[tuple[int, int, float]]:
    """The pairs in the order in which they are made: of two words the two that are worth most together."""
    found = [(i, j, value) for i, row in enumerate(values) for j, value in enumerate(row) if value]
    if len(values) == 2:  # noqa: PLR2004 - the best pair first is near enough for more
        first, second = values
        both = [(first[j] + second[k], j, k) for j in range(len(first)) for k in range(len(second)) if j != k]
        if both:
            _, j, k = max(both)
            return [(0, j, first[j]), (1, k, second[k])]
    return sorted(found, key=lambda pair: -pair[2])


def _join(words: Sequence[str], others: Sequence[str], pairing: _Pairing) -> None:
    """Put words beside neighbours of the other name that are written as one."""
    for i in list(pairing.left):
        for places in _neighbours(pairing.spare):
            together = "".join(others[j] for j in places)
            value = OSA.normalized_similarity(words[i], together, score_cutoff=JOINED)
            if value:
                pairing.places[i], pairing.worth[i] = places[0], value
                pairing.left.remove(i)
                pairing.spare = [j for j in pairing.spare if j not in places]
                break


def _neighbours(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(len(places)):
        for end in range(start + 2, min(start + MOST_NEIGHBOURS, len(places)) + 1):
            if places[end - 1] - places[start] == end - 1 - start:
                yield places[start:end]


def _are_exchanged(name: Name, other: Name, pairing: _Pairing) -> bool:
    """Whether both say whose child somebody is, and words stand in another order, but for a family name in front."""
    if not (name.has_descent and other.has_descent) or pairing.spare:
        return False
    order = pairing.places
    return sum(a > b for a, b in zip(order, [*order[1:], order[0]], strict=True)) > 1


def _weight(word: str) -> float:
    weight = min(max(len(word), _SHORTEST), _LONGEST)
    return weight * _GENERIC_WEIGHT if word in GENERIC else weight
