"""Reading one data file of a corridor, and every complaint about what it says."""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

import msgspec

from bitpesa.api_support.sdk_compat.rules import DETAILS
from bitpesa.kernel.values.currency import currency
from bitpesa.rails.corridors.formats import COUNTRIES
from bitpesa.rails.corridors.model import Bank, Corridor, CorridorField, Format, Method, Need, SenderNeed

LONGEST_TEXT = 255

RecipientType = Literal["person", "business"]
TypeName = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}(::[A-Z][a-z]+)?$")]


class BrokenData(ValueError):
    """A data file says something that cannot be right. The message names the file and the line or field."""


class FieldEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field as a data file has it. `both` stands for person and business; who is not named does not use it."""

    both: Need | None = None
    person: Need | None = None
    business: Need | None = None
    when_given: tuple[str, ...] = ()
    unless_given: tuple[str, ...] = ()
    format: Format | None = None
    pattern: str | None = None
    longest: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_TEXT)] = LONGEST_TEXT
    options: dict[str, str] = {}
    options_file: str | None = None
    default: str | None = None
    beyond_sdks: bool = False


class SenderNeedEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A need of senders as a data file has it."""

    of: Literal["person", "business", "both"]
    fields: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    choices: dict[str, tuple[str, ...]] = {}
    when_paid_in: tuple[str, ...] = ()


class CorridorFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data file: one payout type, or several that differ in the currency only."""

    type: TypeName | Annotated[tuple[TypeName, ...], msgspec.Meta(min_length=1)]
    countries: tuple[str, ...]
    method: Method
    offered: bool
    recipients: Annotated[tuple[RecipientType, ...], msgspec.Meta(min_length=1)]
    refuses_wtr2: bool = False
    business_paid_by: tuple[RecipientType, ...] = ("person", "business")
    fields: Annotated[dict[str, FieldEntry], msgspec.Meta(min_length=1)]
    options_by_country: dict[str, dict[str, tuple[str, ...]]] = {}
    sender_needs: tuple[SenderNeedEntry, ...] = ()
    examples: dict[RecipientType, dict[str, str]]


def read_corridors(folder: Traversable, name: str) -> tuple[Corridor, ...]:
    """Read the corridors that a data file describes, with the lists it names."""
    entry = _parse(name, folder.joinpath(name).read_text(encoding="utf-8"))
    problem = next(_problems(entry), None)
    if problem:
        raise BrokenData(f"{name}: {problem}")
    lists = {
        field.options_file: read_list(folder, field.options_file)
        for field in entry.fields.values()
        if field.options_file is not None
    }
    corridors = tuple(_corridor(entry, type_, lists) for type_ in _types(entry))
    problem = next(_problems_with_options(corridors[0]), None)
    if problem:
        raise BrokenData(f"{name}: {problem}")
    return corridors


def read_list(folder: Traversable, name: str) -> tuple[Bank, ...]:
    """Read a list of banks (code, name, maybe branch, country) or of other choices (code, label)."""
    source = folder.joinpath(*name.split("/"))
    if not source.is_file():
        raise BrokenData(f"{name}: there is no such file")
    rows: dict[str, Bank] = {}
    reader = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    for row in reader:
        code, label = row.get("code"), row.get("label") or row.get("name")
        if not code or not label or None in row:
            raise BrokenData(
                f"{name} line {reader.line_num}: a row needs a code and a name, and no more than its columns"
            )
        if code in rows:
            raise BrokenData(f"{name} line {reader.line_num}: {code} is listed twice")
        country = row.get("country") or ""
        if "country" in row and country not in COUNTRIES:
            raise BrokenData(f"{name} line {reader.line_num}: {country!r} is not a country")
        branch = row.get("branch")
        rows[code] = Bank(code, f"{label}, {branch}" if branch else label, country)
    if not rows:
        raise BrokenData(f"{name}: the list is empty")
    return tuple(rows.values())


def _parse(name: str, text: str) -> CorridorFile:
    try:
        return msgspec.convert(tomllib.loads(text), CorridorFile)
    except tomllib.TOMLDecodeError as problem:  # it names the line
        raise BrokenData(f"{name}: {problem}") from problem
    except msgspec.ValidationError as problem:  # it names the field
        raise BrokenData(f"{name}: {problem}") from problem


def _types(entry: CorridorFile) -> tuple[str, ...]:
    return (entry.type,) if isinstance(entry.type, str) else entry.type


def _corridor(entry: CorridorFile, type_: str, lists: dict[str, tuple[Bank, ...]]) -> Corridor:
    banks = next((rows for name, rows in lists.items() if name.startswith("banks/")), ())
    return Corridor(
        type=type_,
        currency=type_[:3],
        countries=entry.countries,
        method=entry.method,
        offered=entry.offered,
        recipient_types=entry.recipients,
        refuses_wtr2=entry.refuses_wtr2,
        business_paid_by=entry.business_paid_by,
        fields=tuple(_field(entry, name, field, lists) for name, field in entry.fields.items()),
        sender_needs=tuple(msgspec.convert(need, SenderNeed, from_attributes=True) for need in entry.sender_needs),
        banks=banks,
        examples={str(kind): details for kind, details in entry.examples.items()},
    )


def _field(entry: CorridorFile, name: str, field: FieldEntry, lists: dict[str, tuple[Bank, ...]]) -> CorridorField:
    options = field.options
    if field.options_file is not None:
        options = {row.code: row.label for row in lists[field.options_file]}
    by_country = entry.options_by_country.get(name, {})
    if by_country:
        anywhere = {code for codes in by_country.values() for code in codes}
        missing = sorted(anywhere - options.keys())
        if missing:
            raise BrokenData(f"{entry.type}: options_by_country.{name} names {missing[0]}, which is no option")
        options = {code: label for code, label in options.items() if code in anywhere}
    return CorridorField(
        name=name,
        person=_need(field, "person"),
        business=_need(field, "business"),
        when_given=field.when_given,
        unless_given=field.unless_given,
        format=field.format,
        pattern=field.pattern,
        longest=field.longest,
        options=options,
        options_by_country=by_country,
        default=field.default,
        beyond_sdks=field.beyond_sdks,
    )


def _need(field: FieldEntry, recipient_type: RecipientType) -> Need:
    own = field.business if recipient_type == "business" else field.person
    return own or field.both or Need.UNUSED


def _problems(entry: CorridorFile) -> Iterator[str]:
    for type_ in _types(entry):
        known = currency(type_[:3])
        if known is None:
            yield f"type: {type_[:3]} is not a currency"
        elif entry.method is Method.BALANCE and not known.input:
            yield f"type: balances are not held in {known.code}"
    yield from _strangers("countries", entry.countries, COUNTRIES, "a country")
    for name, field in entry.fields.items():
        yield from (f"fields.{name}: {problem}" for problem in _problems_with_field(entry, name, field))
    for name, by_country in entry.options_by_country.items():
        where = f"options_by_country.{name}"
        yield from _strangers(where, [name, "country"], entry.fields, "a field")
        yield from _strangers(where, by_country, entry.countries, "a country of the corridor")
    for need in entry.sender_needs:
        yield from _strangers("sender_needs.choices", need.choices, need.fields, "a field that is needed")
        yield from _strangers(
            "sender_needs.when_paid_in", need.when_paid_in, entry.countries, "a country of the corridor"
        )
    yield from _problems_with_examples(entry)


def _problems_with_field(entry: CorridorFile, name: str, field: FieldEntry) -> Iterator[str]:
    needs = {type_: _need(field, type_) for type_ in entry.recipients}
    if field.both and (field.person or field.business):
        yield "says both, and then person or business"
    if all(need is Need.UNUSED for need in needs.values()):
        yield "is used by no recipient of this corridor"
    if field.business and "business" not in entry.recipients:
        yield "speaks of businesses, which are not paid here"
    if (Need.CONDITIONAL in needs.values()) != bool(field.when_given or field.unless_given):
        yield "is conditional without a condition, or has one without being conditional"
    yield from _strangers("when_given", field.when_given, entry.fields, "a field")
    yield from _strangers("unless_given", field.unless_given, entry.fields, "a field")
    if field.options and field.options_file:
        yield "has options and an options_file"
    if field.beyond_sdks and name in DETAILS:
        yield "is beyond SDKs, and they have it"
    if field.pattern is not None:
        yield from _problems_with_pattern(field.pattern)


def _problems_with_pattern(pattern: str) -> Iterator[str]:
    """Patterns judge what strangers send, so one that could take for ever is refused: repetition within repetition."""
    try:
        re.compile(pattern, re.ASCII)
    except re.error as problem:
        yield f"pattern: {problem}"
    if re.search(r"\)[*+{?]|\\[1-9]|[*+}][*+{]", pattern):
        yield "pattern: repeats a group, which may take for ever on what strangers send"


def _problems_with_examples(entry: CorridorFile) -> Iterator[str]:
    if set(entry.examples) != set(entry.recipients):
        yield "examples: one is needed for each kind of recipient, and no other"
    for type_, details in entry.examples.items():
        yield from _strangers(f"examples.{type_}", details, entry.fields, "a field")


def _problems_with_options(corridor: Corridor) -> Iterator[str]:
    for field in corridor.fields:
        if field.default is not None and field.default not in field.options:
            yield f"fields.{field.name}: default {field.default} is not among its options"


def _strangers(
    where: str, names: Iterable[str], known: Sequence[str] | frozenset[str] | dict[str, Any], what: str
) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{where}: {name} is not {what}"
