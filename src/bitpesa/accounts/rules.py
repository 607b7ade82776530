"""When two people are needed to move a balance, and who the second may be. Decides from plain values."""

import math
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

from bitpesa.accounts.model import Direction, Movement, MovementState
from bitpesa.kernel.amounts import AmountProblem, parse_amount
from bitpesa.kernel.currency import currency
from bitpesa.kernel.money import Money, TooFine, minor_to_decimal, number_to_minor
from bitpesa.kernel.problems import refused
from bitpesa.ledger.model import AccountKind, Posting, PostingKind
from bitpesa.rates.model import BASE, Rates, UnknownRate

CENTS = 100
ALONE_WITHIN = timedelta(hours=24)
"""What somebody moved alone in this time is added up."""


def read_amount(text: str, code: str) -> Money:
    """An amount as somebody typed it. Raises Invalid by field: `amount`, `currency`."""
    if currency(code) is None:
        raise refused("currency", "invalid")
    try:
        return Money(number_to_minor(parse_amount(text.strip().replace(",", "")), code), code)
    except AmountProblem as problem:
        raise refused("amount", problem.code) from None
    except TooFine:
        raise refused("amount", "invalid") from None


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


def why_not_made(movement: Movement, decider_id: UUID) -> str | None:
    """Why this person may not confirm a movement; None when it may."""
    if movement.state is not MovementState.WAITING:
        return f"The movement is {movement.state} already"
    if movement.proposed_by == decider_id:
        return "Whoever proposed it cannot confirm it: a second person has to"
    return None


def why_not_refused(movement: Movement) -> str | None:
    """Why a movement cannot be refused; None when it can. Whoever proposed it may take it back so."""
    return None if movement.state is MovementState.WAITING else f"The movement is {movement.state} already"


def posting_of(direction: Direction, amount: Money, note: str, reference: UUID) -> Posting:
    """What a movement is in the books: between the platform's bank and the balance that the client sees."""
    bank, balance = AccountKind.BANK, AccountKind.BALANCE
    from_kind, to_kind = (bank, balance) if direction is Direction.DEPOSIT else (balance, bank)
    kind = PostingKind.DEPOSIT if direction is Direction.DEPOSIT else PostingKind.WITHDRAWAL
    return Posting(kind=kind, from_kind=from_kind, to_kind=to_kind, amount=amount, reference=reference, note=note)
