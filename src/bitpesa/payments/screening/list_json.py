"""Sanction lists as OpenSanctions publishes them in JSON: one entity a line, in the model FollowTheMoney."""

from collections.abc import Callable

import msgspec

from bitpesa.payments.screening.dates import read_dates
from bitpesa.payments.screening.list_entries import BadRow, Gathering, add

_NAMES = ("name", "alias", "weakAlias", "previousName")
_COUNTRIES = ("nationality", "citizenship", "country", "jurisdiction")
_MOST_OF_HEAD = 65_536


class _Entity(msgspec.Struct):
    id: str = ""
    schema: str = ""
    properties: dict[str, list[msgspec.Raw]] = {}


_read_entity = msgspec.json.Decoder(_Entity).decode
_read_text = msgspec.json.Decoder(str).decode


def read_opensanctions(text: str, gathering: Gathering) -> None:
    """targets.nested.json and entities.ftm.json."""
    start = line = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        line += 1
        if text[start:end].strip():
            gathering.rows += 1
            try:
                _add(text[start:end], gathering)
            except (BadRow, msgspec.DecodeError, msgspec.ValidationError, UnicodeEncodeError) as problem:
                gathering.skip(f"line {line}", str(problem))
        start = end


def _add(line: str, gathering: Gathering) -> None:
    entity = _read_entity(line.lstrip("\ufeff"))
    found = gathering.of(entity.id, entity.schema)

    def texts(*names: str) -> list[str]:
        values = [bytes(value) for name in names for value in entity.properties.get(name, ())]
        return [_read_text(value) for value in values if value.startswith(b'"')]

    add(found.names, texts(*_NAMES))
    add(found.birth_dates, [date for said in texts("birthDate") for date in read_dates(said)])
    add(found.countries, texts(*_COUNTRIES))
    add(found.programmes, texts("programId", "program"))


def is_opensanctions(text: str) -> bool:
    """Whether the first line is an entity."""
    first = text[:_MOST_OF_HEAD].lstrip("\ufeff \r\n\t").partition("\n")[0]
    return first.startswith("{") and all(f'"{name}"' in first for name in ("id", "schema", "properties"))


READERS: dict[str, tuple[Callable[[str, Gathering], None], Callable[[str], bool]]] = {
    "opensanctions": (read_opensanctions, is_opensanctions),
}
"""Each format's reader, and how a file shows that it is in it."""
