"""When a movement takes two people, and who the second may be."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import rules
from bitpesa.money.accounts.model import BankLine, Direction, Movement, MovementState
from bitpesa.money.ledger.model import AccountKind, PostingKind
from bitpesa.money.rates.model import Rates

RATES = Rates({"NGN": Fraction(400), "EUR": Fraction(1) / Fraction("1.10")})
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
AMINA = uuid4()


def movement(state: MovementState = MovementState.WAITING) -> Movement:
    return Movement(
        app_id=uuid4(),
        id=uuid4(),
        direction=Direction.DEPOSIT,
        amount=Money(100, "USD"),
        line=BankLine("REF 7", NOW.date()),
        reason="invoice 7",
        proposed_by=AMINA,
        proposer="amina",
        proposed_at=NOW,
        needs_two=True,
        usd_cents=100,
        state=state,
    )


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (Money(100_00, "USD"), 100_00),
        (Money(400, "NGN"), 1_00),
        (Money(1, "NGN"), 1),
        (Money(100_00, "EUR"), 110_00),
        (Money(100, "XOF"), None),
    ],
)
def test_an_amount_is_worth_what_it_is_at_mid_rates_and_never_rounded_to_less(amount: Money, cents: int | None) -> None:
    assert rules.worth_in_cents(amount, RATES) == cents


@pytest.mark.parametrize(
    ("cents", "before", "above", "needed"),
    [
        (1_000_00, 0, 1_000, False),
        (1_000_01, 0, 1_000, True),
        (500_00, 500_00, 1_000, False),
        (500_00, 500_01, 1_000, True),
        (1, 0, 0, True),
        (None, 0, 10**9, True),
    ],
)
def test_beyond_the_limit_it_takes_two_and_without_a_rate_always(
    cents: int | None, before: int, above: int, *, needed: bool
) -> None:
    assert rules.needs_two(cents, before, above) is needed


@given(st.lists(st.integers(1, 200_000), max_size=20), st.integers(0, 5_000))
def test_in_whatever_pieces_nobody_moves_more_than_the_limit_alone(pieces: list[int], above: int) -> None:
    alone = 0
    for cents in pieces:
        if not rules.needs_two(cents, alone, above):
            alone += cents
    assert alone <= above * 100


def test_what_waits_can_be_confirmed() -> None:
    assert rules.why_not_made(movement()) is None


@pytest.mark.parametrize("state", [MovementState.MADE, MovementState.REFUSED])
def test_what_is_decided_stays_decided(state: MovementState) -> None:
    assert state in (rules.why_not_made(movement(state)) or "")
    assert state in (rules.why_not_refused(movement(state)) or "")


def test_what_waits_may_be_refused_by_anybody() -> None:
    assert rules.why_not_refused(movement()) is None


def test_a_deposit_and_a_withdrawal_are_the_same_way_round_and_back() -> None:
    there, back = (rules.posting_of(each, Money(5, "USD"), "why", AMINA) for each in Direction)
    assert (there.kind, back.kind) == (PostingKind.DEPOSIT, PostingKind.WITHDRAWAL)
    assert (there.from_kind, there.to_kind) == (AccountKind.BANK, AccountKind.BALANCE)
    assert (back.from_kind, back.to_kind) == (there.to_kind, there.from_kind)


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [("1250.50", "USD", 125050), (" 7 ", "XOF", 7), ("0.01", "USD", 1), ("1000", "USD", 100000)],
)
def test_an_amount_is_read_as_somebody_types_it(text: str, code: str, minor: int) -> None:
    assert rules.read_amount(text, code) == Money(minor, code)


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("", "USD", "amount"),
        ("-5", "USD", "amount"),
        ("0", "USD", "amount"),
        ("1.005", "USD", "amount"),
        ("0.5", "XOF", "amount"),
        ("2,50", "USD", "amount"),
        ("9,99", "USD", "amount"),
        ("250,50", "USD", "amount"),
        ("1.250,50", "USD", "amount"),
        ("1,250.50", "USD", "amount"),
        ("1.000", "USD", "amount"),
        ("1e3", "USD", "amount"),
        ("\u0661\u0662", "USD", "amount"),
        ("five", "USD", "amount"),
        (str(Decimal(10) ** 18), "USD", "amount"),
        ("5", "US", "currency"),
        ("5", "", "currency"),
    ],
)
def test_what_is_no_amount_is_refused_by_field(text: str, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.read_amount(text, code)
    assert list(refusal.value.object["errors"]) == [field]


TODAY = NOW.date()


@pytest.mark.parametrize(
    ("reference", "value_date", "field"),
    [
        ("", "2026-03-02", "bank_reference"),
        (" -/ ", "2026-03-02", "bank_reference"),
        ("x" * 141, "2026-03-02", "bank_reference"),
        ("a\x00b", "2026-03-02", "bank_reference"),
        ("FT26061ABC", "", "value_date"),
        ("FT26061ABC", "02/03/2026", "value_date"),
        ("FT26061ABC", "20260302", "value_date"),
        ("FT26061ABC", "2026-02-30", "value_date"),
        ("FT26061ABC", "2024-03-02", "value_date"),
        ("FT26061ABC", "2027-03-02", "value_date"),
    ],
)
def test_a_transfer_needs_the_reference_of_the_bank_and_a_day_near_today(
    reference: str, value_date: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.read_bank_line(reference, value_date, today=TODAY)
    assert list(refusal.value.object["errors"]) == [field]


def test_spaces_dashes_and_small_letters_make_no_other_reference() -> None:
    line = rules.read_bank_line(" FT26061  abc-7 ", "2026-03-02", today=TODAY)
    assert line == BankLine("FT26061 abc-7", TODAY)
    assert rules.reference_key("ft 26061/ABC 7") == rules.reference_key(line.reference) == "FT26061ABC7"
    assert rules.reference_key("FT26061ABC8") != rules.reference_key(line.reference)
