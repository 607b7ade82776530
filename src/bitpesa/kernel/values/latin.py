"""Text of any script in plain Latin letters, for comparing: what is shown and paid stays as it was written."""

import re
import unicodedata

from anyascii import anyascii

_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ARTICLE = re.compile(r"(?<!\w)\u0627\u0644(?=\w\w)")
"""The Arabic article, which other scripts often leave out."""
_SERVANT_OF = re.compile(r"(?<!\w)\u0639\u0628\u062f\s+(?:\u0627\u0644)?(?=\w)")
"""`Abd (al-)`, which is one name with what follows."""
_EAST_ASIAN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SYLLABLE = re.compile(r"(?<=[a-z])(?=[A-Z])")


def to_latin(text: str) -> str:
    """The text in ASCII letters, lower case, without accents; letters of other scripts as they sound.

    Arabic keeps the vowels that it writes, and so hardly any. Syllables of Chinese, Japanese and Korean are words.
    """
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", text)
    if _ARABIC.search(composed):
        composed = _ARTICLE.sub("", _SERVANT_OF.sub("\u0639\u0628\u062f", composed))
    latin = anyascii(composed)
    if _EAST_ASIAN.search(composed):
        latin = _SYLLABLE.sub(" ", latin)
    return latin.lower()
