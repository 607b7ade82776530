"""What a value must look like: one judgement per format. Refusing a valid one is worse than accepting an odd one."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal, assert_never

import pycountry

from bitpesa.kernel.values.phone_numbers import calling_codes, read_phone_number
from bitpesa.kernel.values.timestamps import is_birth_date, read_date
from bitpesa.rails.corridors.bank_accounts import is_account_number, is_iban, is_rib
from bitpesa.rails.corridors.model import Format

COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)
BIC_COUNTRIES = COUNTRIES | {"XK"}  # Kosovo has banks and no ISO code; schwifty would refuse its BICs

# Lax, and free of repetition within repetition. What forms are told instead backtracks for ever; it is never run here.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)*")
_DIGITS = re.compile(r"\d+", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)

_PATTERNS = {
    Format.PHONE: r"(?-mix:\A\+[1-9]\d{1,14}\z)",
    Format.EMAIL: r"\A((\w+([\-+.]\w+)*@[a-zA-Z0-9]+([\-\.][a-zA-Z0-9]+)*)*){3,320}\z",
    Format.DIGITS: r"(?-mix:\A\d+\z)",
    Format.COUNTRY: r"(?-mix:\A[A-Z]{2}\z)",
    Format.BIRTH_DATE: r"(?-mix:\A\d{4}-\d{2}-\d{2}\z)",
    Format.IBAN: r"(?-mix:\A[A-Z]{2}\d{2}[A-Z0-9]{11,30}\z)",
    Format.XOF_ACCOUNT: r"(?-mix:\A([A-Z]{2}\d{2})?[A-Z]{2}\d{22}\z)",
    Format.XAF_ACCOUNT: r"(?-mix:\A([A-Z]{2}\d{2})?\d{23}\z)",
}

_XOF_BBAN_LENGTH = len("BJ0610100100144390000769")
_XAF_BBAN_LENGTH = len("10033052090901100045910")
_IBAN_HEAD_LENGTH = len("CM21")


def holds(
    format_: Format, text: str, *, today: date, regions: Iterable[str] = (), countries: Iterable[str] = ()
) -> bool:
    """Whether a text is what its format says; a date of birth is judged as of `today`.

    A national phone number is read as one of `regions`; a local one must belong to one of `countries`, and so must the
    accounts that name their country.
    """
    match format_:
        case Format.PHONE:
            return read_phone_number(text, regions) is not None
        case Format.LOCAL_PHONE:
            return read_phone_number(text, regions, countries=countries) is not None
        case Format.EMAIL:
            return _EMAIL.fullmatch(text) is not None
        case Format.DIGITS:
            return _DIGITS.fullmatch(text) is not None
        case Format.COUNTRY:
            return text in COUNTRIES
        case Format.BIRTH_DATE:
            return _is_birth_date(text, today)
        case _:
            return _is_account(format_, compact(text).upper(), frozenset(countries))


def compact(text: str) -> str:
    """A text without the spaces that people group account numbers with."""
    return "".join(text.split())


def told(format_: Format, countries: Iterable[str]) -> str | None:
    """The regular expression that forms are told, in the flavour that clients know; None where there is none."""
    if format_ is Format.LOCAL_PHONE:
        codes = "|".join(map(str, calling_codes(countries)))
        return rf"(?-mix:\A\+(?:{codes})\d{{4,13}}\z)"
    return _PATTERNS.get(format_)


def _is_birth_date(text: str, today: date) -> bool:
    try:
        return is_birth_date(read_date(text), today)
    except ValueError:
        return False


def _is_account(
    format_: Literal[Format.ACCOUNT, Format.IBAN, Format.XOF_ACCOUNT, Format.XAF_ACCOUNT, Format.BIC],
    plain: str,
    countries: frozenset[str],
) -> bool:
    match format_:
        case Format.ACCOUNT:
            return is_account_number(plain.replace("-", ""))
        case Format.IBAN:
            return is_iban(plain)
        case Format.XOF_ACCOUNT:
            return _is_xof_account(plain, countries)
        case Format.XAF_ACCOUNT:
            return _is_xaf_account(plain, countries)
        case Format.BIC:
            return _BIC.fullmatch(plain) is not None and plain[4:6] in BIC_COUNTRIES
        case _:
            assert_never(format_)


def _is_xof_account(text: str, countries: frozenset[str]) -> bool:
    """A BBAN of a country that is paid into, which begins with the country; or the IBAN that holds it (BCEAO)."""
    is_whole = len(text) == _IBAN_HEAD_LENGTH + _XOF_BBAN_LENGTH and is_iban(text)
    bban = text[_IBAN_HEAD_LENGTH:] if is_whole else text
    return bban[:2] in countries and len(bban) == _XOF_BBAN_LENGTH and is_rib(bban)


def _is_xaf_account(text: str, countries: frozenset[str]) -> bool:
    """An IBAN of a country that is paid into, or the BBAN in it, which names no country (BEAC)."""
    if text[:2].isalpha():
        return text[:2] in countries and is_iban(text) and is_rib(text[_IBAN_HEAD_LENGTH:])
    return len(text) == _XAF_BBAN_LENGTH and is_rib(text)
