"""Names for comparing: what two registers that spell a name in their own ways still have in common."""

import re
import unicodedata

from anyascii import anyascii

from bitpesa.kernel.values.text import clean_text

_APOSTROPHES = re.compile(r"['`\u00b4\u02b0-\u02bf\u2018\u2019\u201b\u2032\ua78b\ua78c]")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})


def name_words(name: str) -> list[str]:
    """The words of a name in plain letters: without case, accents, strokes, hooks, apostrophes and punctuation.

    `Ɗanladi Ƙaura` gives `danladi kaura`, `O'Neil` gives `oneil`, `Jean-Pierre` gives `jean pierre`; a name of nothing
    but marks, such as `-`, gives nothing.
    """
    plain = anyascii(_APOSTROPHES.sub("", unicodedata.normalize("NFKC", clean_text(name)))).casefold()
    return _NOT_LETTERS.sub(" ", _APOSTROPHES.sub("", plain)).split()


def names_agree(given: str, holder: str) -> bool:
    """Whether all words of a name stand in the holder's, in any order; or all its letters do, written in one word.

    Letters that some registers write in two (`ü` as `ue`) may be written either way.
    """
    holders = _spellings(holder)
    return any(_agree(mine, theirs) for mine in _spellings(given) for theirs in holders)


def _agree(given: list[str], holder: list[str]) -> bool:
    if not given:
        return False
    return set(given) <= set(holder) or "".join(given) == "".join(holder)


def _spellings(name: str) -> list[list[str]]:
    plain = unicodedata.normalize("NFKC", clean_text(name)).lower()
    return [name_words(plain), name_words(plain.translate(_UMLAUTS))]
