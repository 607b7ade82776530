"""The one reader of phone numbers: what a person typed, as E.164 (flows 3.2)."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import phonenumbers

from bitpesa.kernel.values.text import clean_text

_SPELLING = re.compile(r"\+?[0-9\s().\-/]+")
_INTERNATIONAL_PREFIX = "00"  # of most of the world; where it is another, no national number begins so


def read_phone_number(text: str, regions: Iterable[str], *, countries: Iterable[str] = ()) -> str | None:
    """Read a phone number as E.164; None when it is none.

    Without a country code it is read as a number of each of `regions` in turn; `00` before a country code reads as `+`
    wherever no region has such a number. With `countries`, it must have the calling code of one of them. A number that
    its country's numbering plan does not know is still accepted when it is written with its country code and has a
    possible length: plans change before the library does, and refusing a valid number is worse than accepting an odd
    one.
    """
    return _read(clean_text(text).strip(), tuple(regions), frozenset(countries))


def calling_codes(countries: Iterable[str]) -> list[int]:
    """The calling codes of countries, each once, in their order."""
    return list(dict.fromkeys(phonenumbers.country_code_for_region(country) for country in countries))


@lru_cache(maxsize=4096)  # a payment's draft, its checks and its order ask for the same few numbers
def _read(text: str, regions: tuple[str, ...], countries: frozenset[str]) -> str | None:
    if not _SPELLING.fullmatch(text):  # the library would also read letters, as on a dial
        return None
    codes = calling_codes(countries)
    readings = [number for number in _readings(text, regions) if not codes or number.country_code in codes]
    found = next(filter(phonenumbers.is_valid_number, readings), None)
    if found is None:
        found = next((number for number in readings if _is_written_in_full(text, number)), None)
    return None if found is None else phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def _readings(text: str, regions: tuple[str, ...]) -> Iterator[phonenumbers.PhoneNumber]:
    for region in [*regions, None]:
        yield from _parsed(text, region)
    if text.startswith(_INTERNATIONAL_PREFIX):
        yield from _parsed(f"+{text.removeprefix(_INTERNATIONAL_PREFIX)}", None)


def _parsed(text: str, region: str | None) -> Iterator[phonenumbers.PhoneNumber]:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_possible_number(number):
        yield number


def _is_written_in_full(text: str, number: phonenumbers.PhoneNumber) -> bool:
    digits = re.sub(r"\D", "", text).removeprefix(_INTERNATIONAL_PREFIX)
    spelled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    return digits == spelled and (text.startswith(("+", _INTERNATIONAL_PREFIX)))
