"""What a sender must say about itself, and what follows from it. Decides from plain values (flows 3.2-3.5)."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pycountry

from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values.phone_numbers import read_phone_number
from bitpesa.kernel.values.text import clean_text, is_blank, text_problem
from bitpesa.kernel.values.timestamps import is_birth_date, is_founding_date, read_date
from bitpesa.payments.screening.model import Kind, Outcome, Subject
from bitpesa.payments.senders.exposed_people import problem_with_people, read_people
from bitpesa.payments.senders.fields import (
    FIELDS,
    MAY_BE_PROPRIETORS,
    MAY_STAY_EMPTY_LISTS,
    PHONE_E164,
    REDOES_KYC,
    SCREENED_NAMES,
    Content,
    SenderField,
)
from bitpesa.payments.senders.model import Decision, SenderState
from bitpesa.tenants.organisations.model import AppSettings

MOST_LISTED = 300
"""More than there are countries."""
MOST_DOCUMENTS = 10
SHORTEST_IDENTIFICATION_NUMBER = 4
SCREENED_COUNTRIES = ("country", "nationality", "country_of_birth", "trading_country")

COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)

# Deliberately lax and free of nested repetition: refusing a valid address is worse than accepting an odd one.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)*")

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


def read_fields(submitted: Mapping[str, Any], errors: FieldErrors, *, today: date) -> dict[str, Any]:
    """Pick the fields of a sender out of a request, noting what is malformed. Unknown keys are ignored.

    Absent keys stay absent and mean "unchanged"; so do the empty lists that SDKs send unasked. Null clears a field.
    `today`: the date by which dates of birth and registration are judged.
    """
    profile: dict[str, Any] = {}
    for name, field in FIELDS.items():
        if not _says_something(submitted, name):
            continue
        value = submitted[name]
        problem = None if is_blank(value) else _problem_with(field, value, today)
        if problem:
            add_error(errors, name, problem)
        else:
            profile[name] = None if is_blank(value) else _kept(field, value)
    return profile


def describes_sender(submitted: Mapping[str, Any]) -> bool:
    """Whether a request says anything about its sender, beside which one it is (flows 3.6)."""
    return "metadata" in submitted or any(_says_something(submitted, name) for name in FIELDS)


def merged_profile(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a sender after a change, with its phone number in E.164 beside the one that was sent."""
    profile = {name: value for name, value in {**stored, **changes}.items() if value is not None}
    profile.pop(PHONE_E164, None)
    number = _phone_e164(profile)
    return profile if number is None else {**profile, PHONE_E164: number}


def read_external_id(submitted: Mapping[str, Any], errors: FieldErrors) -> str | None:
    """Read `external_id`; blank text counts as none."""
    value = submitted.get("external_id")
    if is_blank(value):
        return None
    problem = text_problem(value)
    if problem:
        add_error(errors, "external_id", problem)
        return None
    return str(value)


def read_type(submitted: Mapping[str, Any], errors: FieldErrors) -> str:
    """Read `type`: person unless it says business."""
    value = submitted.get("type")
    if is_blank(value):
        return "person"
    if value not in ("person", "business"):
        add_error(errors, "type", "inclusion")
        return "person"
    return str(value)


def check_complete(type_: str, profile: Mapping[str, Any], settings: AppSettings, errors: FieldErrors) -> None:
    """Note what is missing and what does not fit together, judged on the merged sender (flows 3.2, 3.3, 3.4)."""
    for name in _needed(type_, profile, settings):
        if not profile.get(name) and name not in errors:
            add_error(errors, name, "blank")
    number = profile.get("identification_number")
    if number and len(number.strip()) < SHORTEST_IDENTIFICATION_NUMBER:
        add_error(errors, "identification_number", "invalid")
    if profile.get("phone_number") and PHONE_E164 not in profile and "phone_number" not in errors:
        add_error(errors, "phone_number", "invalid")
    if settings.kyc_mode == "documents" and not profile.get("documents") and "documents" not in errors:
        add_error(errors, "documents", "blank")


def first_state(settings: AppSettings) -> SenderState:
    """The state of a new sender (flows 3.4)."""
    if settings.kyc_mode == "waived" and settings.waived_sender_state == "approved":
        return SenderState.APPROVED
    return SenderState.INITIAL


def state_after_change(
    state: SenderState, before: Mapping[str, Any], after: Mapping[str, Any], settings: AppSettings
) -> SenderState:
    """The state of a sender that is complete after a change: some changes of an approved one redo KYC (flows 3.5).

    One that was asked for more is looked at again once it has said something new.
    """
    if state is SenderState.INCOMPLETE and before != after:
        return SenderState.INITIAL
    if state is SenderState.APPROVED and settings.kyc_mode != "waived":
        changed = {name for name in REDOES_KYC if before.get(name) != after.get(name)}
        if changed:
            return SenderState.INITIAL
    return state


def subjects_of(type_: str, profile: Mapping[str, Any]) -> tuple[Subject, ...]:
    """Who is looked up on sanction lists: the sender, and the politically exposed people that it names.

    A person with and without the middle name, a business by both its names, and as a person where its owner may be the
    business.
    """
    countries = tuple(dict.fromkeys(str(profile[name]) for name in SCREENED_COUNTRIES if profile.get(name)))
    if type_ == "business":
        names = tuple(dict.fromkeys(str(profile[name]) for name in SCREENED_NAMES if profile.get(name)))
        kinds = [Kind.ENTITY, *([Kind.PERSON] if profile.get("legal_entity_type") in MAY_BE_PROPRIETORS else [])]
        found = [Subject(kind=kind, names=names, countries=countries) for kind in kinds]
    else:
        whole = " ".join(str(profile[name]) for name in ("first_name", "middle_name", "last_name") if profile.get(name))
        short = " ".join(str(profile[name]) for name in ("first_name", "last_name") if profile.get(name))
        names = tuple(dict.fromkeys((whole, short)))
        found = [Subject(kind=Kind.PERSON, names=names, birth_date=profile.get("birth_date"), countries=countries)]
    exposed = [str(each["name"]) for each in profile.get("politically_exposed_people") or () if each.get("name")]
    return (*found, *(Subject(kind=Kind.PERSON, names=(name,)) for name in dict.fromkeys(exposed)))


def state_after_screening(state: SenderState, outcome: Outcome, settings: AppSettings) -> SenderState:
    """The state of a sender once it was looked up (flows 3.5).

    Whoever is listed by name and birth date is rejected, even where KYC is waived or was passed before the list knew
    him; whoever is only like him stays as he is, for staff to decide. Nobody becomes `verified` where KYC is waived,
    since a verified sender may not transact.
    """
    if outcome is Outcome.LISTED and state in (SenderState.INITIAL, SenderState.VERIFIED, SenderState.APPROVED):
        return SenderState.REJECTED
    if outcome is Outcome.CLEAR and state is SenderState.INITIAL and settings.kyc_mode != "waived":
        return SenderState.VERIFIED
    return state


def is_approved(state: SenderState, settings: AppSettings) -> bool:
    """Whether a sender may transact: approved, or waived and still `initial` (flows 3.4)."""
    return state is SenderState.APPROVED or (state is SenderState.INITIAL and settings.kyc_mode == "waived")


def is_wtr2_on(settings: AppSettings) -> bool:
    """Whether one complete set of identity fields names a person: never while KYC is asked for (flows 0.1)."""
    return settings.wtr2 and settings.kyc_mode == "waived"


_S, _D = SenderState, Decision

DECISIONS: dict[tuple[SenderState, Decision], SenderState] = {
    **{(state, _D.APPROVE): _S.APPROVED for state in (_S.INITIAL, _S.VERIFIED)},
    **{(state, _D.ASK): _S.INCOMPLETE for state in (_S.INCOMPLETE, _S.INITIAL, _S.VERIFIED, _S.APPROVED)},
    **{(state, _D.REJECT): _S.REJECTED for state in (_S.INCOMPLETE, _S.INITIAL, _S.VERIFIED, _S.APPROVED)},
    **{(state, _D.BAN): _S.BANNED for state in _S if state not in (_S.BANNED, _S.DISABLED)},
    **{(state, _D.REINSTATE): _S.APPROVED for state in (_S.BANNED, _S.REJECTED)},
}
"""What staff may decide about a sender in a state, and the state that it has then (flows 3.5)."""

DECISION_EVENTS: dict[Decision, str | None] = {
    _D.APPROVE: "sender.approved",
    _D.ASK: None,
    _D.REJECT: "sender.rejected",
    _D.BAN: "sender.rejected",
    _D.REINSTATE: "sender.approved",
}
"""How clients hear of it; that more is needed they read in the sender's state and its reason."""


NOT_APPROVED = "Sender could not be approved"
"""What clients read of a sender that was turned away, whoever did it and why: neither a list nor a reason of staff."""

CLIENT_REASONS: dict[Decision, str | None] = {
    _D.APPROVE: None,
    _D.ASK: "More information about the sender is needed",
    _D.REJECT: NOT_APPROVED,
    _D.BAN: NOT_APPROVED,
    _D.REINSTATE: None,
}
"""What clients read as `state_reason` after a decision, unless staff write them something else (decision 0068)."""


def state_after_decision(state: SenderState, decision: Decision) -> SenderState | None:
    """The state that staff give a sender; None when it cannot be decided that way."""
    return DECISIONS.get((state, decision))


def why_not_decided(state: SenderState, decision: Decision) -> str:
    """The sentence that staff read when a sender in this state cannot be decided about that way."""
    possible = [each.value for each in Decision if (state, each) in DECISIONS]
    instead = f"; possible: {', '.join(possible)}" if possible else ""
    return f"Sender is {state} and cannot be {decision.done}{instead}"


def is_barred(state: SenderState) -> bool:
    """Whether no transaction may name this sender at all: deleted, or turned away by staff."""
    return state in (SenderState.DISABLED, SenderState.BANNED, SenderState.REJECTED)


def _needed(type_: str, profile: Mapping[str, Any], settings: AppSettings) -> tuple[str, ...]:
    if type_ == "business":
        kind = profile.get("legal_entity_type")
        extra = {"financial_institution": FINANCIAL_INSTITUTION_NEEDS, "mto": MTO_NEEDS}.get(str(kind), ())
        return (*BUSINESS_NEEDS, "ip", *extra)
    needed = ("first_name", "last_name", "country", "ip")
    return (*needed, *(_identity_needed(profile) if is_wtr2_on(settings) else NORMAL_PERSON_NEEDS))


def _identity_needed(profile: Mapping[str, Any]) -> tuple[str, ...]:
    """What WTR2 still asks for: nothing once one set is whole, else the rest of the set that was begun."""
    if any(all(profile.get(name) for name in names) for names in IDENTITY_SETS):
        return ()
    return next((names for names in IDENTITY_SETS if any(profile.get(name) for name in names)), IDENTITY_SETS[0])


def _says_something(submitted: Mapping[str, Any], name: str) -> bool:
    """Whether a request speaks of a field: the empty lists that SDKs send unasked say nothing."""
    return name in submitted and not (name in MAY_STAY_EMPTY_LISTS and submitted[name] == [])


def _problem_with(field: SenderField, value: Any, today: date) -> str | None:
    match field.content:
        case Content.LIST:
            return _list_problem(value)
        case Content.PEOPLE:
            return problem_with_people(value)
        case Content.DOCUMENTS:
            return problem_with_documents(value)
        case _:
            return text_problem(value) or _content_problem(field, clean_text(str(value)).strip(), today)


def _content_problem(field: SenderField, text: str, today: date) -> str | None:
    match field.content:
        case Content.COUNTRY:
            return None if text in COUNTRIES else "invalid"
        case Content.BIRTH_DATE | Content.FOUNDING_DATE:
            return None if _is_plausible(field.content, text, today) else "invalid"
        case Content.EMAIL:
            return None if _EMAIL.fullmatch(text) else "invalid"
        case Content.IP:
            return None if _is_ip(text) else "invalid"
        case Content.CHOICE:
            return None if text in field.choices else "inclusion"
        case _:
            return None


def _list_problem(value: Any) -> str | None:
    if not isinstance(value, list):
        return "invalid"
    return "too_long" if len(value) > MOST_LISTED else next(filter(None, map(text_problem, value)), None)


def problem_with_documents(value: Any) -> str | None:
    """What is wrong with the list of documents as such; None when nothing is."""
    if not isinstance(value, list) or not all(isinstance(document, dict) for document in value):
        return "invalid"
    return "too_long" if len(value) > MOST_DOCUMENTS else None


def problems_of_documents(errors: Sequence[FieldErrors]) -> list[str]:
    """What is said of a list for what is wrong with documents in it: who is not found, or else that it is invalid."""
    ids = [each["error"] for found in errors for each in found.get("id", [])]
    faulty = ["invalid"] if any(name != "id" for found in errors for name in found) else []
    return list(dict.fromkeys([*ids, *faulty]))


def _kept(field: SenderField, value: Any) -> Any:
    """A value as it is kept: free text as it was sent, and what has a form of its own without white space around.

    Neither keeps characters that nobody can see.

    A number sent for text (an identification number, bare) is its digits. SDKs send full timestamps for dates; the date
    is what counts.
    """
    match field.content:
        case Content.PEOPLE:
            return read_people(value)
        case Content.DOCUMENTS:
            return value
        case Content.LIST:
            return [clean_text(each) if isinstance(each, str) else each for each in value]
        case Content.BIRTH_DATE | Content.FOUNDING_DATE:
            return read_date(clean_text(str(value)).strip()).isoformat()
        case Content.COUNTRY | Content.CHOICE | Content.IP:
            return clean_text(str(value)).strip()
        case _:
            return clean_text(str(value))


def _is_plausible(content: Content, text: str, today: date) -> bool:
    try:
        day = read_date(text)
    except ValueError:
        return False
    return is_birth_date(day, today) if content is Content.BIRTH_DATE else is_founding_date(day, today)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone_e164(profile: Mapping[str, Any]) -> str | None:
    """The phone number in E.164: as such, or national in the country that the sender names; None when it is neither."""
    region = profile.get("phone_country") or profile.get("country")
    return read_phone_number(profile.get("phone_number", ""), [region] if region else [])
