"""How far one person moves a rate."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.typed_numbers import TypedNumberProblem
from bitpesa.money.rates import rules
from bitpesa.money.rates.model import Quote, Verdict

TENTH = Fraction(1, 10)


@pytest.mark.parametrize(
    ("before", "after", "far"),
    [("400", "440", False), ("400", "440.01", True), ("400", "363.64", False), ("400", "363.63", True)],
)
def test_a_move_counts_whichever_way_round_it_is_quoted(before: str, after: str, *, far: bool) -> None:
    one, other = Fraction(before), Fraction(after)
    assert rules.moves_too_far(one, other, TENTH) is far
    assert rules.moves_too_far(1 / one, 1 / other, TENTH) is far


@given(st.fractions(min_value="0.001", max_value=10**6), st.sampled_from([100, 1000]))
def test_a_decimal_comma_that_was_lost_is_always_a_far_move(rate: Fraction, times: int) -> None:
    assert rules.moves_too_far(rate, rate * times, TENTH)
    assert rules.moves_too_far(rate, rate / times, TENTH)


def test_a_first_rate_is_no_move_and_the_same_one_is_nothing() -> None:
    quote = Quote("NGN", Decimal(1450), Decimal(1))
    assert rules.judge(quote, None, [], TENTH) is Verdict.SET
    assert rules.judge(quote, Fraction(400), [], TENTH) is Verdict.SET, "one in place of a rate of the package"
    assert rules.judge(quote, Fraction(1450), [Fraction(1450)], TENTH) is Verdict.SAME
    assert rules.judge(quote, Fraction(1400), [Fraction(1000), Fraction(1400)], TENTH) is Verdict.WAITS


@pytest.mark.parametrize("typed", ["655,957", "1,16", "1,33", "11,05", "1530,25", "1,530.25", "0", "1e3"])
def test_a_typed_rate_is_read_in_one_way_or_refused(typed: str) -> None:
    for inverse in (False, True):
        with pytest.raises(TypedNumberProblem):
            rules.read_typed_quote("XOF", typed, inverse=inverse)


def test_rates_are_kept_exactly_either_way_round() -> None:
    assert rules.read_typed_quote("XOF", "655.957", inverse=False).units_per_usd == Fraction("655.957")
    assert rules.read_typed_quote("EUR", "1.16", inverse=True).units_per_usd == 1 / Fraction("1.16")


def test_what_100_come_to() -> None:
    assert rules.example(Fraction("655.957")) == ("65,595.7", "0.15244902")
    assert rules.example(Fraction(655957)) == ("65,595,700", "0.00015244902")
    assert [rules.moved_by(Fraction(400), Fraction(each)) for each in (430, 400, 360)] == [
        "+7.5 %",
        "+0.0 %",
        "-10.0 %",
    ]
