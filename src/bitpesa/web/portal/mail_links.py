"""The text of a mail as a page shows it: links to the portal itself can be followed, everything else is text."""

import re

from markupsafe import Markup, escape


def with_links(text: str, portal: str) -> Markup:
    """The text with links to the portal's own pages, escaped everywhere."""
    pattern = re.compile(rf"({re.escape(portal)}/[A-Za-z0-9_/-]+)")
    parts = enumerate(pattern.split(text))
    return Markup("").join(
        Markup('<a href="{0}">{0}</a>').format(each) if at % 2 else escape(each) for at, each in parts
    )
