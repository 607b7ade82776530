"""Whose network a phone number belongs to, in the API's words, and in which country it is."""

import phonenumbers

_PROVIDERS: dict[str | tuple[str, str], str] = {
    "airtel": "airtel",
    "africell": "africell",
    "at": "airteltigo",
    "expresso": "expresso",
    "libertis": "moov",
    "moov": "moov",
    "moov africa": "moov",
    "mtn": "mtn",
    "mtn cameroon": "mtn",
    "orange": "orange",
    "telecel": "vodafone",
    "togo telecom": "tmoney",
    "utl": "telecom",
    ("SN", "yas"): "free",
    ("TG", "yas"): "tmoney",
    ("TZ", "yas"): "tigo",
}
"""The networks' names, as numbering plans have them today, and as `details.mobile_provider` has them.

A name that networks of several countries share stands with the country.
"""


def provider_of(phone_number: str) -> str | None:
    """The mobile provider that serves a number; None when the number is of no network that pays out."""
    number = _parse(phone_number)
    if number is None:
        return None
    from phonenumbers import carrier  # noqa: PLC0415 - takes a third of a second to load, and banks never need it

    name = carrier.name_for_number(number, "en").lower()
    return _PROVIDERS.get(name) or _PROVIDERS.get((phonenumbers.region_code_for_number(number) or "", name))


def country_of(phone_number: str) -> str | None:
    """The country of an international number."""
    number = _parse(phone_number)
    if number is None or number.country_code is None:
        return None
    region = phonenumbers.region_code_for_country_code(number.country_code)
    return None if region == phonenumbers.UNKNOWN_REGION else region


def _parse(phone_number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(phone_number)
    except phonenumbers.NumberParseException:
        return None
