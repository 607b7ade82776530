"""Where somebody goes after logging in: to a page of ours and nowhere else."""

import re
from urllib.parse import quote

HOME = "/portal"

# Browsers read "//host" and "/\host" as another site, and drop tabs and line breaks before they look.
_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_LONGEST = 1024


def safe_next(wanted: object) -> str:
    """The page that is wanted, when it is one of ours; else the first page of the portal."""
    if isinstance(wanted, str) and len(wanted) <= _LONGEST and _OURS.fullmatch(wanted):
        return wanted
    return HOME


def section_of(path: object) -> str:
    """The part of the portal that a page belongs to, as `/portal/keys`: it is there when the page itself is not."""
    section = "/".join(safe_next(path).split("/", 3)[:3])
    return section if section.startswith(f"{HOME}/") else HOME


def with_next(path: str, wanted: str) -> str:
    """A path that leads on to the page that is wanted."""
    return path if wanted == HOME else f"{path}?next={quote(wanted, safe='/')}"
