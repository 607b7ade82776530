"""When two people are needed to move a balance, and who the second may be. Decides from plain values."""

import math
import re
import unicodedata
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from bitpesa.kernel.problems import refused
from bitpesa.kernel.values.currency import currency
from bitpesa.kernel.values.money import Money, minor_to_decimal, minor_to_number
from bitpesa.kernel.values.typed_numbers import TypedNumberProblem, read_typed_money
from bitpesa.money.accounts.model import BankEntry, BankLine, Direction, Movement, MovementState
from bitpesa.money.ledger.model import AccountKind, Posting, PostingKind
from bitpesa.money.rates.model import BASE, Rates, UnknownRate

CENTS = 100
MAX_REFERENCE_LENGTH = 140
"""As long as the remittance information of a transfer (ISO 20022) is."""
VALUE_DATE_PAST, VALUE_DATE_AHEAD = timedelta(days=366), timedelta(days=7)
"""How far from today a value date may lie: a year that was mistyped is refused."""
REPEAT_WITHIN = timedelta(hours=24)
"""What was recorded this lately may be the same transfer, whatever value date was typed."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ALONE_WITHIN = timedelta(hours=24)
"""What somebody moved alone in this time is added up."""


def read_amount(text: str, code: str) -> Money:
    """An amount as somebody typed it. Raises Invalid by field: `amount`, `currency`."""
    if currency(code) is None:
        raise refused("currency", "invalid")
    try:
        return read_typed_money(text, code)
    except TypedNumberProblem as problem:
        raise refused("amount", "blank" if problem.code == "blank" else str(problem)) from None


def read_bank_line(reference: str, value_date: str, *, today: date) -> BankLine:
    """The reference and value date of a transfer as somebody typed them. Raises Invalid by field.

    The fields are `bank_reference` and `value_date`, a day such as 2026-11-30, near today.
    """
    known = " ".join(reference.split())
    if not known:
        raise refused("bank_reference", "blank")
    if len(known) > MAX_REFERENCE_LENGTH:
        raise refused("bank_reference", "too_long")
    if not known.isprintable() or not reference_key(known):
        raise refused("bank_reference", "invalid")
    if not value_date.strip():
        raise refused("value_date", "blank")
    if not _DAY.fullmatch(value_date.strip()):
        raise refused("value_date", f"{value_date.strip()[:20]} is no day written as {today.isoformat()}")
    try:
        day = date.fromisoformat(value_date.strip())
    except ValueError:
        raise refused("value_date", f"there is no day {value_date.strip()}") from None
    if not today - VALUE_DATE_PAST <= day <= today + VALUE_DATE_AHEAD:
        raise refused("value_date", f"{day.isoformat()} is too far from today, {today.isoformat()}")
    return BankLine(known, day)


def reference_key(reference: str) -> str:
    """What makes a reference the same one: its letters and digits, whatever stands between them."""
    return "".join(each for each in unicodedata.normalize("NFKC", reference).upper() if each.isalnum())


def taken_sentence(known: BankEntry) -> str:
    """Why a reference is not booked once more."""
    return f"{known.line.reference} is booked already: {_told(known)}"


def repeated_sentence(known: BankEntry) -> str:
    """Why a transfer may be one that is booked already."""
    return f"The same client, amount and day are booked already: {_told(known)}, reference {known.line.reference}"


def _told(known: BankEntry) -> str:
    amount = f"{minor_to_number(known.amount.minor, known.amount.currency)} {known.amount.currency}"
    when = "" if known.recorded_at is None else f", recorded {known.recorded_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"a {known.direction} of {amount}, value date {known.line.value_date.isoformat()}{when} by {known.recorded_by}"
    )


def worth_in_cents(amount: Money, rates: Rates) -> int | None:
    """What an amount is worth in cents of the US dollar, at mid rates and rounded up; None where there is no rate."""
    units = Fraction(minor_to_decimal(amount.minor, amount.currency))
    try:
        return math.ceil(units * rates.mid(amount.currency, BASE) * CENTS)
    except UnknownRate:
        return None


def needs_two(cents: int | None, moved_alone_cents: int, above_usd: int) -> bool:
    """Whether a movement takes two people: with what its maker moved alone lately it is worth more than one may move.

    What has no rate always does. Cut into pieces a large amount stays large.
    """
    return cents is None or moved_alone_cents + cents > above_usd * CENTS


def why_not_made(movement: Movement) -> str | None:
    """Why a movement cannot be confirmed; None when it can. Who may do so is judged by `four_eyes`."""
    return None if movement.state is MovementState.WAITING else f"The movement is {movement.state} already"


def why_not_refused(movement: Movement) -> str | None:
    """Why a movement cannot be refused; None when it can. Whoever proposed it may take it back so."""
    return None if movement.state is MovementState.WAITING else f"The movement is {movement.state} already"


def note_of(reason: str | None, line: BankLine) -> str:
    """What the books say of a transfer."""
    told = f"bank reference {line.reference}, value date {line.value_date.isoformat()}"
    return f"{reason} ({told})" if reason else told


def posting_of(direction: Direction, amount: Money, note: str, reference: UUID) -> Posting:
    """What a movement is in the books: between the platform's bank and the balance that the client sees."""
    bank, balance = AccountKind.BANK, AccountKind.BALANCE
    from_kind, to_kind = (bank, balance) if direction is Direction.DEPOSIT else (balance, bank)
    kind = PostingKind.DEPOSIT if direction is Direction.DEPOSIT else PostingKind.WITHDRAWAL
    return Posting(kind=kind, from_kind=from_kind, to_kind=to_kind, amount=amount, reference=reference, note=note)
