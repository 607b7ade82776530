"""How words sound: spellings that are heard alike are written alike, so that letters can be compared."""

import re

from rapidfuzz.distance import OSA, Levenshtein

from bitpesa.payments.screening.words import TWINS

WEAKEST = 0.7
"""Words less alike than this are other words."""
TWIN = 0.97
SAME_SOUND = 0.98
"""What it counts for that two words sound the same and are spelt differently."""
INITIAL = 0.85
"""What a single letter counts for beside a word that begins with it."""
SAME_CONSONANTS = 0.85
WITHOUT_SERVANT = 0.9
"""What it counts for that `Abdul Karim` is called `Karim`."""
SHORTEST_SERVED = 4
BARE = 0.92
"""What it counts for that the consonants are the same, where one of the two comes from a script without vowels."""
FEWEST_CONSONANTS = 3

_AS_HEARD = [
    (re.compile(pattern), heard)
    for pattern, heard in (
        (r"^ts?ch|ts?ch|tsh|tch", "s"),
        (r"shch|sch|sh|ch|cz|sz", "s"),
        (r"dzh|dj|zh|dz", "j"),
        (r"kh|qh", "h"),
        (r"gh", "g"),
        (r"ph", "f"),
        (r"dh", "d"),
        (r"th", "t"),
        (r"bh", "b"),
        (r"ck|q", "k"),
        (r"x", "ks"),
        (r"tz|ts", "s"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"z", "s"),
        (r"^w(?=[aeiouy])|v|w(?=[aeiy])", "f"),
        (r"ou|oo|w", "u"),
        (r"ee|ea|ei|ey|ie|ij|iy|yi|ii", "i"),
        (r"ai|ay|ae", "i"),
        (r"[ey]", "i"),
        (r"o", "u"),
        (r"(?<=[aiu])h(?![aiu])", ""),
        (r"iu|ia(?=[aiu])", "i"),
        (r"(.)\1+", r"\1"),
    )
]
_VOWELS = re.compile(r"[aeiou]")
_CONSONANTS = str.maketrans({**dict.fromkeys("aeiouyhw"), "f": "b", "p": "b", "v": "b", "d": "t", "g": "k", "j": "k"})
_REPEATED = re.compile(r"(.)\1+")


def sound_of(word: str) -> str:
    """A word of plain Latin letters as it is heard."""
    heard = word
    for pattern, letter in _AS_HEARD:
        heard = pattern.sub(letter, heard)
    return heard or word


def skeleton_of(sound: str) -> str:
    """The consonants of a sound, those that are taken for one another as one: what words are looked for by."""
    return _REPEATED.sub(r"\1", sound.translate(_CONSONANTS)) or sound[:1]


def alike(word: str, other: str, sound: str, other_sound: str) -> float:
    """How much two words, which sound so, are the same word: 0 to 1."""
    if word == other:
        return 1.0
    if len(word) == 1 or len(other) == 1:
        return INITIAL if word[0] == other[0] else 0.0
    if served(word) == other or word == served(other):
        return WITHOUT_SERVANT
    found = OSA.normalized_similarity(word, other, score_cutoff=WEAKEST)
    if found < SAME_SOUND:
        found = max(found, SAME_SOUND * OSA.normalized_similarity(sound, other_sound, score_cutoff=WEAKEST))
    if found < TWIN and not TWINS.get(word, frozenset()).isdisjoint(TWINS.get(other, frozenset())):
        return TWIN
    if found < BARE:
        found = max(found, _by_consonants(word, other, sound, other_sound))
    return found if found >= WEAKEST else 0.0


def served(word: str) -> str | None:
    """Whose servant a name calls somebody, such as `karim` of `abdkarim`."""
    return word[3:] if word.startswith("abd") and len(word) >= SHORTEST_SERVED + 3 else None


def has_vowels(word: str) -> bool:
    """Whether a word has vowels: one from a script that leaves them out hardly ever does."""
    return _VOWELS.search(word) is not None


def _by_consonants(word: str, other: str, sound: str, other_sound: str) -> float:
    """What the consonants are worth: more where one of the two has nothing else."""
    one, two = skeleton_of(sound), skeleton_of(other_sound)
    long_enough = min(len(one), len(two)) >= FEWEST_CONSONANTS
    if has_vowels(word) and has_vowels(other):
        return SAME_CONSONANTS if one == two and long_enough else 0.0
    as_written = Levenshtein.normalized_similarity(_consonants(word), _consonants(other))
    as_heard = Levenshtein.normalized_similarity(one, two) if long_enough else 0.0
    return BARE * max(as_written, as_heard)


def _consonants(word: str) -> str:
    return _REPEATED.sub(r"\1", _VOWELS.sub("", word))
