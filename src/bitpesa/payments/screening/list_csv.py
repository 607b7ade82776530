"""Sanction lists in CSV: those of OFAC, the European Union, the United Kingdom, the American CSL, and OpenSanctions."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from bitpesa.payments.screening.dates import read_dates
from bitpesa.payments.screening.list_entries import NOTHING, BadRow, Gathering, UnreadableList, add, joined, split

_OFAC_COLUMNS = 12
_ALT_COLUMNS = 5
_LINES_ABOVE_HEADER = 5
_MOST_OF_HEAD = 65_536
_LONGEST_SHOWN = 200
_DELIMITERS = ",;\t|"
_END_OF_FILE = "\x1a"
"""What OFAC's files end with, as files did in the days of CP/M."""
_OFAC_REMARK = re.compile(r"(?:alt\. )?(DOB|nationality|citizen) (.+)")

Row = Mapping[str, str]


def read_simple(text: str, gathering: Gathering) -> None:
    """OpenSanctions' targets.simple.csv."""
    for where, row in _below_header(text, ("id", "schema", "name", "aliases"), gathering):
        with _skipping(gathering, where):
            found = gathering.of(row.get("id"), row.get("schema"))
            add(found.names, [row.get("name"), *split(row.get("aliases"))])
            add(found.birth_dates, read_dates(row.get("birth_date") or ""))
            add(found.countries, split(row.get("countries")))
            add(found.programmes, split(row.get("program_ids") or row.get("sanctions")))


def read_ofac(text: str, gathering: Gathering) -> None:
    """OFAC's SDN.CSV and CONS_PRIM.CSV."""
    for where, row in _rows(text, ",", gathering):
        if row[0].strip().lower() == "ent_num":
            continue
        with _skipping(gathering, where):
            if len(row) != _OFAC_COLUMNS:
                raise BadRow(f"it has {len(row)} columns where {_OFAC_COLUMNS} are expected")
            number, name, kind, programme, remarks = (row[i].strip() for i in (0, 1, 2, 3, 11))
            if not number.isdigit():
                raise BadRow(f"{number[:_LONGEST_SHOWN]} is no number")
            found = gathering.of(number, "entity" if kind in ("", NOTHING) else kind)
            add(found.names, [name.replace('"', "")])
            add(found.programmes, [programme])
            for remark in remarks.split(";"):
                said = _OFAC_REMARK.fullmatch(remark.strip().rstrip("."))
                if said and said.group(1) == "DOB":
                    add(found.birth_dates, read_dates(said.group(2)))
                elif said:
                    add(found.countries, [said.group(2)])


def add_ofac_aliases(text: str, gathering: Gathering) -> None:
    """OFAC's ALT.CSV: further names. Raises UnreadableList where they are of nobody on the list."""
    known, before = 0, len(gathering.problems)
    for where, row in _rows(text, ",", gathering):
        with _skipping(gathering, f"aliases, {where}"):
            if len(row) != _ALT_COLUMNS:
                raise BadRow(f"it has {len(row)} columns where {_ALT_COLUMNS} are expected")
            if row[0].strip() in gathering.entries:
                known += 1
                add(gathering.entries[row[0].strip()].names, [row[3].replace('"', "")])
    if not known:
        raise UnreadableList(
            *gathering.problems[before : before + 1] or ["aliases: they are of nobody who is on the list"]
        )


def read_eu(text: str, gathering: Gathering) -> None:
    """The European Union's consolidated list, CSV 1.0 and 1.1."""
    for where, row in _below_header(text, ("Entity_LogicalId", "NameAlias_WholeName"), gathering):
        with _skipping(gathering, where):
            kind = row.get("Entity_SubjectType_ClassificationCode") or row.get("Entity_SubjectType")
            found = gathering.of(row.get("Entity_LogicalId"), kind)
            parts = [row.get(f"NameAlias_{part}Name") for part in ("First", "Middle", "Last")]
            add(found.names, [row.get("NameAlias_WholeName") or joined(parts)])
            add(found.birth_dates, read_dates(row.get("BirthDate_BirthDate") or row.get("BirthDate_Year") or ""))
            add(found.countries, [row.get("Citizenship_CountryIso2Code"), row.get("Address_CountryIso2Code")])
            add(found.programmes, [row.get("Entity_Regulation_Programme")])


def read_uk(text: str, gathering: Gathering) -> None:
    """The United Kingdom's list, in the form of OFSI and in that of the Foreign Office."""
    for where, row in _below_header(text, ("Name 6", "Name 1"), gathering):
        with _skipping(gathering, where):
            kind = row.get("Group Type") or row.get("Designation Type") or row.get("Individual, Entity, Ship")
            found = gathering.of(row.get("Group ID") or row.get("Unique ID"), kind)
            parts = [row.get(f"Name {number}") for number in (1, 2, 3, 4, 5, 6)]
            script = row.get("Name Non-Latin Script") or row.get("Name non-latin script")
            add(found.names, [joined(parts), script])
            add(found.birth_dates, read_dates(row.get("DOB") or row.get("D.O.B") or ""))
            add(found.countries, [row.get("Nationality") or row.get("Nationality(/ies)")])
            add(found.programmes, [row.get("Regime") or row.get("Regime Name")])


def read_csl(text: str, gathering: Gathering) -> None:
    """The Consolidated Screening List of the American Department of Commerce. Some of its lists number nobody."""
    for where, row in _below_header(text, ("source", "name", "alt_names"), gathering):
        with _skipping(gathering, where):
            said = "\n".join((row.get("source", ""), row.get("name", ""), row.get("addresses", "")))
            uid = row.get("_id") or row.get("entity_number") or hashlib.sha256(said.encode()).hexdigest()[:32]
            found = gathering.of(uid, row.get("type"))
            add(found.names, [row.get("name"), *split(row.get("alt_names"))])
            add(found.birth_dates, read_dates(row.get("dates_of_birth") or ""))
            add(found.countries, [*split(row.get("nationalities")), *split(row.get("citizenships"))])
            add(found.programmes, [row.get("source"), *split(row.get("programs"))])


def has_columns(text: str, columns: Sequence[str]) -> bool:
    """Whether a heading with these columns is near the top."""
    return any(set(columns) <= set(_cells(line, mark)) for line in _head(text) for mark in _DELIMITERS)


def is_ofac(text: str) -> bool:
    """Whether a file has twelve columns without a heading, or with OFAC's."""
    rows = [_cells(line, ",") for line in _head(text)]
    return any(len(row) == _OFAC_COLUMNS and (row[0].isdigit() or row[0].lower() == "ent_num") for row in rows)


class _skipping:  # noqa: N801 - reads as a verb
    """Passes a bad row over, with its line and the reason."""

    def __init__(self, gathering: Gathering, where: str) -> None:
        self._gathering = gathering
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: object) -> bool:
        if not isinstance(problem, BadRow):
            return False
        self._gathering.skip(self._where, str(problem))
        return True


def _below_header(text: str, needed: Sequence[str], gathering: Gathering) -> Iterator[tuple[str, Row]]:
    """The rows by column, with their lines; a line or two with the date of the list may stand above the header.

    A row that lacks columns at its end is read as far as it goes, if who it is and how it is called is there.
    """
    delimiter = next(
        (mark for mark in _DELIMITERS if any(set(needed) <= set(_cells(x, mark)) for x in _head(text))), ","
    )
    columns: list[str] = []
    last_needed = 0
    for number, (where, row) in enumerate(_rows(text, delimiter, gathering)):
        if columns:
            if len(row) > len(columns) or len(row) <= last_needed:
                gathering.skip(where, f"it has {len(row)} columns, and the heading {len(columns)}")
                continue
            if len(row) < len(columns):
                gathering.note(where, f"it has {len(row)} columns, and the heading {len(columns)}; it was read so far")
            yield where, dict(zip(columns, row, strict=False))
            continue
        cells = [cell.strip() for cell in row]
        if set(needed) <= set(cells):
            columns = cells
            last_needed = max(map(columns.index, _IDENTIFYING.intersection(columns)))
        elif number >= _LINES_ABOVE_HEADER:
            break
    if not columns:
        raise UnreadableList(f"no heading with the column {needed[0]} in the first {_LINES_ABOVE_HEADER} lines")


_IDENTIFYING = frozenset(
    {
        *("id", "schema", "name", "aliases"),
        *("Entity_LogicalId", "Entity_SubjectType", "Entity_SubjectType_ClassificationCode", "NameAlias_WholeName"),
        *("NameAlias_LastName", "NameAlias_FirstName", "NameAlias_MiddleName"),
        *("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6", "Unique ID", "Group ID"),
        *("Group Type", "Designation Type", "Individual, Entity, Ship", "source", "type", "alt_names"),
    }
)
"""The columns without which nobody knows who a row is about."""


class _Lines:
    """The lines of a text one by one: whoever hands over a long file has it in memory often enough."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._at >= len(self._text):
            raise StopIteration
        start, self._at = self._at, self._text.find("\n", self._at) + 1 or len(self._text)
        self.number += 1
        return self._text[start : self._at]

    def where(self) -> tuple[int, int]:
        """The place before the next line."""
        return self._at, self.number

    def go_to(self, place: tuple[int, int]) -> None:
        """Read on from a place."""
        self._at, self.number = place


def _rows(text: str, delimiter: str, gathering: Gathering) -> Iterator[tuple[str, list[str]]]:
    """The rows that say something, each with the line it ends on.

    A quote that is never closed would swallow the rows below it: such a row is passed over by itself, and those below
    are read.
    """
    lines = _Lines(text.removeprefix("\ufeff"))
    reader = csv.reader(lines, delimiter=delimiter)
    usual = 0
    while True:
        begins = lines.where()
        try:
            row = next(reader)
            problem = _problem_with(row, lines.number - begins[1], usual)
        except StopIteration:
            return
        except csv.Error as error:
            row, problem = [], str(error)
        where = f"line {lines.number}"
        if problem is not None:
            if lines.number > begins[1] + 1:
                lines.go_to(begins)
                next(lines)
                where = f"line {lines.number}"
            gathering.rows += 1
            gathering.skip(where, problem)
        elif any(cell.strip() not in ("", _END_OF_FILE) for cell in row):
            gathering.rows += 1
            usual = max(usual, len(row))
            yield where, row


def _problem_with(row: Sequence[str], lines: int, usual: int) -> str | None:
    if any("\0" in cell for cell in row):
        return "this is no text"
    if lines > 1 and len(row) != usual and any(cell.count("\n") for cell in row):
        return "a quote is opened and not closed"
    return None


def _head(text: str) -> list[str]:
    return text[:_MOST_OF_HEAD].removeprefix("\ufeff").splitlines()[:_LINES_ABOVE_HEADER]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


READERS: dict[str, tuple[Callable[[str, Gathering], None], Callable[[str], bool]]] = {
    "simple": (read_simple, partial(has_columns, columns=("id", "schema", "name", "aliases"))),
    "eu": (read_eu, partial(has_columns, columns=("Entity_LogicalId", "NameAlias_WholeName"))),
    "uk": (read_uk, partial(has_columns, columns=("Name 6", "Name 1"))),
    "csl": (read_csl, partial(has_columns, columns=("source", "name", "alt_names"))),
    "ofac": (read_ofac, is_ofac),
}
"""Each format's reader, and how a file shows that it is in it."""
