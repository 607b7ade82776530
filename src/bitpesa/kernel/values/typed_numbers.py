"""Numbers as people type them, on pages, at the terminal and in files: what can be read in two ways is refused.

Half of the world writes 2,50 for two and a half, the other half 2,500 for two thousand five hundred. Neither is
guessed: a typed number is digits with at most one point, and everything else is answered with a sentence that shows
what it could mean. What programs send as JSON is read by `kernel/amounts.py` instead.
"""

import re
import unicodedata
from decimal import Decimal

from bitpesa.kernel.values.amounts import EXACT, MOST_INTEGER_DIGITS
from bitpesa.kernel.values.currency import known_currency
from bitpesa.kernel.values.money import Money, TooLarge, number_to_minor

MAX_TYPED_LENGTH = 80
"""Nobody types a longer number; a longer text is not repeated in the refusal."""

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_EXPONENT = re.compile(r"[+-]?[0-9.,]+[eE][+-]?[0-9]+")
_GROUPED = re.compile(r"[0-9][0-9.,' _\u00a0\u2009\u202f\u2019]*")
_GROUPING = str.maketrans("", "", "' _\u00a0\u2009\u202f\u2019")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


class TypedNumberProblem(ValueError):
    """What somebody typed is not a number that can be read in one way only; the message is a sentence for that person.

    `code` is the refusal as the API names it: `blank`, `not_a_number`, `ambiguous`, `invalid`, `greater_than_maximum`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_typed_number(text: str, *, what: str = "number") -> Decimal:
    """Read a typed number of zero or more, exactly. `what` is what the sentence calls it. Raises TypedNumberProblem."""
    typed = text.strip()
    if not typed:
        raise TypedNumberProblem("blank", f"the {what} is missing")
    if len(typed) > MAX_TYPED_LENGTH:
        raise TypedNumberProblem("not_a_number", f"the {what} is longer than {MAX_TYPED_LENGTH} characters")
    if not _PLAIN.fullmatch(typed):
        raise _refusal(typed, what)
    if len(typed.partition(".")[0].lstrip("0")) > MOST_INTEGER_DIGITS:
        raise TypedNumberProblem("greater_than_maximum", f"{typed} has more than {MOST_INTEGER_DIGITS} digits")
    return EXACT.create_decimal(typed)


def read_typed_positive(text: str, *, what: str = "number") -> Decimal:
    """The same for what has to be more than zero. Raises TypedNumberProblem."""
    number = read_typed_number(text, what=what)
    if number == 0:
        raise TypedNumberProblem("invalid", f"the {what} has to be more than zero")
    return number


def read_typed_money(text: str, code: str) -> Money:
    """Read a typed amount of a known currency, more than zero. Raises TypedNumberProblem, and UnknownCurrency.

    More decimals than the currency has are refused even where they are zeros: in Germany 1.000 USD are a thousand.
    """
    amount = read_typed_positive(text, what="amount")
    typed = text.strip()
    decimals = known_currency(code).decimals
    if len(typed.partition(".")[2]) > decimals:
        raise TypedNumberProblem("ambiguous", _too_fine(typed, code, decimals))
    try:
        return Money(number_to_minor(amount, code), code)
    except TooLarge as problem:
        raise TypedNumberProblem(problem.code, f"{typed} {code} is more than can be booked") from None


def _too_fine(typed: str, code: str, decimals: int) -> str:
    told = f"{code} has {decimals} decimals; {typed} has more"
    if not _THOUSANDS.fullmatch(typed):
        return told
    readings = f"{_shortened(typed)} or as {typed.replace('.', '')}"
    return f"{told}: it can be read as {readings}. Write it with {decimals} or none"


def _shortened(typed: str) -> str:
    return typed.rstrip("0").rstrip(".")


def _refusal(typed: str, what: str) -> TypedNumberProblem:
    if _EXPONENT.fullmatch(typed):
        return TypedNumberProblem(
            "not_a_number", f"{typed} is written with an exponent: write all digits of the {what}"
        )
    if re.fullmatch(r"-[0-9.,]+", typed):
        return TypedNumberProblem("invalid", f"{typed} is negative: the {what} cannot be")
    in_ascii = _ascii_digits(typed)
    if in_ascii != typed and in_ascii.isascii() and _PLAIN.fullmatch(in_ascii):
        return TypedNumberProblem("not_a_number", f"{typed} has digits of another script: write {in_ascii}")
    if _GROUPED.fullmatch(typed):
        return _grouped(typed, what)
    shown = typed if typed.isprintable() else ascii(typed)
    return TypedNumberProblem(
        "not_a_number", f"{shown} is not an {what}" if what[0] in "aeiou" else f"{shown} is not a {what}"
    )


def _grouped(typed: str, what: str) -> TypedNumberProblem:
    """A number with commas, spaces or apostrophes: show what it could mean."""
    readings = list(dict.fromkeys(each for each in (_with_point(typed), _with_comma(typed)) if each is not None))
    if not readings:
        return TypedNumberProblem(
            "not_a_number", f"{typed} is not a {what}: write digits, with a point before decimals"
        )
    if len(readings) == 1:
        return TypedNumberProblem(
            "not_a_number", f"{typed} is written with separators: if you mean {readings[0]}, write that"
        )
    return TypedNumberProblem(
        "ambiguous", f"{typed} can be read as {readings[0]} or as {readings[1]}: write the one that you mean"
    )


def _with_point(typed: str) -> str | None:
    """What it means where a comma separates thousands."""
    return _one_point(typed.translate(_GROUPING).replace(",", ""))


def _with_comma(typed: str) -> str | None:
    """What it means where a comma stands before decimals."""
    return _one_point(typed.translate(_GROUPING).replace(".", "").replace(",", "."))


def _one_point(text: str) -> str | None:
    return text.rstrip(".") if text.count(".") <= 1 and text[:1].isdigit() else None


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(each)) if each.isdigit() else each for each in text)
