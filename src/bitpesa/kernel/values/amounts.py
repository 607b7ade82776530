"""Amounts as clients write them, and as numbers are written for them (flows 4.5)."""

import re
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

EXACT = Context(prec=100, traps=[DivisionByZero, InvalidOperation, Overflow])
"""Room for the digits of every amount there can be, where Python's usual 28 could round one."""

MOST_INTEGER_DIGITS = 18
LARGEST_EXPONENT = 30

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE](?P<exponent>[+-]?[0-9]+))?")


class AmountProblem(ValueError):
    """Something a client sent is no amount; `code` is what the client is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_amount(value: Any) -> Decimal:
    """Read an amount from JSON: a number, or a text that holds one, exponent or not (flows 4.5). Raises AmountProblem.

    The answer is positive and exact, with as many decimal places as were sent.
    """
    if value is None or value == "":
        raise AmountProblem("blank")
    amount = parse_number(value)
    if amount <= 0:
        raise AmountProblem("invalid")
    if amount >= 10**MOST_INTEGER_DIGITS:
        raise AmountProblem("greater_than_maximum")
    return amount


def plain(number: Decimal) -> Decimal:
    """Write the same number without trailing zeros, and without an exponent unless it is below a millionth."""
    bare = number.normalize(EXACT)
    return bare.quantize(Decimal(1), context=EXACT) if int(bare.as_tuple().exponent) > 0 else bare


def parse_number(value: Any) -> Decimal:
    """Read a number of either sign, zero included, written as amounts are. Raises AmountProblem."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    # A number with an exponent keeps it when it is written down, so one rule serves numbers and texts.
    text = str(value) if isinstance(value, Decimal) else value
    found = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if found is None or _is_beyond(found["exponent"] or "0"):
        raise AmountProblem("not_a_number")
    return Decimal(text)


def _is_beyond(exponent: str) -> bool:
    digits = exponent.lstrip("+-0")
    # The length first: nobody should make us read an exponent of a million digits.
    return len(digits) > len(str(LARGEST_EXPONENT)) or int(digits or "0") > LARGEST_EXPONENT
