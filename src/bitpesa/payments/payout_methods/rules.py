"""What a payout method must say, and which corridors an app may pay over. Decides from plain values (flows 4.1)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.rails.corridors import rules as corridor_rules
from bitpesa.rails.corridors.catalogue import corridor
from bitpesa.rails.corridors.model import Corridor
from bitpesa.tenants.organisations.model import AppSettings


def open_corridor(method: Mapping[str, Any], settings: AppSettings, errors: FieldErrors) -> Corridor | None:
    """The corridor that a payout method names, if the app may pay over it now."""
    type_ = method.get("type")
    if type_ in (None, ""):
        add_error(errors, "type", "blank")
        return None
    found = corridor_for(type_, settings)
    if found is None:
        add_error(errors, "type", "inclusion")
        return None
    if not is_open(found, settings):
        add_error(errors, "type", "not_active")
        return None
    return found


def corridor_for(type_: Any, settings: AppSettings) -> Corridor | None:
    """The corridor of a payout type as an app meets it: some apps are not asked for what no SDK can send."""
    if not isinstance(type_, str):
        return None
    return corridor(type_, within_sdks=is_within_sdks(settings))


def is_within_sdks(settings: AppSettings) -> bool:
    """Whether an app need not give what no official SDK can send."""
    return settings.details_beyond_sdks == "optional"


def is_open(found: Corridor, settings: AppSettings) -> bool:
    """Whether the app may pay out over a corridor now."""
    if found.type in settings.closed_corridors:
        return False
    return found.offered or found.type in settings.open_corridors


def read_details(value: Any, found: Corridor, errors: FieldErrors, *, today: date) -> dict[str, Any]:
    """Read the details, judged for the type of recipient that they speak of."""
    details = {} if value is None else value
    if not isinstance(details, dict):
        add_error(errors, "details", "invalid")
        return {}
    checked = corridor_rules.check_details(found, recipient_type(found, details), details, today=today)
    for field, problems in checked.errors.items():
        errors.setdefault(field, problems)
    return checked.details


def recipient_type(found: Corridor, details: Mapping[str, Any]) -> str:
    """Whom details are of: a business where they name one and no person, else a person, if the corridor pays those."""
    names_business = bool(details.get("name")) and not (details.get("first_name") or details.get("last_name"))
    liked = "business" if names_business else "person"
    return liked if liked in found.recipient_types else found.recipient_types[0]
