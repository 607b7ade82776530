"""The table of figures on the page for operators."""

import re

from tests.house.code import ROOT

PAGE = ROOT / "docs" / "operating.md"

_ROW = re.compile(r"^\| `(bitpesa_\w+)` \|[^|]*\| ([^|]+) \|", re.MULTILINE)


def figures_page() -> set[tuple[str, str]]:
    """Name and meaning of every figure on the page; counters without the ending that they are scraped with."""
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {(name.removesuffix("_total"), meaning.strip()) for name, meaning in rows}
