"""The formats that sanction lists come in, and reading them into entries.

Columns are those that the publishers document: OFAC's SDN.CSV (twelve, without a header) with its ALT.CSV, the European
Union's consolidated CSV 1.1, the two CSV forms of the United Kingdom, and the "simple" CSV that OpenSanctions makes of
any list, that of the United Nations included (which publishes no CSV of its own). A file that is broken anywhere is
refused as a whole, with the line: half a list would clear whoever is on its other half.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from bitpesa.screening.dates import read_dates
from bitpesa.screening.model import Entry, Kind

_NOTHING = "-0-"
_OFAC_COLUMNS = 12
_ALT_COLUMNS = 5
_LINES_ABOVE_HEADER = 5
_MOST_OF_HEAD = 65_536
_LONGEST_UID = 200
_END_OF_FILE = "\x1a"
"""What OFAC's files end with, as files did in the days of CP/M."""

_KINDS = {
    "person": Kind.PERSON,
    "individual": Kind.PERSON,
    "p": Kind.PERSON,
    "company": Kind.ENTITY,
    "enterprise": Kind.ENTITY,
    "entity": Kind.ENTITY,
    "e": Kind.ENTITY,
    "legalentity": Kind.ENTITY,
    "organization": Kind.ENTITY,
    "publicbody": Kind.ENTITY,
    "ship": Kind.OTHER,
    "vessel": Kind.OTHER,
    "airplane": Kind.OTHER,
    "aircraft": Kind.OTHER,
    "cryptowallet": Kind.OTHER,
    "security": Kind.OTHER,
}


class UnreadableList(ValueError):
    """The file is in none of the formats known here, or broken; the message says where."""


class _Gathered(msgspec.Struct):
    """What the rows of one entry say together."""

    kind: Kind
    names: dict[str, None] = msgspec.field(default_factory=dict)
    birth_dates: dict[str, None] = msgspec.field(default_factory=dict)
    countries: dict[str, None] = msgspec.field(default_factory=dict)
    programmes: dict[str, None] = msgspec.field(default_factory=dict)

    def entry(self, uid: str) -> Entry:
        """The entry; people named "LAST, First" are turned round."""
        names = dict.fromkeys(_turned(name) if self.kind is Kind.PERSON else name for name in self.names)
        return Entry(
            uid=uid,
            kind=self.kind,
            names=tuple(names),
            birth_dates=tuple(self.birth_dates),
            countries=tuple(self.countries),
            programme=", ".join(self.programmes),
        )


def recognise(text: str) -> str:
    """The format of a file. Raises UnreadableList."""
    for name, is_it in _SIGNS.items():
        if is_it(text):
            return name
    raise UnreadableList("this is none of the formats known: " + ", ".join(FORMATS))


def read_entries(text: str, format_: str, aliases: str | None = None) -> list[Entry]:
    """Read a list. `aliases` is OFAC's second file, ALT.CSV. Raises UnreadableList, also where nobody is in it."""
    gathered: dict[str, _Gathered] = {}
    FORMATS[format_](text.removeprefix("\ufeff"), gathered)
    if aliases is not None:
        _add_ofac_aliases(aliases, format_, gathered)
    entries = [found.entry(uid) for uid, found in gathered.items() if found.names]
    if not entries:
        raise UnreadableList(f"nobody is listed in it, read as {format_}")
    return entries


def _read_simple(text: str, gathered: dict[str, _Gathered]) -> None:
    for line, row in _below_header(text, "schema", ","):
        found = _gather(gathered, line, row.get("id"), row.get("schema"))
        _note(found.names, [row.get("name"), *_split(row.get("aliases"))])
        _note(found.birth_dates, read_dates(row.get("birth_date") or ""))
        _note(found.countries, _split(row.get("countries")))
        _note(found.programmes, _split(row.get("program_ids") or row.get("sanctions")))


def _read_ofac(text: str, gathered: dict[str, _Gathered]) -> None:
    for line, row in _rows(text, ","):
        if len(row) != _OFAC_COLUMNS:
            raise UnreadableList(f"line {line}: it has {len(row)} columns where {_OFAC_COLUMNS} are expected")
        number, name, kind, programme, remarks = (row[i].strip() for i in (0, 1, 2, 3, 11))
        if not number.isdigit():
            raise UnreadableList(f"line {line}: {number[:_LONGEST_UID]} is no number")
        found = _gather(gathered, line, number, "entity" if kind in ("", _NOTHING) else kind)
        _note(found.names, [name])
        _note(found.programmes, [programme])
        for remark in remarks.split(";"):
            label, _, rest = remark.strip().rstrip(".").partition(" ")
            if label == "DOB":
                _note(found.birth_dates, read_dates(rest))
            elif label in ("nationality", "citizen"):
                _note(found.countries, [rest])


def _add_ofac_aliases(text: str, format_: str, gathered: dict[str, _Gathered]) -> None:
    if format_ != "ofac":
        raise UnreadableList(f"aliases in a file of their own belong to a list of OFAC's, and this one is {format_}")
    known = 0
    for line, row in _rows(text.removeprefix("\ufeff"), ","):
        if len(row) != _ALT_COLUMNS:
            raise UnreadableList(f"aliases, line {line}: it has {len(row)} columns where {_ALT_COLUMNS} are expected")
        if row[0].strip() in gathered:
            known += 1
            _note(gathered[row[0].strip()].names, [row[3]])
    if not known:
        raise UnreadableList("aliases: they are of nobody who is on the list")


def _read_eu(text: str, gathered: dict[str, _Gathered]) -> None:
    for line, row in _below_header(text, "Entity_LogicalId", ";"):
        kind = row.get("Entity_SubjectType_ClassificationCode") or row.get("Entity_SubjectType")
        found = _gather(gathered, line, row.get("Entity_LogicalId"), kind)
        parts = [row.get(f"NameAlias_{part}Name") for part in ("First", "Middle", "Last")]
        _note(found.names, [row.get("NameAlias_WholeName") or _joined(parts)])
        _note(found.birth_dates, read_dates(row.get("BirthDate_BirthDate") or row.get("BirthDate_Year") or ""))
        _note(found.countries, [row.get("Citizenship_CountryIso2Code"), row.get("Address_CountryIso2Code")])
        _note(found.programmes, [row.get("Entity_Regulation_Programme")])


def _read_uk(text: str, gathered: dict[str, _Gathered]) -> None:
    for line, row in _below_header(text, "Name 6", ","):
        kind = row.get("Group Type") or row.get("Designation Type") or row.get("Individual, Entity, Ship")
        found = _gather(gathered, line, row.get("Group ID") or row.get("Unique ID"), kind)
        parts = [row.get(f"Name {number}") for number in (1, 2, 3, 4, 5, 6)]
        script = row.get("Name Non-Latin Script") or row.get("Name non-latin script")
        _note(found.names, [_joined(parts), script])
        _note(found.birth_dates, read_dates(row.get("DOB") or row.get("D.O.B") or ""))
        _note(found.countries, [row.get("Nationality") or row.get("Nationality(/ies)")])
        _note(found.programmes, [row.get("Regime") or row.get("Regime Name")])


def _gather(gathered: dict[str, _Gathered], line: int, uid: str | None, kind: str | None) -> _Gathered:
    known_as, key = (uid or "").strip(), (kind or "").strip().lower()
    if not known_as:
        raise UnreadableList(f"line {line}: it does not say by which number or id the list knows this one")
    if len(known_as) > _LONGEST_UID:
        raise UnreadableList(f"line {line}: an id is longer than {_LONGEST_UID} characters")
    return gathered.setdefault(known_as, _Gathered(_KINDS.get(key, Kind.UNKNOWN)))


def _note(known: dict[str, None], values: Iterable[str | None]) -> None:
    for value in values:
        text = " ".join((value or "").split())
        if text and text != _NOTHING:
            known[text] = None


def _below_header(text: str, column: str, delimiter: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows by column, with their lines; a line or two with the date of the list may stand above the header."""
    columns: list[str] = []
    for line, row in _rows(text, delimiter):
        if columns:
            if len(row) != len(columns):
                raise UnreadableList(f"line {line}: it has {len(row)} columns, and the heading {len(columns)}")
            yield line, dict(zip(columns, row, strict=True))
            continue
        cells = [cell.strip() for cell in row]
        if column in cells:
            columns = cells
        elif line > _LINES_ABOVE_HEADER:
            break
    if not columns:
        raise UnreadableList(f"no heading with the column {column} in the first {_LINES_ABOVE_HEADER} lines")


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that say something, each with the line it ends on."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any("\0" in cell for cell in row):
                raise UnreadableList(f"line {reader.line_num}: this is no text")
            if any(cell.strip() not in ("", _END_OF_FILE) for cell in row):
                yield reader.line_num, row
    except csv.Error as problem:
        raise UnreadableList(f"line {reader.line_num}: {problem}") from problem


def _lines(text: str) -> Iterator[str]:
    """The lines one by one: whoever hands over a long file has it in memory often enough."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _head(text: str) -> list[str]:
    return text[:_MOST_OF_HEAD].removeprefix("\ufeff").splitlines()[:_LINES_ABOVE_HEADER]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _head_has(text: str, columns: Sequence[str], delimiter: str) -> bool:
    return any(set(columns) <= set(_cells(line, delimiter)) for line in _head(text))


def _is_ofac(text: str) -> bool:
    rows = [_cells(line, ",") for line in _head(text)]
    return any(len(row) == _OFAC_COLUMNS and row[0].isdigit() for row in rows)


def _split(text: str | None) -> list[str]:
    return (text or "").split(";")


def _joined(parts: Iterable[str | None]) -> str:
    return " ".join(part.strip() for part in parts if part and part.strip() not in ("", "0"))


def _turned(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name


FORMATS: dict[str, Callable[[str, dict[str, _Gathered]], None]] = {
    "simple": _read_simple,
    "ofac": _read_ofac,
    "eu": _read_eu,
    "uk": _read_uk,
}
"""Every format that can be read."""

_SIGNS: dict[str, Callable[[str], bool]] = {
    "simple": lambda text: _head_has(text, ["id", "schema", "name", "aliases"], ","),
    "eu": lambda text: _head_has(text, ["Entity_LogicalId", "NameAlias_WholeName"], ";"),
    "uk": lambda text: _head_has(text, ["Name 6", "Name 1"], ","),
    "ofac": _is_ofac,
}
