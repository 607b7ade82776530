"""Files of exchange rates as publishers offer them, read exactly, with everything turned into units for one US dollar.

Read are the European Central Bank's XML and CSV (also as the ZIP it comes in), JSON as openexchangerates.org answers,
and plain CSV with a header line:

    currency,units_per_usd        NGN,1450.11
    currency,usd_per_unit         EUR,1.16
    pair,mid                      USDNGN,1450.11     EURUSD,1.16      (also `USDNGN Curncy`, `USD/NGN`)

A file with one row that cannot be read in one way is refused whole, with the line: half a file of rates is worse than
none.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element, ParseError  # nosec B405 - names of types; defusedxml does the parsing

import defusedxml.ElementTree
import msgspec
from defusedxml.common import DefusedXmlException

from bitpesa.kernel.values import json
from bitpesa.kernel.values.amounts import AmountProblem, parse_amount
from bitpesa.kernel.values.currency import currency as find_currency
from bitpesa.kernel.values.typed_numbers import TypedNumberProblem, read_typed_positive
from bitpesa.money.rates.model import BASE, Quote

MAX_FILE_BYTES = 8_388_608
"""No file of rates is longer, unpacked: the ECB's whole history has about a tenth of that."""
MAX_JSON_DEPTH = 8

ECB = "ECB"
_ECB_BASE = "EUR"
_NOT_QUOTED = frozenset({"", "N/A", "-"})
"""How the ECB writes that there is no rate of a currency on a day."""

_MONTHS = ("january february march april may june july august september october november december").split()
_CODE = re.compile(r"[A-Z]{3}")
_PAIR = re.compile(r"([A-Z]{3})/?([A-Z]{3})(?: CURNCY)?")
_ONE = Decimal(1)


class UnreadableRates(ValueError):
    """A file of rates cannot be read; the message says where and why, in a sentence for the person who chose it."""


class RateFile(msgspec.Struct, frozen=True):
    """The rates of a file. `source` is kept with each; `passed_over` are its currencies that the platform has not."""

    source: str
    dated: date | None
    quotes: tuple[Quote, ...]
    passed_over: tuple[str, ...]


def read_rate_file(data: bytes, *, decimal_comma: bool = False) -> RateFile:
    """Read a file of rates, whichever of the formats it has. Raises UnreadableRates.

    `decimal_comma`: the person says that in this CSV a comma stands before the decimals, so that it has one reading.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableRates(f"The file is longer than {MAX_FILE_BYTES} bytes")
    if data.startswith(b"PK\x03\x04"):
        data = _unpacked(data)
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return _read_xml(data)
    if start in (b"{", b"["):
        return _read_json(data)
    return _read_csv(_decoded(data), decimal_comma=decimal_comma)


def _unpacked(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith((".csv", ".xml", ".json"))]
            if len(names) != 1:
                raise UnreadableRates("The ZIP file has to hold exactly one file of rates")
            with archive.open(names[0]) as member:
                unpacked = member.read(MAX_FILE_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as problem:
        if isinstance(problem, UnreadableRates):
            raise
        raise UnreadableRates("The ZIP file is broken") from problem
    if len(unpacked) > MAX_FILE_BYTES:
        raise UnreadableRates(f"The file in the ZIP is longer than {MAX_FILE_BYTES} bytes")
    return unpacked


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableRates("The file is no text in UTF-8, no XML, no JSON and no ZIP") from None


# -- European Central Bank


def _read_xml(data: bytes) -> RateFile:
    try:
        root: Element = defusedxml.ElementTree.fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise UnreadableRates(f"The XML cannot be read: {problem}") from problem
    days = [each for each in root.iter() if _local_name(each) == "Cube" and "time" in each.attrib]
    if not days:
        raise UnreadableRates("The XML has no rates as the European Central Bank publishes them (Cube time=...)")
    newest = max(days, key=lambda each: _read_date(each.attrib["time"]))
    rates = ((each.attrib.get("currency", ""), each.attrib.get("rate", "")) for each in newest)
    return _ecb(_read_date(newest.attrib["time"]), rates)


def _local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _ecb(day: date, rates: Iterable[tuple[str, str]]) -> RateFile:
    """The ECB's rates of a day, in units for one euro."""
    quoted = [(code, _number(text, code)) for code, text in rates if text not in _NOT_QUOTED]
    return _converted(f"{ECB} {day.isoformat()}", day, _ECB_BASE, quoted)


def _read_ecb_csv(header: list[str], rows: list[tuple[int, list[str]]]) -> RateFile:
    if not rows:
        raise UnreadableRates("The file has no rates")
    days = [(_read_date(cells[0], line), line, cells) for line, cells in rows]
    day, line, newest = max(days, key=lambda each: each[0])
    if len([each for each in newest if each]) > len([each for each in header if each]):
        raise UnreadableRates(f"Line {line} has more columns than the header: is a comma in a number?")
    return _ecb(day, zip(header[1:], newest[1:], strict=False))


def _read_date(text: str, line: int | None = None) -> date:
    """A day as `2026-11-27` or, in the ECB's daily CSV, `27 November 2026`. Raises UnreadableRates."""
    words = text.strip().lower().split()
    try:
        if len(words) == 3 and words[1] in _MONTHS:  # noqa: PLR2004 - day, month, year
            return date(int(words[2]), _MONTHS.index(words[1]) + 1, int(words[0]))
        return date.fromisoformat(text.strip())
    except ValueError:
        where = "" if line is None else f"Line {line}: "
        raise UnreadableRates(f"{where}{text!r} is no date such as 2026-11-27") from None


# -- JSON


def _read_json(data: bytes) -> RateFile:
    try:
        told = json.decode(data.removeprefix(b"\xef\xbb\xbf"), deepest=MAX_JSON_DEPTH)
    except json.NotJson as problem:
        raise UnreadableRates(f"The JSON cannot be read: {problem}") from problem
    rates = told.get("rates") if isinstance(told, dict) else None
    base = told.get("base") if isinstance(told, dict) else None
    if not isinstance(rates, dict) or not isinstance(base, str):
        raise UnreadableRates('The JSON has no rates: looked for {"base": "USD", "rates": {"NGN": 1450.11}}')
    day = _day_of(told)
    source = f"JSON {day.isoformat()}" if day else "JSON"
    return _converted(source, day, base, [(code, _json_number(value, code)) for code, value in rates.items()])


def _day_of(told: Mapping[str, Any]) -> date | None:
    """The day that a JSON answer is of, where it says so."""
    moment, text = told.get("timestamp"), told.get("date")
    if isinstance(moment, int) and not isinstance(moment, bool):
        try:
            return datetime.fromtimestamp(moment, UTC).date()
        except (ValueError, OverflowError, OSError):
            raise UnreadableRates(f"{moment} is no timestamp") from None
    return _read_date(text) if isinstance(text, str) else None


def _json_number(value: Any, code: str) -> Decimal:
    """A number of a program: JSON has one way to write it, so it may have an exponent."""
    if isinstance(value, str):
        return _number(value, code)
    try:
        return parse_amount(value)
    except AmountProblem as problem:
        raise UnreadableRates(f"{code}: {value} is no rate ({problem.code})") from None


# -- CSV


def _read_csv(text: str, *, decimal_comma: bool) -> RateFile:
    rows = list(_rows(text))
    if not rows:
        raise UnreadableRates("The file is empty")
    header = [each.lower() for each in rows[0][1]]
    if header[0] == "date" and any(find_currency(each.upper()) for each in header[1:]):
        return _read_ecb_csv([each.upper() for each in header], rows[1:])
    name = next((each for each in ("currency", "pair", "code") if each in header), None)
    kind = next((each for each in ("units_per_usd", "usd_per_unit", "mid", "rate") if each in header), None)
    if name is None or kind is None:
        raise UnreadableRates(
            "The first line has to name the columns: currency with units_per_usd or usd_per_unit, or pair with mid"
        )
    name_at, rate_at = header.index(name), header.index(kind)
    quotes = [
        _quote_of(line, cells, kind, name_at, rate_at, len(header), decimal_comma=decimal_comma)
        for line, cells in rows[1:]
    ]
    return _kept("CSV", None, quotes)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, with the line on which each ends."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            trimmed = [each.strip() for each in cells]
            if any(trimmed):
                yield reader.line_num, trimmed
    except csv.Error as problem:
        raise UnreadableRates(f"Line {reader.line_num}: {problem}") from None


def _quote_of(
    line: int, cells: list[str], kind: str, name_at: int, rate_at: int, columns: int, *, decimal_comma: bool
) -> Quote:
    if len(cells) != columns:
        raise UnreadableRates(
            f"Line {line} has {len(cells)} columns, the first line {columns}: is a comma in a number?"
        )
    name, text = cells[name_at].upper(), cells[rate_at]
    number = _number(_with_point(text, line) if decimal_comma else text, f"Line {line}, {name}")
    pair = _PAIR.fullmatch(name)
    if pair is None and kind in ("units_per_usd", "usd_per_unit") and _CODE.fullmatch(name):
        return Quote(name, number, _ONE) if kind == "units_per_usd" else Quote(name, _ONE, number)
    if pair is not None and kind in ("mid", "rate") and pair[1] != pair[2]:
        if pair[1] == BASE:
            return Quote(pair[2], number, _ONE)
        if pair[2] == BASE:
            return Quote(pair[1], _ONE, number)
    raise UnreadableRates(f"Line {line}: it is not clear what {cells[name_at]} is quoted in; name a pair with USD")


def _with_point(text: str, line: int) -> str:
    """A number in whose file a comma stands before the decimals, as everything else here writes it."""
    if "." in text:
        raise UnreadableRates(f"Line {line}: {text} has a point, though a comma is said to stand before the decimals")
    return text.replace(",", ".", 1)


# -- what all have in common


def _number(text: str, where: str) -> Decimal:
    try:
        return read_typed_positive(text, what="rate")
    except TypedNumberProblem as problem:
        raise UnreadableRates(f"{where}: {problem}") from None


def _converted(source: str, day: date | None, base: str, rates: list[tuple[str, Decimal]]) -> RateFile:
    """Rates in units for one of `base`, turned exactly into units for one US dollar."""
    if base == BASE:
        return _kept(source, day, [Quote(code, number, _ONE) for code, number in rates])
    usd = next((number for code, number in rates if code == BASE), None)
    if usd is None:
        raise UnreadableRates(f"The rates are against {base}, and the file has none of USD to convert them by")
    quotes = [Quote(code, number, usd) for code, number in rates if code not in (BASE, base)]
    return _kept(source, day, [Quote(base, _ONE, usd), *quotes])


def _kept(source: str, day: date | None, quotes: list[Quote]) -> RateFile:
    """What is of use here. Raises UnreadableRates for a currency with two rates, and where nothing is left."""
    known: dict[str, Quote] = {}
    for quote in quotes:
        if not _CODE.fullmatch(quote.currency):
            raise UnreadableRates(f"{quote.currency!r} is no currency")
        before = known.setdefault(quote.currency, quote)
        if before.units_per_usd != quote.units_per_usd:
            raise UnreadableRates(f"The file has two rates of {quote.currency}")
    of_dollar = known.pop(BASE, None)
    if of_dollar is not None and of_dollar.units_per_usd != Fraction(1):
        raise UnreadableRates("The file says that 1 USD is not 1 USD")
    ours = tuple(quote for code, quote in sorted(known.items()) if find_currency(code))
    if not ours:
        raise UnreadableRates("The file has no rate of a currency of the platform")
    return RateFile(source, day, ours, tuple(sorted(code for code in known if not find_currency(code))))
