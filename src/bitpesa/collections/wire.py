"""The JSON form of a payin method, shared by API answers and webhook payloads."""

from typing import Any

from bitpesa.collections.model import PayinMethod
from bitpesa.kernel import json
from bitpesa.kernel.events import Event


def payin_method_json(method: PayinMethod) -> dict[str, Any]:
    """A payin method of a transaction."""
    return {
        "id": str(method.id),
        "type": method.type,
        "ux_flow": method.ux_flow,
        "state": method.state,
        "state_reason_details": None,
        "in_details": method.in_details,
        "out_details": {},
        "instructions": {},
        "errors": {},
    }


def event(name: str, method: PayinMethod, *, transaction_external_id: str | None) -> Event:
    """The event that reports a payin method as it is now."""
    payload = {
        **payin_method_json(method),
        "transaction_id": str(method.transaction_id),
        "transaction_external_id": transaction_external_id,
    }
    return Event(name, "PayinMethod", method.id, method.transaction_id, json.encode(payload))
