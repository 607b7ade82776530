"""The JSON form of a corridor, as GET /v1/info/payment_methods/out lists it."""

from collections.abc import Sequence
from typing import Any

from bitpesa.rails.corridors.model import Corridor
from bitpesa.rails.corridors.rules import Checked, fields


def payment_method_json(
    corridor: Corridor, *, provider: str, is_default: bool = False, opposites: Sequence[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """One way to pay out; `opposites` are the ways to pay in that can fund it."""
    described = fields(corridor)
    body: dict[str, Any] = {
        "type": corridor.type,
        "provider": provider,
        "otc_permitted": False,
        "details": list(described),
        "default": is_default,
        "fields": described,
    }
    return body if opposites is None else {**body, "opposites": list(opposites)}


def requirements_json(corridor: Corridor, recipient_type: str, checked: Checked) -> dict[str, Any]:
    """What a recipient still has to give, and what is wrong with what was given (ours).

    `sender`: the fields that the corridor asks of senders beyond KYC, by the type of sender.
    """
    return {
        "type": corridor.type,
        "recipient_type": recipient_type,
        "complete": not checked.errors,
        "missing": [name for name, errors in checked.errors.items() if errors == [{"error": "blank"}]],
        "errors": checked.errors,
        "fields": fields(corridor, recipient_type),
        "sender": [
            {"type": need.of, "fields": list(need.fields), "countries": list(need.when_paid_in)}
            for need in corridor.sender_needs
        ],
    }
