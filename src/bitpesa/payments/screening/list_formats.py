"""The formats that sanction lists come in, and reading them into entries.

They are those that publishers offer: the XML of the United Nations, OFAC's SDN in CSV (with its ALT.CSV) and XML, the
European Union's consolidated list in both, the two CSV forms of the United Kingdom, the American Consolidated Screening
List, and what OpenSanctions makes of any list. A row that cannot be read is passed over and reported with its line; a
file in which more than a few are so, or that is cut off, is refused as a whole: half a list would clear whoever is on
its other half.
"""

from bitpesa.payments.screening import list_csv, list_json, list_xml
from bitpesa.payments.screening.list_entries import Gathering, UnreadableList
from bitpesa.payments.screening.model import Entry

__all__ = ["FORMATS", "FORMAT_NAMES", "MOST_BAD_PERCENT", "UnreadableList", "read_entries", "recognise"]

MOST_BAD_PERCENT = 1.0
"""How many rows in a hundred may be passed over, unless a setting says otherwise."""

FORMATS = {**list_json.READERS, **list_xml.READERS, **list_csv.READERS}
"""Every format that can be read."""

FORMAT_NAMES = {
    "simple": "OpenSanctions, targets.simple.csv",
    "opensanctions": "OpenSanctions, JSON",
    "un": "United Nations, XML",
    "ofac": "OFAC, SDN.CSV",
    "ofac-xml": "OFAC, SDN.XML",
    "eu": "European Union, CSV",
    "eu-xml": "European Union, XML",
    "uk": "United Kingdom, CSV",
    "csl": "United States, Consolidated Screening List CSV",
}
"""Formats as people know them."""


def recognise(text: str) -> str:
    """The format of a file. Raises UnreadableList."""
    for name, (_, is_it) in FORMATS.items():
        if is_it(text):
            return name
    raise UnreadableList("this is none of the formats known: " + ", ".join(FORMATS))


def read_entries(
    text: str, format_: str, aliases: str | None = None, *, most_bad_percent: float = MOST_BAD_PERCENT
) -> tuple[list[Entry], list[str]]:
    """Read a list: its entries, and what is wrong with rows. `aliases` is OFAC's second file, ALT.CSV.

    Raises UnreadableList, also where nobody is in it.
    """
    if aliases is not None and format_ != "ofac":
        raise UnreadableList(f"aliases in a file of their own belong to a list of OFAC's, and this one is {format_}")
    gathering = Gathering(most_bad_percent)
    FORMATS[format_][0](text.removeprefix("\ufeff"), gathering)
    if aliases is not None:
        list_csv.add_ofac_aliases(aliases, gathering)
    return gathering.finished(), gathering.problems
