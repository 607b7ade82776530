"""JSON as the platform reads and writes it: numbers with a point are `Decimal`, never floats (design decision 4)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_canonical_encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")


class NotJson(ValueError):
    """The text is not JSON."""


def decode(data: bytes | str, *, deepest: int | None = None) -> Any:
    """Read JSON; duplicate keys: the last wins.

    Raises NotJson, also for bare NaN, and for lists and objects that nest deeper than `deepest` (where it is not given,
    than the interpreter can follow). What strangers send gets a limit, so that it can be wrapped and written again.
    """
    try:
        value = _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError, ArithmeticError) as problem:
        raise NotJson(str(problem)) from problem
    if deepest is not None and _nests_deeper(data, value, deepest):
        raise NotJson(f"nested deeper than {deepest}")
    return value


def most_values(data: bytes) -> int:
    """At most how many values a text holds, told by its commas and brackets, without reading it."""
    return data.count(b",") + data.count(b"[") + data.count(b"{") + 1


def encode(value: Any) -> bytes:
    """Write compact JSON in UTF-8; decimals appear as numbers."""
    return _encoder.encode(value)


def encode_text(value: Any) -> str:
    """Write compact JSON as text, for `json` columns."""
    return _encoder.encode(value).decode()


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value: equal for two texts exactly when they say the same.

    The order of keys, white space, escapes and the spelling of a number (`1`, `1.0`, `1e0`) say nothing. The order of a
    list does, and so does the difference between a number, the same digits as text, and `true`. Python's own `==` takes
    the last two for equal.
    """
    return _canonical_encoder.encode(_with_plain_numbers(value))


def merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """An object with the changed keys laid over it, and over the objects inside; null takes a key of it away."""
    return {key: value for key, value in _laid_over(old, changes).items() if value is not None}


def _with_plain_numbers(value: Any) -> Any:
    match value:
        case dict():
            return {key: _with_plain_numbers(each) for key, each in value.items()}
        case list():
            return [_with_plain_numbers(each) for each in value]
        case Decimal():
            return _plain(value)
        case int() if not isinstance(value, bool):
            return _plain(Decimal(value))
        case _:
            return value


def _plain(number: Decimal) -> Decimal:
    """The number without zeros at its end, whatever its length: arithmetic would round it."""
    sign, digits, exponent = number.as_tuple()
    if not number:
        return Decimal()
    text = "".join(map(str, digits))
    kept = text.rstrip("0")
    return Decimal((sign, tuple(map(int, kept)), int(exponent) + len(text) - len(kept)))


def _laid_over(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(old)
    for key, value in changes.items():
        before = result.get(key)
        result[key] = _laid_over(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return result


def _nests_deeper(data: bytes | str, value: Any, limit: int) -> bool:
    if _openings(data) <= limit:  # spares nearly every body the walk
        return False
    level = [value]
    for _ in range(limit):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
    return bool(level)


def _openings(data: bytes | str) -> int:
    if isinstance(data, str):
        return data.count("[") + data.count("{")
    return data.count(b"[") + data.count(b"{")


def _children(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node
