"""What strict SDKs can read of a value. Decides from plain values (contract of the SDKs, 3.2 and 3.3).

One member that they cannot read, such as a date that is none, fails the whole answer, and with it the list that it
stands in and the `errors` beside it. Such a member is left out. Null would be read as well; but a client that sends
back what it read would then clear the member, since null takes a detail away (flows 8.8).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from bitpesa.api_support.sdk_compat.catalogue import MODELS
from bitpesa.api_support.sdk_compat.model import Kind, Member, Model
from bitpesa.kernel.values.amounts import AmountProblem, parse_number, plain
from bitpesa.kernel.values.timestamps import read_moment, to_wire

DETAILS = MODELS["PayoutMethodDetails"]
PAYIN_DETAILS = MODELS["PayinMethodDetails"]

LARGEST_NUMBER = 10**30  # no amount of any currency; far larger ones are no number to a client
LARGEST_WHOLE_NUMBER = 2**31
LARGEST_BARE_TEXT = 10**255  # what fits into a text field; much larger ones cannot even be turned into text

_UNREADABLE: Any = object()

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?", re.ASCII | re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def readable(model: Model, value: Mapping[str, Any]) -> dict[str, Any]:
    """An object, and the objects in it, without what a strict SDK cannot read; what no SDK knows stays.

    What means the same is written the one readable way: `1974-12-24` for a timestamp, `7` for `"7"` where a number
    belongs, `"7"` for `7` where text does. In lists null keeps the place of what is left out.
    """
    found = {}
    for name, each in value.items():
        member = model.get(name)
        if (
            member is None or each is None or (member.kind is Kind.TEXT and each.__class__ is str)
        ):  # nearly all there is
            found[name] = each
        elif (read := _read(member, each)) is not _UNREADABLE:
            found[name] = read
    return found


def shown_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a payout as they are shown. Corridors take values that SDKs do not know; providers get all."""
    return readable(DETAILS, details)


def kept_details(details: Mapping[str, Any], model: Model = DETAILS) -> dict[str, Any]:
    """Details as they are kept, to be judged: dates without the time that some SDKs add, numbers as their digits.

    A blank date or choice says nothing and is not kept.
    """
    kept = {name: _kept(model.get(name), value) for name, value in details.items()}
    return {name: value for name, value in kept.items() if value is not _UNREADABLE}


def date_in(text: str) -> str | None:
    """The date that a text says, alone or with a time after it; None when there is none."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        date.fromisoformat(found[1])
    except ValueError:
        return None
    return found[1]


def _kept(member: Member | None, value: Any) -> Any:
    if member is None:
        return value
    if member.kind in (Kind.DATE, Kind.CHOICE) and isinstance(value, str) and not value.strip():
        return _UNREADABLE
    if member.kind is Kind.DATE:
        return (date_in(value) if isinstance(value, str) else None) or value
    return str(value) if _is_bare_text(value) else value


def _read(member: Member, value: Any) -> Any:
    return _READERS[member.kind](member, value)


def _text(_: Member, value: Any) -> Any:
    if isinstance(value, str):
        return value
    return str(value) if _is_bare_text(value) else _UNREADABLE


def _choice(member: Member, value: Any) -> Any:
    return value if isinstance(value, str) and value in member.choices else _UNREADABLE


def _date(_: Member, value: Any) -> Any:
    return (date_in(value) if isinstance(value, str) else None) or _UNREADABLE


def _object(_: Member, value: Any) -> Any:
    return value if isinstance(value, dict) else _UNREADABLE


def _model(member: Member, value: Any) -> Any:
    return readable(MODELS[member.model], value) if isinstance(value, dict) else _UNREADABLE


def _flag(_: Member, value: Any) -> Any:
    return value if isinstance(value, bool) else _UNREADABLE


def _uuid(_: Member, value: Any) -> Any:
    return value if isinstance(value, str) and _UUID.fullmatch(value) else _UNREADABLE


def _whole_number(_: Member, value: Any) -> Any:
    return value if _is_whole(value) and abs(value) < LARGEST_WHOLE_NUMBER else _UNREADABLE


def _list(member: Member, items: Any) -> Any:
    if not isinstance(items, list | tuple) or member.items is None:
        return _UNREADABLE
    read = [None if item is None else _read(member.items, item) for item in items]
    return [None if item is _UNREADABLE else item for item in read]


def _time(_: Member, value: Any) -> Any:
    try:
        return to_wire(read_moment(value.strip())) if isinstance(value, str) else _UNREADABLE
    except ValueError:
        return _UNREADABLE


def _number(_: Member, value: Any) -> Any:
    if _is_whole(value):
        return value if abs(value) < LARGEST_NUMBER else _UNREADABLE
    try:
        number = parse_number(value)
    except AmountProblem:
        return _UNREADABLE
    return plain(number) if abs(number) < LARGEST_NUMBER else _UNREADABLE


def _is_bare_text(value: Any) -> bool:
    """Whether a value is a whole number that a text field could hold."""
    return _is_whole(value) and abs(value) < LARGEST_BARE_TEXT


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_READERS = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.WHOLE_NUMBER: _whole_number,
    Kind.FLAG: _flag,
    Kind.OBJECT: _object,
    Kind.UUID: _uuid,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.CHOICE: _choice,
    Kind.MODEL: _model,
    Kind.LIST: _list,
}
