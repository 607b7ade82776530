"""The JSON form of a stored payout method, shared by API answers and webhook payloads."""

from collections.abc import Mapping
from typing import Any

from bitpesa.api_support.sdk_compat.rules import shown_details
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import FieldErrors
from bitpesa.kernel.values import json
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.payments.payout_methods.model import PayoutMethod
from bitpesa.payments.payout_methods.rules import corridor_for, recipient_type
from bitpesa.rails.corridors.rules import fields
from bitpesa.tenants.organisations.model import AppSettings

KNOWN_FIELDS = ("id", "sender_id", "type", "details", "metadata")


def payout_method_json(method: PayoutMethod) -> dict[str, Any]:
    """A stored payout method."""
    m = method
    return {
        "id": str(m.id),
        "sender_id": None if m.sender_id is None else str(m.sender_id),
        "type": m.type,
        "state": "enabled" if m.is_enabled else "disabled",
        "details": shown_details(m.details),
        "metadata": m.metadata,
        "created_at": to_wire(m.created_at),
        "errors": {},
    }


def with_fields(method: PayoutMethod, settings: AppSettings) -> dict[str, Any]:
    """The same with the fields that its corridor takes, for forms; with lists of banks they are too long for lists."""
    return {**payout_method_json(method), "fields": _fields(method.type, method.details, settings)}


def refused_json(submitted: Mapping[str, Any], settings: AppSettings, errors: FieldErrors) -> dict[str, Any]:
    """The echo of a refused payout method; unknown fields are not echoed (flows 11.1)."""
    details = submitted.get("details")
    return {
        **{name: submitted[name] for name in KNOWN_FIELDS if name in submitted},
        "fields": _fields(submitted.get("type"), details if isinstance(details, dict) else {}, settings),
        "errors": errors,
    }


def event(name: str, method: PayoutMethod) -> Event:
    """The event that reports a payout method as it is now."""
    return Event(name, "PayoutMethod", method.id, method.id, json.encode(payout_method_json(method)))


def _fields(type_: Any, details: Mapping[str, Any], settings: AppSettings) -> dict[str, Any]:
    found = corridor_for(type_, settings)
    return {} if found is None else fields(found, recipient_type(found, details))
