"""What a sender must say about itself, and what follows from it. Decides from plain values (flows 3.2-3.5)."""

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

import phonenumbers
import pycountry

from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.organisations.model import AppSettings
from bitpesa.senders.fields import FIELDS, MAY_STAY_EMPTY_LISTS, REDOES_KYC, Content, SenderField
from bitpesa.senders.model import SenderState

LONGEST_TEXT = 255
MOST_EXPOSED_PEOPLE = 3
SHORTEST_IDENTIFICATION_NUMBER = 4

COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)

# Deliberately lax and free of nested repetition: refusing a valid address is worse than accepting an odd one.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)*")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?")

IDENTITY_SETS = (
    ("identification_number", "identification_type"),
    ("street", "city", "postal_code"),
    ("birth_date",),
)
"""With WTR2 on, a person gives at least one of these sets whole (flows 3.3)."""

NORMAL_PERSON_NEEDS = ("phone_number", "email", "street", "city", "postal_code", "birth_date")
BUSINESS_NEEDS = ("name", "country", "trading_country", "street", "city", "postal_code", "email")
FINANCIAL_INSTITUTION_NEEDS = ("vat_registration_number", "financial_regulator", "regulatory_licence_number")
MTO_NEEDS = (
    *FINANCIAL_INSTITUTION_NEEDS,
    "company_office_number",
    "company_office_number_country",
    "aml_officer_email",
    "aml_officer_phone",
    "aml_officer_phone_country",
    "company_website_url",
    "number_of_employees_in_company",
    "list_of_countries_of_operation",
    "estimated_annual_revenue_turnover",
    "declaration",
)


def read_fields(submitted: Mapping[str, Any], errors: FieldErrors) -> dict[str, Any]:
    """Pick the fields of a sender out of a request, noting what is malformed. Unknown keys are ignored.

    Absent keys stay absent and mean "unchanged"; so do the empty lists that SDKs send unasked. Null clears a field.
    """
    profile: dict[str, Any] = {}
    for name, field in FIELDS.items():
        if name not in submitted:
            continue
        value = submitted[name]
        if name in MAY_STAY_EMPTY_LISTS and value == []:
            continue
        if _is_blank(value):
            profile[name] = None
            continue
        problem = _problem_with(field, value, submitted)
        if problem:
            add_error(errors, name, problem)
        else:
            profile[name] = _date_part(value) if field.content is Content.DATE else _as_text(value, field)
    return profile


def read_external_id(submitted: Mapping[str, Any], errors: FieldErrors) -> str | None:
    """Read `external_id`; blank text counts as none."""
    value = submitted.get("external_id")
    if _is_blank(value):
        return None
    problem = _text_problem(value)
    if problem:
        add_error(errors, "external_id", problem)
        return None
    return str(value)


def read_type(submitted: Mapping[str, Any], errors: FieldErrors) -> str:
    """Read `type`: person unless it says business."""
    value = submitted.get("type")
    if _is_blank(value):
        return "person"
    if value not in ("person", "business"):
        add_error(errors, "type", "inclusion")
        return "person"
    return str(value)


def check_complete(
    type_: str, profile: Mapping[str, Any], settings: AppSettings, submitted: Mapping[str, Any], errors: FieldErrors
) -> None:
    """Note every required field that is missing, judged on the merged sender (flows 3.2, 3.3, 3.4)."""
    for name in _needed(type_, profile, settings):
        if not profile.get(name) and name not in errors:
            add_error(errors, name, "blank")
    number = profile.get("identification_number")
    if number and len(str(number)) < SHORTEST_IDENTIFICATION_NUMBER:
        add_error(errors, "identification_number", "invalid")
    if settings.kyc_mode == "documents" and not profile.get("documents") and "documents" not in errors:
        add_error(errors, "documents", "blank")
    elif settings.kyc_mode != "documents" and submitted.get("documents", []) is None:
        errors.pop("documents", None)


def first_state(settings: AppSettings) -> SenderState:
    """The state of a new sender (flows 3.4)."""
    if settings.kyc_mode == "waived" and settings.waived_sender_state == "approved":
        return SenderState.APPROVED
    return SenderState.INITIAL


def state_after_change(
    state: SenderState, before: Mapping[str, Any], after: Mapping[str, Any], settings: AppSettings
) -> SenderState:
    """The state of a sender whose fields changed: some changes of an approved sender redo KYC (flows 3.5)."""
    if state is SenderState.APPROVED and settings.kyc_mode != "waived":
        changed = {name for name in REDOES_KYC if before.get(name) != after.get(name)}
        if changed:
            return SenderState.INITIAL
    return state


def is_approved(state: SenderState, settings: AppSettings) -> bool:
    """Whether a sender may transact: approved, or waived and still `initial` (flows 3.4)."""
    return state is SenderState.APPROVED or (state is SenderState.INITIAL and settings.kyc_mode == "waived")


def is_barred(state: SenderState) -> bool:
    """Whether no transaction may name this sender at all: deleted, or turned away by staff."""
    return state in (SenderState.DISABLED, SenderState.BANNED, SenderState.REJECTED)


def _needed(type_: str, profile: Mapping[str, Any], settings: AppSettings) -> tuple[str, ...]:
    if type_ == "business":
        kind = profile.get("legal_entity_type")
        extra = {"financial_institution": FINANCIAL_INSTITUTION_NEEDS, "mto": MTO_NEEDS}.get(str(kind), ())
        return (*BUSINESS_NEEDS, "ip", *extra)
    needed = ("first_name", "last_name", "country", "ip")
    return (*needed, *(_identity_needed(profile) if settings.wtr2 else NORMAL_PERSON_NEEDS))


def _identity_needed(profile: Mapping[str, Any]) -> tuple[str, ...]:
    """What WTR2 still asks for: nothing once one set is whole, else the rest of the set that was begun."""
    if any(all(profile.get(name) for name in names) for names in IDENTITY_SETS):
        return ()
    begun = next((names for names in IDENTITY_SETS if any(profile.get(name) for name in names)), IDENTITY_SETS[0])
    return begun


def _problem_with(field: SenderField, value: Any, submitted: Mapping[str, Any]) -> str | None:
    match field.content:
        case Content.LIST:
            return None if isinstance(value, list) and not any(map(_text_problem, value)) else "invalid"
        case Content.PEOPLE:
            return _people_problem(value)
        case Content.DOCUMENTS:
            return None if isinstance(value, list) and all(isinstance(d, dict) for d in value) else "invalid"
        case _:
            return _text_problem(value) or _content_problem(field, str(value).strip(), submitted)


def _content_problem(field: SenderField, text: str, submitted: Mapping[str, Any]) -> str | None:
    match field.content:
        case Content.COUNTRY:
            return None if text in COUNTRIES else "invalid"
        case Content.DATE:
            return None if _is_date(text) else "invalid"
        case Content.EMAIL:
            return None if _EMAIL.fullmatch(text) else "invalid"
        case Content.IP:
            return None if _is_ip(text) else "invalid"
        case Content.PHONE:
            region = submitted.get("phone_country") or submitted.get("country")
            return None if _is_phone(text, region) else "invalid"
        case Content.CHOICE:
            return None if text in field.choices else "inclusion"
        case _:
            return None


def _people_problem(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(person, dict) for person in value):
        return "invalid"
    return "too_long" if len(value) > MOST_EXPOSED_PEOPLE else None


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text_problem(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return "invalid"
    text = str(value)
    if "\x00" in text:
        return "invalid"
    return "too_long" if len(unicodedata.normalize("NFC", text.strip())) > LONGEST_TEXT else None


def _as_text(value: Any, field: SenderField) -> Any:
    """Numbers in text fields (an identification number sent bare) are kept as their digits; text stays as sent."""
    if field.content in (Content.LIST, Content.PEOPLE, Content.DOCUMENTS):
        return value
    return str(value)


def _date_part(value: Any) -> str:
    """SDKs send date fields as full timestamps; the date is what counts."""
    return str(value).strip()[:10]


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if not found:
        return False
    try:
        date.fromisoformat(found.group(1))
    except ValueError:
        return False
    return True


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str, region: Any) -> bool:
    try:
        number = phonenumbers.parse(text, str(region) if region else None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)
