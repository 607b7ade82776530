"""What a value must look like: one judgement per format. Refusing a valid one is worse than accepting an odd one."""

import re
from collections.abc import Iterable
from datetime import date
from typing import assert_never

import phonenumbers
import pycountry
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from bitpesa.corridors.model import Format

COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)
BIC_COUNTRIES = COUNTRIES | {"XK"}  # Kosovo has banks and no ISO code; schwifty would refuse its BICs

# Lax, and free of repetition within repetition. What forms are told instead backtracks for ever; it is never run here.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)*")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_PHONE = re.compile(r"\+?[0-9\s().\-/]+")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)


def holds(format_: Format, text: str, *, regions: Iterable[str], countries: Iterable[str]) -> bool:
    """Whether a text is what its format says.

    A national phone number is read as one of `regions`; a local one must belong to one of `countries`.
    """
    match format_:
        case Format.PHONE:
            return any(True for _ in _readings(text, regions))
        case Format.LOCAL_PHONE:
            codes = {phonenumbers.country_code_for_region(country) for country in countries}
            return any(number.country_code in codes for number in _readings(text, regions))
        case Format.EMAIL:
            return _EMAIL.fullmatch(text) is not None
        case Format.DIGITS:
            return _DIGITS.fullmatch(text) is not None
        case Format.COUNTRY:
            return text in COUNTRIES
        case Format.DATE:
            return _is_date(text)
        case Format.IBAN:
            return _is_iban(compact(text).upper())
        case Format.BIC:
            return _is_bic(compact(text).upper())
        case _:
            assert_never(format_)


def compact(text: str) -> str:
    """A text without the spaces that people group account numbers with."""
    return "".join(text.split())


def told(format_: Format, countries: Iterable[str]) -> str | None:
    """The regular expression that forms are told, in the flavour that clients know; None where there is none."""
    match format_:
        case Format.PHONE:
            return r"(?-mix:\A\+[1-9]\d{1,14}\z)"
        case Format.LOCAL_PHONE:
            codes = "|".join(str(phonenumbers.country_code_for_region(country)) for country in countries)
            return rf"(?-mix:\A\+(?:{codes})\d{{4,13}}\z)"
        case Format.EMAIL:
            return r"\A((\w+([\-+.]\w+)*@[a-zA-Z0-9]+([\-\.][a-zA-Z0-9]+)*)*){3,320}\z"
        case Format.DIGITS:
            return r"(?-mix:\A\d+\z)"
        case Format.COUNTRY:
            return r"(?-mix:\A[A-Z]{2}\z)"
        case Format.DATE:
            return r"(?-mix:\A\d{4}-\d{2}-\d{2}\z)"
        case Format.IBAN:
            return r"(?-mix:\A[A-Z]{2}\d{2}[A-Z0-9]{11,30}\z)"
        case Format.BIC:
            return None
        case _:
            assert_never(format_)


def _readings(text: str, regions: Iterable[str]) -> Iterable[phonenumbers.PhoneNumber]:
    """Every way to read a text as a possible phone number; one with its country code reads the same everywhere."""
    if not _PHONE.fullmatch(text):  # the library would also read letters, as on a dial
        return
    for region in [*regions, None]:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            yield number


def _is_date(text: str) -> bool:
    """Clients also send dates as full timestamps; the date is what counts."""
    found = _DATE.fullmatch(text)
    if not found:
        return False
    try:
        date.fromisoformat(found.group(1))
    except ValueError:
        return False
    return True


def _is_iban(text: str) -> bool:
    if not _IBAN.fullmatch(text):
        return False
    try:
        IBAN(text)
    except SchwiftyException:
        return False
    return True


def _is_bic(text: str) -> bool:
    return _BIC.fullmatch(text) is not None and text[4:6] in BIC_COUNTRIES
