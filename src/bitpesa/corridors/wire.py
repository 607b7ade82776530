"""The JSON form of a corridor, as GET /v1/info/payment_methods/out lists it."""

from collections.abc import Sequence
from typing import Any

from bitpesa.corridors.model import Corridor
from bitpesa.corridors.rules import fields


def payment_method_json(
    corridor: Corridor, *, provider: str, is_default: bool = False, opposites: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """One way to pay out; `opposites` are the ways to pay in that can fund it."""
    described = fields(corridor)
    return {
        "type": corridor.type,
        "provider": provider,
        "otc_permitted": False,
        "details": list(described),
        "default": is_default,
        "fields": described,
        "opposites": list(opposites),
    }
