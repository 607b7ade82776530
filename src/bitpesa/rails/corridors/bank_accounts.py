"""Account numbers by the public rules of their countries. Refusing a valid one is worse than accepting an odd one."""

import re
import string

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9A-Za-z/]{0,33}[0-9][0-9A-Za-z/]{0,33}", re.ASCII)
_RIB = re.compile(r"[A-Z0-9]{5}\d{5}[A-Z0-9]{11,12}\d{2}", re.ASCII)

_RIB_DIGITS = str.maketrans(string.ascii_uppercase, "12345678912345678923456789")
"""How a RIB reads letters: A to I and J to R as 1 to 9, S to Z as 2 to 9."""


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN of its country, check digits included (ISO 13616)."""
    if not _IBAN.fullmatch(text):
        return False
    try:
        IBAN(text)
    except SchwiftyException:
        return False
    return True


def is_account_number(text: str) -> bool:
    """Whether a text may be an account number where no public rule says more: letters and digits, at least one digit.

    What a spreadsheet leaves of a long number (`1.23457E+09`) is none.
    """
    return _ACCOUNT.fullmatch(text) is not None


def is_rib(text: str) -> bool:
    """Whether a text is a relevé d'identité bancaire with the right key: bank, branch, account, and the two digits.

    The key is 97 less the remainder of all before it, times 100, by 97 (BCEAO and BEAC use the French rule).
    """
    if not _RIB.fullmatch(text):
        return False
    number, key = text[:-2].translate(_RIB_DIGITS), int(text[-2:])
    return 97 - int(number) * 100 % 97 == key
