"""Where somebody goes after logging in: to a page of ours and nowhere else."""

import re
from urllib.parse import quote

HOME = "/portal"
OFFICE = "/office"

# Browsers read "//host" and "/\host" as another site, and drop tabs and line breaks before they look.
_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_LONGEST = 1024

_DEPTH = 3
_PLACES = ("test", "live")
"""Below the portal's home these say which environment the pages behind them are of."""


def safe_next(wanted: object, home: str = HOME) -> str:
    """The page that is wanted, when it is one of ours; else the first page of the site."""
    if isinstance(wanted, str) and len(wanted) <= _LONGEST and _OURS.fullmatch(wanted):
        return wanted
    return home


def section_of(path: object, home: str = HOME) -> str:
    """The part of the site that a page belongs to, as `/portal/test/keys`: it is there when the page itself is not."""
    parts = safe_next(path, home).partition("?")[0].split("/")
    depth = _DEPTH + (len(parts) > _DEPTH - 1 and parts[_DEPTH - 1] in _PLACES)
    section = "/".join(parts[:depth])
    return section if section.startswith(f"{home}/") else home


def with_next(path: str, wanted: str, home: str = HOME) -> str:
    """A path that leads on to the page that is wanted."""
    return path if wanted == home else f"{path}?next={quote(wanted, safe='/')}"
