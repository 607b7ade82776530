"""What the words of names are worth: titles, particles, legal forms, twins, and what too many are called."""

import re
import tomllib
from collections import defaultdict
from importlib import resources

import msgspec

from bitpesa.kernel.values.latin import to_latin


class _File(msgspec.Struct):
    titles: str
    particles: str
    descent: str
    company_forms: str
    abbreviations: str
    generic: str
    common: str
    twins: str


def _read() -> _File:
    text = resources.files(__package__).joinpath("name_words.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _File)


def _words(text: str) -> frozenset[str]:
    return frozenset(to_latin(text).split())


def _groups(text: str) -> list[list[str]]:
    return [to_latin(line).split() for line in text.splitlines() if line.strip()]


def _first_of_each(text: str) -> dict[str, str]:
    return {word: group[0] for group in _groups(text) for word in group}


_SERVANT = re.compile(r"abd(?:ou|[aeiou])?l?(?=[a-z])")
_SHORTEST_SERVANT = len("abdilah")


def servant(word: str) -> str:
    """`abdurrahman` and `abdulrahman` as `abdrahman`; other words as they are."""
    found = _SERVANT.match(word) if len(word) >= _SHORTEST_SERVANT else None
    if found is None:
        return word
    rest = word[found.end() :]
    return "abd" + (rest[1:] if rest[:1] == rest[1:2] else rest)


def _twin_names(text: str) -> dict[str, frozenset[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for number, group in enumerate(_groups(text)):
        for word in group:
            found[servant(word)].add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


_FILE = _read()

TITLES = _words(_FILE.titles)
PARTICLES = _words(_FILE.particles)
DESCENT = _words(_FILE.descent)
COMPANY_FORMS = _words(_FILE.company_forms)
GENERIC = _words(_FILE.generic)
ABBREVIATIONS = _first_of_each(_FILE.abbreviations)
"""How a word of company names is written in full."""
TWIN_GROUPS = [[servant(word) for word in group] for group in _groups(_FILE.twins)]
TWINS = _twin_names(_FILE.twins)
"""By name, the numbers of the groups whose names are ways to write it."""


def _with_twins(words: frozenset[str]) -> frozenset[str]:
    return words.union(*(TWIN_GROUPS[group] for word in words for group in TWINS.get(word, ())))


COMMON = _with_twins(frozenset(map(servant, _words(_FILE.common))))
