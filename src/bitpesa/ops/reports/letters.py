"""Which letters a document can show: fonts for the scripts of names, and Latin letters in place of those that it lacks.

Fonts come with packages, so that no machine has to have them. Those for Chinese, Japanese and Korean are large: they
come with the extra `cjk`; without them, and for scripts of which there is no font, a name is told in Latin letters.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources, util
from pathlib import Path

from anyascii import anyascii

TRANSLITERATED = "in Latin letters; this document cannot show the original"

_NOTO = "manimgx_fonts"
_CJK = "justmytype_intl_cjk"

MAIN_FONT = (_NOTO, "NotoSans[wght].ttf")
"""Latin, Greek and Cyrillic letters, digits and signs."""

_FONTS = {
    **{
        script: (_NOTO, f"NotoSans{script.capitalize()}[wght].ttf")
        for script in (
            "ARABIC ARMENIAN BENGALI DEVANAGARI ETHIOPIC GEORGIAN GUJARATI GURMUKHI HEBREW KANNADA KHMER LAO MALAYALAM"
            " MYANMAR ORIYA SINHALA TAMIL TELUGU THAI"
        ).split()
    },
    "CJK": (_CJK, "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"),
    "HIRAGANA": (_CJK, "fonts/ofl/notosansjp/NotoSansJP[wght].ttf"),
    "KATAKANA": (_CJK, "fonts/ofl/notosansjp/NotoSansJP[wght].ttf"),
    "BOPOMOFO": (_CJK, "fonts/ofl/notosanstc/NotoSansTC[wght].ttf"),
    "HANGUL": (_CJK, "fonts/ofl/notosanskr/NotoSansKR[wght].ttf"),
}
"""The font of each script by the first word that Unicode calls its letters by, as a package and a file in it."""


def fonts_for(texts: Iterable[str]) -> list[Path]:
    """The fonts that are there and hold letters of these texts, beside the main one; in the same order for the same."""
    scripts = sorted({_script(letter) for text in texts for letter in text} & set(_FONTS))
    files = dict.fromkeys(_FONTS[script] for script in scripts)
    return [path for package, file in files if (path := font_file(package, file)) is not None]


@cache
def font_file(package: str, file: str) -> Path | None:
    """Where a font lies; None where its package is not installed."""
    if util.find_spec(package) is None:
        return None
    path = Path(str(resources.files(package).joinpath(file)))
    return path if path.is_file() else None


def shown(text: str, known: frozenset[int]) -> str:
    """A text as it can be shown by fonts that know these code points: itself, or in Latin letters. Never nothing.

    What is left of neither, such as signs that nobody can see, is told by its code points.
    """
    if _is_seen(text) and all(ord(letter) in known or letter.isspace() or _is_format(letter) for letter in text):
        return text
    latin = " ".join(anyascii(text).split())
    if latin and any(letter.isalnum() for letter in latin):
        return f"{latin} ({TRANSLITERATED})"
    return " ".join(_points(text))


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _is_seen(text: str) -> bool:
    return any(unicodedata.category(letter)[0] not in "CZM" for letter in text)


def _is_format(letter: str) -> bool:
    """Signs that join letters or say which way they run, and are never seen themselves."""
    return unicodedata.category(letter) == "Cf"


def _points(text: str) -> Iterator[str]:
    for letter in text:
        if not letter.isspace():
            yield f"U+{ord(letter):04X}"
