"""Which moves of a rate take a second person, and what a rate comes to in plain amounts. Decides from plain values."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Context, Decimal
from fractions import Fraction

from bitpesa.kernel.values.typed_numbers import read_typed_positive
from bitpesa.money.rates.model import Proposal, ProposalState, Quote, Verdict, written

JUDGED_WITHIN = timedelta(hours=24)
"""A rate is compared with every rate of this time, so that a large move stays large in pieces."""

EXAMPLE_UNITS = 100

_SHOWN = Context(prec=8)
_ONE = Decimal(1)


def read_typed_quote(currency: str, units: str, *, inverse: bool) -> Quote:
    """A rate as somebody typed it. `inverse`: it is quoted as US dollars for one unit. Raises TypedNumberProblem."""
    rate = read_typed_positive(units, what="rate")
    return Quote(currency, _ONE, rate) if inverse else Quote(currency, rate, _ONE)


def moves_too_far(before: Fraction, after: Fraction, share: Fraction) -> bool:
    """Whether a rate moves by more than a share, whichever way round it is quoted."""
    return max(after / before, before / after) - 1 > share


def judge(quote: Quote, current: Fraction | None, lately: Iterable[Fraction], share: Fraction) -> Verdict:
    """What becomes of a rate. `lately`: the rates it is compared with, the one in force among them.

    A first rate is no move, nor is one in place of a rate that came with the package.
    """
    after = quote.units_per_usd
    if after == current:
        return Verdict.SAME
    return Verdict.WAITS if any(moves_too_far(each, after, share) for each in lately) else Verdict.SET


def why_not_confirmed(proposal: Proposal, current: Fraction | None) -> str | None:
    """Why a proposed rate cannot be set any more; None when it can. Who decides is judged elsewhere."""
    if proposal.state is not ProposalState.WAITING:
        return f"The proposed rate is {proposal.state} already"
    if current != proposal.before:
        return "The rate has changed since this one was proposed: propose it again"
    return None


def example(units_per_usd: Fraction) -> tuple[str, str]:
    """What 100 US dollars come to in the currency, and 100 units of it in US dollars, to 8 significant digits."""
    return _text(EXAMPLE_UNITS * units_per_usd), _text(EXAMPLE_UNITS / units_per_usd)


def moved_by(before: Fraction, after: Fraction) -> str:
    """By how much a rate moves, in percent with a sign: `+16.0 %`."""
    percent = round((after / before - 1) * 1000)
    return f"{'+' if percent >= 0 else '-'}{abs(percent) // 10}.{abs(percent) % 10} %"


def _text(number: Fraction) -> str:
    shown = written(number, _SHOWN)
    return f"{shown:,f}"
