"""JSON as the platform reads and writes it: numbers with a point are `Decimal`, never floats (design decision 4)."""

from decimal import Decimal
from typing import Any

import msgspec

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class NotJson(ValueError):
    """The text is not JSON."""


def decode(data: bytes | str) -> Any:
    """Read JSON; duplicate keys: the last wins. Raises NotJson, also for bare NaN and for nesting past reason."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError, ArithmeticError) as problem:
        raise NotJson(str(problem)) from problem


def encode(value: Any) -> bytes:
    """Write compact JSON in UTF-8; decimals appear as numbers."""
    return _encoder.encode(value)


def encode_text(value: Any) -> str:
    """Write compact JSON as text, for `json` columns."""
    return _encoder.encode(value).decode()
