"""Where somebody goes after logging in: to a page of ours and nowhere else."""

import re
from urllib.parse import quote

HOME = "/portal"
OFFICE = "/office"

# Browsers read "//host" and "/\host" as another site, and drop tabs and line breaks before they look.
_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_LONGEST = 1024


def safe_next(wanted: object, home: str = HOME) -> str:
    """The page that is wanted, when it is one of ours; else the first page of the site."""
    if isinstance(wanted, str) and len(wanted) <= _LONGEST and _OURS.fullmatch(wanted):
        return wanted
    return home


def section_of(path: object, home: str = HOME) -> str:
    """The part of the site that a page belongs to, as `/portal/keys`: it is there when the page itself is not."""
    section = "/".join(safe_next(path, home).split("/", 3)[:3])
    return section if section.startswith(f"{home}/") else home


def with_next(path: str, wanted: str, home: str = HOME) -> str:
    """A path that leads on to the page that is wanted."""
    return path if wanted == home else f"{path}?next={quote(wanted, safe='/')}"
