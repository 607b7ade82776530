"""Sanction lists in XML: those of the United Nations, of OFAC and of the European Union."""

from collections.abc import Callable, Sequence
from functools import partial
from io import StringIO
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from bitpesa.payments.screening.dates import read_dates, years_between
from bitpesa.payments.screening.list_entries import BadRow, Gathering, UnreadableList, add, joined

_MOST_OF_HEAD = 4_096
_UN_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")

Element = Any
"""An element of a tree, its names without their namespaces."""
AddEntry = Callable[[Element, Gathering], None]


def _add_un(element: Element, gathering: Gathering) -> None:
    """The consolidated list of the United Nations' Security Council."""
    found = gathering.of(element.findtext("DATAID"), element.tag)
    add(found.names, [joined(element.findtext(name) for name in _UN_NAMES)])
    add(found.names, [element.findtext("NAME_ORIGINAL_SCRIPT")])
    add(found.names, _texts(element, f"{element.tag}_ALIAS/ALIAS_NAME"))
    for born in element.findall("INDIVIDUAL_DATE_OF_BIRTH"):
        add(found.birth_dates, read_dates(born.findtext("DATE") or born.findtext("YEAR") or ""))
        add(found.birth_dates, years_between(born.findtext("FROM_YEAR"), born.findtext("TO_YEAR")))
    add(found.countries, _texts(element, "NATIONALITY/VALUE"))
    add(found.programmes, [element.findtext("UN_LIST_TYPE")])


def _add_ofac(element: Element, gathering: Gathering) -> None:
    """OFAC's SDN.XML and CONSOLIDATED.XML."""
    found = gathering.of(element.findtext("uid"), element.findtext("sdnType"))
    for named in (element, *element.findall("akaList/aka")):
        add(found.names, [joined((named.findtext("firstName"), named.findtext("lastName")))])
    for born in _texts(element, "dateOfBirthList/dateOfBirthItem/dateOfBirth"):
        add(found.birth_dates, read_dates(born))
    add(found.countries, _texts(element, "nationalityList/nationality/country"))
    add(found.countries, _texts(element, "citizenshipList/citizenship/country"))
    add(found.programmes, _texts(element, "programList/program"))


def _add_eu(element: Element, gathering: Gathering) -> None:
    """The European Union's consolidated list, XML 1.1."""
    kind = element.find("subjectType")
    uid = element.get("logicalId") or element.get("euReferenceNumber")
    found = gathering.of(uid, None if kind is None else kind.get("code") or kind.get("classificationCode"))
    for named in element.findall("nameAlias"):
        parts = joined(named.get(part) for part in ("firstName", "middleName", "lastName"))
        add(found.names, [named.get("wholeName") or parts])
    for born in element.findall("birthdate"):
        add(found.birth_dates, read_dates(born.get("birthdate") or born.get("year") or ""))
        add(found.birth_dates, years_between(born.get("yearRangeFrom"), born.get("yearRangeTo")))
    for where in ("citizenship", "address"):
        add(found.countries, [each.get("countryIso2Code") for each in element.findall(where)])
    add(found.programmes, [each.get("programme") for each in element.findall("regulation")])


def _read(text: str, gathering: Gathering, *, tags: Sequence[str], add_entry: AddEntry) -> None:
    """Read the elements of these names one by one, so that the whole tree is never there.

    An entry that cannot be read is passed over; a file that is cut off or broken is refused.
    """
    try:
        for _, element in iterparse(StringIO(text), forbid_dtd=True):
            element.tag = element.tag.rpartition("}")[2]
            if element.tag not in tags:
                continue
            gathering.rows += 1
            try:
                add_entry(element, gathering)
            except BadRow as problem:
                gathering.skip(f"entry {gathering.rows}", str(problem))
            element.clear()
    except ParseError as problem:
        raise UnreadableList(f"line {problem.position[0]}: the XML is broken or cut off") from problem
    except DefusedXmlException as problem:
        raise UnreadableList("it declares a document type, which no list does") from problem


def _texts(element: Element, path: str) -> list[str]:
    return [each.text or "" for each in element.findall(path)]


def begins_with(root: str) -> Callable[[str], bool]:
    """Whether a file is XML with this root."""

    def is_it(text: str) -> bool:
        head = text[:_MOST_OF_HEAD].lstrip("\ufeff \r\n\t")
        return head.startswith("<") and f"<{root}" in head

    return is_it


READERS: dict[str, tuple[Callable[[str, Gathering], None], Callable[[str], bool]]] = {
    "un": (partial(_read, tags=("INDIVIDUAL", "ENTITY"), add_entry=_add_un), begins_with("CONSOLIDATED_LIST")),
    "ofac-xml": (partial(_read, tags=("sdnEntry",), add_entry=_add_ofac), begins_with("sdnList")),
    "eu-xml": (partial(_read, tags=("sanctionEntity",), add_entry=_add_eu), begins_with("export")),
}
"""Each format's reader, and how a file shows that it is in it."""
