"""What the settings of an app may be, and what API keys look like. Decides from plain values."""

import re
import secrets
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, get_origin, get_type_hints

import msgspec
import pycountry

from bitpesa.kernel.problems import FieldErrors, Invalid, add_error, refused
from bitpesa.kernel.values import json
from bitpesa.kernel.values.text import clean_text
from bitpesa.kernel.values.typed_numbers import TypedNumberProblem, read_typed_number
from bitpesa.tenants.organisations.model import AppSettings, Contact, Environment

SETTINGS = frozenset(AppSettings.__struct_fields__)
FRACTIONS = frozenset({"fee_rate", "fee_rates", "margin"})

_KINDS = get_type_hints(AppSettings)

LONGEST_CONTACT = 255
COUNTRIES = frozenset({"country", "phone_country"})
"""The fields of a contact that name a country by its two letters."""

_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}")
"""Refusing a valid number is worse than accepting an odd one."""

_KEY_BYTES = 16
_SECRET_BYTES = 32


def default_settings(environment: Environment) -> AppSettings:
    """What is set for a new app. A sandbox that asks for documents would keep newcomers from their first payment."""
    return AppSettings(kyc_mode="waived") if environment == "sandbox" else AppSettings()


@lru_cache(maxsize=10_000)
def read_settings(environment: Environment, text: str) -> AppSettings:
    """Read stored settings: what they leave out has its default, what this release does not know is passed over.

    Remembered by their text, since every request needs them and they hardly ever change.
    """
    stored = json.decode(text)
    return msgspec.convert({**msgspec.to_builtins(default_settings(environment)), **stored}, AppSettings)


def changed_settings(settings: AppSettings, changes: Mapping[str, Any]) -> AppSettings:
    """Apply what an operator asks for. Raises Invalid for unknown names and for values that make no sense."""
    errors: FieldErrors = {}
    for name, value in changes.items():
        problem = _problem_with(name, value)
        if problem:
            add_error(errors, name, problem)
    if errors:
        raise Invalid({**changes, "errors": errors})
    return msgspec.convert({**msgspec.to_builtins(settings), **changes}, AppSettings)


def read_typed_setting(name: str, typed: str) -> Any:
    """The value of a setting as somebody typed it: a number, or JSON, or else text. Raises Invalid by its name.

    What is a fraction or an amount is read as typed numbers are, so that 0,03 is refused and never taken for 3 or 003.
    """
    kind = _KINDS.get(name)
    if get_origin(kind) is dict:
        return {key: _typed_number(name, value) for key, value in _typed_object(name, typed).items()}
    if kind is Decimal or (kind == Decimal | None and typed.strip() != "null"):
        return _typed_number(name, typed)
    try:
        return json.decode(typed)
    except json.NotJson:
        return typed


def _typed_object(name: str, typed: str) -> dict[str, Any]:
    try:
        read = json.decode(typed)
    except json.NotJson:
        raise refused(name, f'{typed[:LONGEST_CONTACT]} is not JSON such as {{"NGN::Bank": 0.03}}') from None
    if not isinstance(read, dict):
        raise refused(name, "invalid")
    return read


def _typed_number(name: str, typed: Any) -> Decimal:
    text = str(typed).strip().removeprefix('"').removesuffix('"')  # as it is shown: "0.03"
    try:
        return read_typed_number(text)
    except TypedNumberProblem as problem:
        raise refused(name, "blank" if problem.code == "blank" else str(problem)) from None


def checked_contact(contact: Contact) -> Contact:
    """The contact as it is kept. Raises Invalid for what is blank, overlong or no country, by field."""
    said = {field: " ".join(clean_text(text).split()) for field, text in msgspec.to_builtins(contact).items()}
    errors: FieldErrors = {}
    for field, text in said.items():
        if not text:
            add_error(errors, field, "blank")
        elif len(text) > LONGEST_CONTACT or not text.isprintable():
            add_error(errors, field, "invalid")
        elif field in COUNTRIES and pycountry.countries.get(alpha_2=text) is None:
            add_error(errors, field, "inclusion")
        elif field == "phone_number" and not _PHONE.fullmatch(text):
            add_error(errors, field, "invalid")
    if errors:
        raise Invalid({**said, "errors": errors})
    return Contact(**said)


def new_key(environment: Environment) -> str:
    """Make the text of an API key. It tells its environment, so that people and secret scanners see what they hold."""
    return f"{environment}_{secrets.token_hex(_KEY_BYTES)}"


def new_secret() -> str:
    """Make the secret of an API key: 256 bits."""
    return secrets.token_hex(_SECRET_BYTES)


def _problem_with(name: str, value: Any) -> str | None:
    if name not in SETTINGS:
        return "unknown"
    try:
        read = getattr(msgspec.convert({name: value}, AppSettings), name)
    except msgspec.ValidationError:
        return "invalid"
    if isinstance(read, Decimal) and name not in FRACTIONS:
        return None if read.is_finite() and read >= 0 else "invalid"
    if name in FRACTIONS:
        fractions = read.values() if isinstance(read, dict) else [read]
        return None if all(map(_is_fraction, fractions)) else "invalid"
    return None


def _is_fraction(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value < 1
