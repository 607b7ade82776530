"""What a corridor asks for, judged on plain values: the details of a payout, and its sender (flows 3.3, 4.1)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from bitpesa.api_support.sdk_compat.rules import kept_details
from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values import json
from bitpesa.kernel.values.phone_numbers import read_phone_number
from bitpesa.kernel.values.text import clean_text, is_blank
from bitpesa.rails.corridors.formats import compact, holds, told
from bitpesa.rails.corridors.model import Corridor, CorridorField, Format, Method, Need

LONGEST_DETAILS_BYTES = 64 * 1024
LARGEST_NUMBER = 10**255  # what fits into a text field; much larger ones cannot even be turned into text


class Checked(msgspec.Struct, frozen=True):
    """Details as they are kept, and what is wrong with them."""

    details: dict[str, Any]
    errors: FieldErrors


def recipient_type_error(corridor: Corridor, type_: str) -> str | None:
    """The error of a recipient type that the corridor does not pay."""
    return None if type_ in corridor.recipient_types else "inclusion"


def check_details(corridor: Corridor, recipient_type: str, details: Mapping[str, Any], *, today: date) -> Checked:
    """Judge the details of a payout. What is not known is kept and echoed; what was sent is kept as sent.

    Numbers in known fields are kept as their digits, because that is what an account sent bare means; dates without a
    time; text without characters that nobody sees. A date or choice that is blank is not kept. `today` is the date by
    which dates of birth are judged.
    """
    errors: FieldErrors = {}
    kept = kept_details(details)
    for field in corridor.fields:
        value = kept.get(field.name)
        if isinstance(value, str):
            kept[field.name] = clean_text(value)
        elif _is_number(value):
            kept[field.name] = str(value)
    for field in corridor.fields:
        problem = _problem_with(corridor, field, recipient_type, kept, today)
        if problem:
            add_error(errors, field.name, problem)
    if len(json.encode(kept)) > LONGEST_DETAILS_BYTES:
        add_error(errors, "details", "too_long")
    return Checked(kept, errors)


def provider_details(corridor: Corridor, details: Mapping[str, Any]) -> dict[str, Any]:
    """The details as a provider is given them: phone numbers in E.164, as every rail wants them (flows 3.2).

    The client is shown what it sent.
    """
    given = dict(details)
    for field in corridor.fields:
        if field.format in (Format.PHONE, Format.LOCAL_PHONE) and isinstance(given.get(field.name), str):
            number = read_phone_number(
                given[field.name], _regions(corridor, details), countries=_phone_countries(corridor, field, details)
            )
            given[field.name] = number or given[field.name]
    return given


def within_sdks(corridor: Corridor) -> Corridor:
    """The corridor as users of the SDKs can meet it: what is beyond these may be given and need not."""
    fields = tuple(_optional(field) if field.beyond_sdks else field for field in corridor.fields)
    return msgspec.structs.replace(corridor, fields=fields)


def check_sender(
    corridor: Corridor, details: Mapping[str, Any], profile: Mapping[str, Any], *, recipient_type: str = "person"
) -> FieldErrors:
    """Judge a sender by what the corridor asks beyond KYC (flows 3.3). `profile` has the sender's fields and `type`."""
    errors: FieldErrors = {}
    type_ = profile.get("type")
    if recipient_type == "business" and type_ not in corridor.business_paid_by:
        add_error(errors, "type", "inclusion")
    country = _country_of(corridor, details)
    for need in corridor.sender_needs:
        if need.of not in ("both", type_) or (need.when_paid_in and country not in need.when_paid_in):
            continue
        for name in need.fields:
            if name in errors:
                continue
            value = profile.get(name)
            if not value or is_blank(value):
                add_error(errors, name, "blank")
            elif name in need.choices and value not in need.choices[name]:
                add_error(errors, name, "inclusion")
    return errors


def fields(corridor: Corridor, recipient_type: str = "person") -> dict[str, Any]:
    """Describe the details that a recipient of a type gives, as `payout_method.fields` shows them to forms."""
    return {
        field.name: _described(corridor, field, recipient_type)
        for field in corridor.fields
        if field.need(recipient_type) is not Need.UNUSED
    }


def _optional(field: CorridorField) -> CorridorField:
    person, business = (need if need is Need.UNUSED else Need.OPTIONAL for need in (field.person, field.business))
    return msgspec.structs.replace(field, person=person, business=business, when_given=(), unless_given=())


def _described(corridor: Corridor, field: CorridorField, recipient_type: str) -> dict[str, Any]:
    needed = field.need(recipient_type) is Need.ALWAYS
    validations: dict[str, Any] = {}
    if needed:
        validations["presence"] = True
    pattern = told(field.format, corridor.countries) if field.format is not None else None
    if field.pattern is not None:
        pattern = rf"(?-mix:\A{field.pattern}\z)"
    if pattern is not None:
        validations["format"] = {"with": pattern}
    described: dict[str, Any] = {"type": field.kind, "validations": validations}
    if field.options:
        validations["inclusion"] = {"in": field.options, "allow_blank": not needed}
        described["options"] = field.options
    return described


def _problem_with(
    corridor: Corridor, field: CorridorField, recipient_type: str, details: Mapping[str, Any], today: date
) -> str | None:
    need = field.need(recipient_type)
    if need is Need.UNUSED:
        return None
    value = details.get(field.name)
    if is_blank(value):
        return (
            "blank" if need is Need.ALWAYS or (need is Need.CONDITIONAL and _condition_holds(field, details)) else None
        )
    if not isinstance(value, str) or "\x00" in value:
        return "too_long" if _is_whole(value) else "invalid"
    if len(value.strip()) > field.longest:
        return "too_long"
    if field.options:
        return None if value in _options(corridor, field, details) else "inclusion"
    return None if _is_well_formed(corridor, field, value.strip(), details, today) else "invalid"


def _condition_holds(field: CorridorField, details: Mapping[str, Any]) -> bool:
    if any(not is_blank(details.get(name)) for name in field.unless_given):
        return False
    return not field.when_given or any(not is_blank(details.get(name)) for name in field.when_given)


def _options(
    corridor: Corridor, field: CorridorField, details: Mapping[str, Any]
) -> Mapping[str, str] | tuple[str, ...]:
    if not field.options_by_country:
        return field.options
    return field.options_by_country.get(_country_of(corridor, details) or "", tuple(field.options))


def _is_well_formed(
    corridor: Corridor, field: CorridorField, text: str, details: Mapping[str, Any], today: date
) -> bool:
    if field.pattern is not None and not _matches(field, text):
        return False
    if field.format is None:
        return True
    if field.format in (Format.PHONE, Format.LOCAL_PHONE):
        regions, countries = _regions(corridor, details), _phone_countries(corridor, field, details)
        return read_phone_number(text, regions, countries=countries) is not None
    return holds(field.format, text, today=today, countries=corridor.countries)


def _matches(field: CorridorField, text: str) -> bool:
    plain = compact(text).upper() if field.format is Format.IBAN else compact(text)
    return re.fullmatch(str(field.pattern), plain, re.ASCII) is not None


def _regions(corridor: Corridor, details: Mapping[str, Any]) -> list[str]:
    """Where a phone number without its country code is from: what the details say, else any country paid into."""
    said = details.get("phone_country") or _country_of(corridor, details)
    return [said.upper()] if isinstance(said, str) else list(corridor.countries)


def _phone_countries(corridor: Corridor, field: CorridorField, details: Mapping[str, Any]) -> tuple[str, ...]:
    """Whose calling codes a number may have; none named: any. A mobile wallet is where the money goes."""
    if corridor.method is Method.MOBILE:
        country = _country_of(corridor, details)
        return corridor.countries if country is None else (country,)
    return corridor.countries if field.format is Format.LOCAL_PHONE else ()


def _country_of(corridor: Corridor, details: Mapping[str, Any]) -> str | None:
    """The country that is paid into, when the details or the corridor leave no doubt."""
    said = details.get("country")
    if isinstance(said, str) and said in corridor.countries:
        return said
    field = corridor.field("country")
    if field is not None and field.default is not None and is_blank(said):
        return field.default
    return corridor.countries[0] if len(corridor.countries) == 1 else None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """Whether a value is a whole number that a text field could hold."""
    return _is_whole(value) and abs(value) < LARGEST_NUMBER
