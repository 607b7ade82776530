"""Names as words that can be compared: without case, accents, titles, particles and legal forms, in Latin letters."""

import re
from collections.abc import Sequence

import msgspec

from bitpesa.kernel.values.latin import to_latin
from bitpesa.payments.screening.words import ABBREVIATIONS, COMPANY_FORMS, DESCENT, PARTICLES, TITLES, servant

MOST_WORDS = 24
"""Of a longer name the first ones are compared."""

_QUOTES = re.compile(r"['`\u2018\u2019\u02bb\u02bc\u02be\u02bf]")
_WORD = re.compile(r"[a-z0-9]+")
_DOTTED = re.compile(r"(?<!\w)(?:\w\.)+\w(?!\w)")
_POLISH_LIMITED = re.compile(r"\bsp\.? *z *o\.?o\b\.?", re.IGNORECASE)
_ROUGH = re.compile(r"[\u0590-\u06ff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_AS_LETTERS = str.maketrans("01345", "oieas")
_SERVANTS = frozenset("abd abdal abdel abdol abdoul abdul abdu abdur abdus abdush abdil".split())
_ARTICLES = frozenset("al el ul ar as ad an at az ash ur us il".split())


HAS_RIGOUR = False
"""Names are compared without `rigour`: measured, it finds nobody that is not found without it (decision 0077)."""


class Name(msgspec.Struct, frozen=True):
    """The words of a name in their order.

    `has_descent`: it says whose child somebody is, so that the order matters. `is_rough`: it comes from a script that
    Latin letters show roughly, so that others are written the same.
    """

    words: tuple[str, ...]
    has_descent: bool = False
    is_rough: bool = False


def person_name(name: str) -> Name:
    """A person's name: no titles and particles, unless nothing else is left; `Abd al-X` is one word."""
    words = [_without_digits(word) for word in _plain(name)]
    named = _without(words, TITLES)
    kept = _without(_servants(named), PARTICLES)
    return Name(tuple(kept[:MOST_WORDS]), has_descent=not DESCENT.isdisjoint(named), is_rough=_is_rough(name))


def entity_name(name: str) -> Name:
    """The name of a company or body: no legal form, unless nothing else is left; abbreviations in full."""
    words = [ABBREVIATIONS.get(word, word) for word in _spelt(_plain(_plainly_formed(name)))]
    return Name(tuple(_core(words)[:MOST_WORDS]), is_rough=_is_rough(name))


def _core(words: list[str]) -> list[str]:
    core = [word for word in words if word not in COMPANY_FORMS and word not in ("and", "of", "the")]
    return core or words


def _plain(name: str) -> list[str]:
    return _WORD.findall(_QUOTES.sub("", to_latin(name)))


def _without(words: Sequence[str], unwanted: frozenset[str]) -> list[str]:
    """The words but for the unwanted, where two others are left: `Ben Ali` and `Van Le` are names."""
    left = [word for word in words if word not in unwanted]
    return left if len(left) > 1 or len(words) == len(left) else list(words)


def _servants(words: Sequence[str]) -> list[str]:
    """`Abd al-Rahman`, `Abdul Rahman`, `Abdurrahman` and `Abdulrahman` as `abdrahman`."""
    joined: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word in _SERVANTS:
            if place < len(words) - 1 and words[place] in _ARTICLES:
                place += 1
            if place < len(words):
                word = "abdul" + words[place]
                place += 1
        joined.append(servant(word))
    return joined


def _spelt(words: Sequence[str]) -> list[str]:
    """Single letters in a row that are a legal form as one word: `S A R L` is `sarl`."""
    joined = list(words)
    for start in range(len(words)):
        end = start
        while end < len(words) and len(words[end]) == 1:
            end += 1
        if end - start > 1 and "".join(words[start:end]) in COMPANY_FORMS:
            return [*words[:start], "".join(words[start:end]), *words[end:]]
    return joined


def _plainly_formed(name: str) -> str:
    """Legal forms without the points between their letters."""
    return _POLISH_LIMITED.sub("spzoo", _DOTTED.sub(_without_dots, name))


def _without_dots(found: re.Match[str]) -> str:
    return found.group().replace(".", "")


def _without_digits(word: str) -> str:
    """Digits that stand for letters: `1vanov` is Ivanov."""
    return word.translate(_AS_LETTERS) if any(c.isalpha() for c in word) else word


def _is_rough(name: str) -> bool:
    return not name.isascii() and _ROUGH.search(name) is not None
