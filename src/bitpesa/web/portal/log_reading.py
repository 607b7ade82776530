"""A logged call as somebody reads it who wonders what was wrong: each field that was sent, with the errors beside it.

Decides from plain values.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import read_id

LONGEST_SHOWN = 64 * 1024
MOST_LINES = 500
DEEPEST = 12


class Line(msgspec.Struct, frozen=True):
    """One field: where it stands in what was sent, what it held, and what is wrong with it."""

    path: str
    value: str | None
    errors: tuple[str, ...]


def read(sent: str, answered: str) -> list[Line]:
    """The fields of a request in the order in which they were sent, then the errors of fields that were not.

    Nothing when the request is no JSON.
    """
    request, answer = _json(sent), _json(answered)
    if request is None:
        return []
    values = dict(_leaves(request, ""))
    errors = dict(_errors(answer.get("object"), _wrapper(request))) if isinstance(answer, dict) else {}
    lines = [Line(path, value, tuple(errors.pop(path, ()))) for path, value in values.items()]
    missing = [Line(path, None, tuple(each)) for path, each in errors.items()]
    return [*missing, *lines][:MOST_LINES]


def pretty(text: str) -> str:
    """JSON laid out to be read; anything else as it is."""
    found = _json(text)
    if found is None:
        return text[:LONGEST_SHOWN]
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()[:LONGEST_SHOWN]


def page_about(metadata: Mapping[str, Any]) -> str | None:
    """The page of what an attempt told of, within its environment: parts of a transaction are on its page."""
    told = read_id(metadata["instance_id"])
    match metadata["instance_type"]:
        case "Transaction":
            return f"/transactions/{told}"
        case "Sender":
            return f"/senders/{told}"
        case "Recipient" | "PayinMethod":
            part_of = _transaction_in(metadata["request"]["body"])
            return None if part_of is None else f"/transactions/{part_of}"
        case _:
            return None


def page_answered(path: str, answered: str) -> str | None:
    """The page of the object that a call was about, within its environment, where there is a page of it."""
    answer = _json(answered)
    found = answer.get("object") if isinstance(answer, dict) else None
    known = read_id(found.get("id")) if isinstance(found, dict) else None
    place = next((page for start, page in _PAGES.items() if path.startswith(start)), None)
    return None if known is None or place is None else f"{place}/{known}"


_PAGES = {
    "/v1/transactions": "/transactions",
    "/v1/senders": "/senders",
    "/v1/webhooks": "/webhooks",
}
"""Calls that answer with an object that has a page of its own."""


def _transaction_in(sent: str) -> UUID | None:
    """The transaction that the object of an event says it is a part of."""
    event = _json(sent)
    part = event.get("object") if isinstance(event, dict) else None
    said = part.get("transaction_id") if isinstance(part, dict) else None
    return read_id(said) if isinstance(said, str) else None


def _json(text: str) -> Any:
    try:
        return json.decode(text) if text else None
    except ValueError:
        return None


def _wrapper(request: Any) -> str:
    """The key that the object is sent under, such as `transaction`."""
    if isinstance(request, dict) and len(request) == 1:
        name, inner = next(iter(request.items()))
        if isinstance(inner, dict | list):
            return str(name)
    return ""


def _leaves(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict) and depth < DEEPEST:
        inner = [(_below(path, str(name)), each) for name, each in value.items()]
    elif isinstance(value, list) and depth < DEEPEST:
        inner = [(f"{path}[{at}]", each) for at, each in enumerate(value)]
    if not inner:
        yield path, value if isinstance(value, str) else json.encode(value).decode()
    for below, each in inner:
        yield from _leaves(each, below, depth + 1)


def _errors(answered: Any, path: str, depth: int = 0) -> Iterator[tuple[str, list[str]]]:
    """The errors of an answer by the path that their field has in the request. Those of a method are its details'."""
    if isinstance(answered, list):
        for at, each in enumerate(answered):
            yield from _errors(each, f"{path}[{at}]", depth + 1)
    if not isinstance(answered, dict) or depth > DEEPEST:
        return
    errors = answered.get("errors")
    within = path + ".details" if path.endswith("payout_method") else path
    for field, each in errors.items() if isinstance(errors, Mapping) else ():
        yield _below(within, str(field)), [_said(error) for error in each] if isinstance(each, list) else [str(each)]
    for name, inner in answered.items():
        if name != "errors" and isinstance(inner, dict | list):
            yield from _errors(inner, _below(path, str(name)), depth + 1)


def _said(error: Any) -> str:
    return str(error.get("error")) if isinstance(error, Mapping) else str(error)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
