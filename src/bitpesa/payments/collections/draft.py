"""Reading a payin method out of a request: what is asked for, and everything that is wrong with it (flows 7)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bitpesa.api_support.sdk_compat.rules import PAYIN_DETAILS, kept_details
from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values import json
from bitpesa.kernel.values.phone_numbers import read_phone_number
from bitpesa.kernel.values.text import MAX_TEXT_LENGTH, clean_text, is_blank
from bitpesa.payments.collections.catalogue import is_open, payin_type
from bitpesa.payments.collections.model import Flow, PayinField, PayinType, UxFlow
from bitpesa.tenants.organisations.model import AppSettings

MOST_PAYIN_METHODS = 10
LONGEST_URL = 2_000
LONGEST_DETAILS_BYTES = 64 * 1024

LARGEST_NUMBER = 10**MAX_TEXT_LENGTH  # much larger ones cannot even be turned into text

OTP = "otp"


class PayinDraft(msgspec.Struct, kw_only=True):
    """A payin method as requested."""

    submitted: dict[str, Any]
    type: PayinType | None = None
    ux_flow: UxFlow | None = None
    in_details: dict[str, Any] = {}
    errors: FieldErrors = msgspec.field(default_factory=dict)

    @property
    def flow(self) -> Flow:
        """The flow that was chosen; a draft without one has errors."""
        if self.type is None or self.ux_flow is None:
            raise AssertionError("a payin method without a flow has errors")
        return self.type.flows[self.ux_flow]

    @property
    def awaits_otp(self) -> bool:
        """Whether it is stored without the code that its payer brings (code 23)."""
        return self.flow.otp == "brought" and not self.in_details.get(OTP)


def read_payin_methods(
    submitted: Mapping[str, Any], settings: AppSettings, input_currency: str | None, errors: FieldErrors
) -> list[PayinDraft]:
    """Read the payin methods of a transaction. SDKs send the key with an empty list when they want none."""
    value = submitted.get("payin_methods")
    if not value:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        add_error(errors, "payin_methods", "invalid")
        return []
    if not settings.collections:
        add_error(errors, "payin_methods", "not_active")
        return []
    if len(value) > MOST_PAYIN_METHODS:
        add_error(errors, "payin_methods", "too_long")
        return []
    drafts = [_read(item, settings, input_currency) for item in value]
    if any(draft.errors for draft in drafts):
        add_error(errors, "payin_methods", "invalid")
    return drafts


def check_details(type_: PayinType, ux_flow: UxFlow, details: Mapping[str, Any]) -> FieldErrors:
    """Judge the details of a payin method. A code that is still to come is no error: it makes it `incomplete`."""
    errors: FieldErrors = {}
    for name, field in type_.fields.items():
        if not field.is_asked_in(ux_flow):
            continue
        value = details.get(name)
        if is_blank(value):
            if field.need == "always":
                add_error(errors, name, "blank")
        elif not _is_well_formed(type_, field, value):
            add_error(errors, name, "invalid")
    for name in _misplaced(type_.flows[ux_flow], details):
        errors.setdefault(name, [{"error": "invalid"}])
    if len(json.encode(dict(details))) > LONGEST_DETAILS_BYTES:
        add_error(errors, "in_details", "too_long")
    return errors


def as_kept(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details with bare numbers kept as their digits, which is what a code or a number sent bare means.

    A choice that is blank is not kept, nor are characters that nobody sees.
    """
    kept = kept_details(details, PAYIN_DETAILS)
    return {name: _as_text(value) for name, value in kept.items() if value is not None}


def _as_text(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER
    return str(value) if is_number else value


def _read(submitted: dict[str, Any], settings: AppSettings, input_currency: str | None) -> PayinDraft:
    draft = PayinDraft(submitted=submitted)
    draft.type = _read_type(submitted, settings, input_currency, draft.errors)
    details = submitted.get("in_details")
    if details is not None and not isinstance(details, dict):
        add_error(draft.errors, "in_details", "invalid")
        return draft
    draft.in_details = as_kept(details or {})
    if draft.type is None:
        return draft
    draft.ux_flow = _read_flow(submitted, draft.type, draft.in_details, draft.errors)
    if draft.ux_flow is not None:
        for name, found in check_details(draft.type, draft.ux_flow, draft.in_details).items():
            draft.errors.setdefault(name, found)
    return draft


def _read_type(
    submitted: Mapping[str, Any], settings: AppSettings, input_currency: str | None, errors: FieldErrors
) -> PayinType | None:
    value = submitted.get("type")
    if value in (None, ""):
        add_error(errors, "type", "blank")
        return None
    found = payin_type(value) if isinstance(value, str) else None
    if found is None:
        add_error(errors, "type", "inclusion")
    elif not is_open(found, settings):
        add_error(errors, "type", "not_active")
    elif input_currency is not None and found.currency != input_currency:
        add_error(errors, "type", "invalid")  # what is collected is what funds the transaction
    else:
        return found
    return None


def _read_flow(
    submitted: Mapping[str, Any], type_: PayinType, details: Mapping[str, Any], errors: FieldErrors
) -> UxFlow | None:
    """The flow that is asked for; without one, that of the provider that old clients name, or the first that fits."""
    wanted = submitted.get("ux_flow")
    if wanted not in (None, ""):
        if not isinstance(wanted, str) or wanted not in set(UxFlow):
            add_error(errors, "ux_flow", "inclusion")
        elif wanted not in type_.flows:
            add_error(errors, "ux_flow", "invalid")
        else:
            return UxFlow(wanted)
        return None
    provider = submitted.get("provider")
    for name, flow in type_.flows.items():
        if provider is not None and provider in flow.old_providers:
            return name
    fitting = (name for name, flow in type_.flows.items() if not _misplaced(flow, details))
    return next(fitting, next(iter(type_.flows)))


def _misplaced(flow: Flow, details: Mapping[str, Any]) -> list[str]:
    """The detail that keeps a flow from serving these details; what is not given is not compared."""
    if not flow.routes or any(all(details.get(k) in (None, "", v) for k, v in route.items()) for route in flow.routes):
        return []
    keys = list(dict.fromkeys(key for route in flow.routes for key in route))
    unserved = [key for key in keys if all(details.get(key) != route.get(key) for route in flow.routes)]
    return unserved[-1:] or keys[:1]


def _is_well_formed(type_: PayinType, field: PayinField, value: Any) -> bool:
    if field.format == "flag":
        return value in (True, False, "true", "false")
    if not isinstance(value, str) or "\x00" in value:
        return False
    text = value.strip()
    if len(text) > (LONGEST_URL if field.format == "url" else MAX_TEXT_LENGTH):
        return False
    if field.options:
        return text in field.options
    if field.pattern is not None:
        return re.fullmatch(field.pattern, text, re.ASCII) is not None
    match field.format:
        case "phone":
            return read_phone_number(text, type_.countries, countries=type_.countries) is not None
        case "digits":
            return text.isascii() and text.isdigit()
        case "url":
            return _is_page(text)
        case _:
            return True


def _is_page(text: str) -> bool:
    """Whether a browser can be sent there: an absolute http or https address."""
    if any(c.isspace() or c < " " for c in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
