"""The normal form of names: what is compared, so that case, accents, scripts, titles and company forms do not matter.

`rigour` knows titles, company forms and other scripts. Where it is not installed (`bitpesa[screening]` brings it; it
needs ICU), case and accents are taken away and no more.
"""

import unicodedata
from importlib.util import find_spec

HAS_RIGOUR = find_spec("rigour") is not None


def normal_person(name: str) -> str:
    """The normal form of a person's name."""
    if not HAS_RIGOUR:
        return _plain(name)
    from rigour.names import normalize_name, remove_person_prefixes  # noqa: PLC0415 - may be absent, and takes a second
    from rigour.text import ascii_text  # noqa: PLC0415 - as above

    return normalize_name(ascii_text(remove_person_prefixes(name))) or ""


def normal_entity(name: str) -> str:
    """The normal form of a company's name, without its legal form."""
    if not HAS_RIGOUR:
        return _plain(name)
    from rigour.names import normalize_name, remove_org_types  # noqa: PLC0415 - may be absent, and takes a second
    from rigour.text import ascii_text  # noqa: PLC0415 - as above

    plain = normalize_name(name) or ""
    return normalize_name(ascii_text(remove_org_types(plain))) or normalize_name(ascii_text(plain)) or ""


def _plain(name: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare.casefold()).split())
