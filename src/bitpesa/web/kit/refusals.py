"""What an operation refused, beside the fields of a form. The operations are those of the API, and so are the codes."""

from collections.abc import Mapping
from typing import Any

from bitpesa.kernel.problems import Invalid

WORDS = {
    "blank": "Needed",
    "invalid": "Not valid",
    "inclusion": "Not one of the choices",
    "taken": "Taken already",
    "too_long": "Too long",
    "too_many": "There are as many as there may be",
    "not_found": "Not found",
    "not_a_number": "Not a number",
    "insufficient_balance": "The balance is too low",
    "less_than_minimum": "Less than the minimum",
    "greater_than_maximum": "More than the maximum",
    "not_active": "Not open to you",
}
"""Codes as people read them; the code itself stands behind, for whoever knows it from the API."""

_INSIDE = {"sender": "sender.", "payout_method": "details.", "recipients": "", "payin_methods": "payin."}

Problems = dict[str, list[str]]


def problems_of(refusal: Invalid) -> Problems:
    """What is wrong, by field: `details.iban` is a detail of the payout, `sender.city` a field of the sender."""
    found: Problems = {}
    _collect(refusal.object, "", found)
    return found


def sentence_of(refusal: Invalid) -> str:
    """All that is wrong, in one line."""
    return "; ".join(
        error if field in ("base", "main_error") else f"{field}: {error}"
        for field, errors in problems_of(refusal).items()
        for error in errors
    )


def _collect(obj: Any, prefix: str, found: Problems) -> None:
    if isinstance(obj, list):
        for each in obj:
            _collect(each, prefix, found)
    if not isinstance(obj, Mapping):
        return
    errors = obj.get("errors")
    for field, each in errors.items() if isinstance(errors, Mapping) else ():
        found.setdefault(f"{prefix}{field}", []).extend(_worded(error["error"]) for error in each)
    for name, inner in _INSIDE.items():
        _collect(obj.get(name), inner, found)


def _worded(code: str) -> str:
    return f"{WORDS[code]} ({code})" if code in WORDS else code
