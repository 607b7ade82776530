"""The JSON form of a payin method and of a payin type, shared by API answers and webhook payloads."""

from collections.abc import Sequence
from typing import Any

from bitpesa.api_support.sdk_compat.rules import PAYIN_DETAILS, readable
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.values import json
from bitpesa.payments.collections.catalogue import payin_type
from bitpesa.payments.collections.draft import PayinDraft
from bitpesa.payments.collections.model import PayinField, PayinMethod, PayinType, UxFlow
from bitpesa.rails.corridors.formats import told
from bitpesa.rails.corridors.model import Format
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category

# Of payers, not of recipients: the categories are named after who has to act (flows 7).
PAYERS_CATEGORIES: dict[Category, str] = {
    Category.RECIPIENT_ACTION_REQUIRED: "user_action_required",
    Category.RECIPIENT_ERROR: "user_invalid_data_error",
}


def payin_method_json(method: PayinMethod) -> dict[str, Any]:
    """A payin method of a transaction."""
    return {
        "id": str(method.id),
        "type": method.type,
        "ux_flow": method.ux_flow,
        "state": method.state,
        "state_reason_details": None if method.result_code is None else reason_details(method.result_code),
        "in_details": readable(PAYIN_DETAILS, method.in_details),
        "out_details": method.out_details,
        "instructions": instructions(method.type, method.ux_flow),
        "errors": {},
    }


def draft_json(draft: PayinDraft) -> dict[str, Any]:
    """A payin method that is not stored: what was asked for, and what is wrong with it."""
    submitted = draft.submitted
    return {
        "type": submitted.get("type"),
        "ux_flow": draft.ux_flow or submitted.get("ux_flow"),
        "in_details": draft.in_details or submitted.get("in_details") or {},
        "errors": draft.errors,
    }


def reason_details(code: str) -> dict[str, Any]:
    """The `state_reason_details` of a code, as payers are told."""
    details = codes.details(code)
    return {**details, "category": PAYERS_CATEGORIES.get(codes.code(code).category, details["category"])}


def instructions(type_: str, ux_flow: str | None) -> dict[str, str]:
    """What every payer of a flow reads, by title: nothing in it is of one request."""
    found = payin_type(type_)
    if found is None or ux_flow is None:
        return {}
    flow = found.flows.get(UxFlow(ux_flow))
    return {} if flow is None else flow.instructions


def payment_method_json(
    type_: PayinType, *, provider: str, opposites: Sequence[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """One way to pay in, as GET /v1/info/payment_methods/in lists it; `opposites` are the ways to pay out."""
    described = {name: _described(type_, field) for name, field in type_.fields.items()}
    body: dict[str, Any] = {
        "type": type_.type,
        "provider": provider,
        "otc_permitted": False,
        "details": list(described),
        "default": False,
        "fields": described,
        "ux_flows": list(type_.flows),
    }
    return body if opposites is None else {**body, "opposites": list(opposites)}


def event(name: str, method: PayinMethod, *, transaction_external_id: str | None) -> Event:
    """The event that reports a payin method as it is at that moment; `in_details` echo the flow too."""
    body = payin_method_json(method)
    payload = {
        **body,
        "in_details": {**body["in_details"], "ux_flow": method.ux_flow},
        "transaction_id": str(method.transaction_id),
        "transaction_external_id": transaction_external_id,
    }
    return Event(name, "PayinMethod", method.id, method.transaction_id, json.encode(payload))


def _described(type_: PayinType, field: PayinField) -> dict[str, Any]:
    needed = field.need == "always" and not field.flows
    validations: dict[str, Any] = {"presence": True} if needed else {}
    pattern = _pattern(type_, field)
    if pattern is not None:
        validations["format"] = {"with": pattern}
    described: dict[str, Any] = {"type": "select" if field.options else "input", "validations": validations}
    if field.options:
        validations["inclusion"] = {"in": field.options, "allow_blank": not needed}
        described["options"] = field.options
    return described


def _pattern(type_: PayinType, field: PayinField) -> str | None:
    if field.pattern is not None:
        return rf"(?-mix:\A{field.pattern}\z)"
    if field.format in ("phone", "digits"):
        return told(Format(field.format), type_.countries)
    return None
