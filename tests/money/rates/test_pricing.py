from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitpesa.kernel.values.amounts import parse_amount
from bitpesa.kernel.values.currency import CURRENCIES
from bitpesa.kernel.values.money import Money, minor_to_decimal
from bitpesa.money.rates.model import Rates, at_most, written
from bitpesa.money.rates.operations import default_rates
from bitpesa.money.rates.pricing import PriceProblem, exchange_rate, price, reprice, resize, usd_minor
from bitpesa.money.rates.rounding import CFA, POLICIES
from tests.money.rates.world import RATES, ask, rates_with, shown


def refusal(*args, **kwargs):
    with pytest.raises(PriceProblem) as problem:
        ask(*args, **kwargs)
    return problem.value.field, problem.value.code


# The worked examples: flows 4.2, scenario 12


@pytest.mark.parametrize(
    ("input_currency", "requested", "requested_currency", "expected"),
    [
        ("EUR", "100", "EUR", ("100.00", "44000", "440")),
        ("USD", "10000", "NGN", ("25.00", "10000", "400")),
        ("NGN", "10000", "NGN", ("10000", "10000", "1")),
        ("USD", "100", "EUR", ("110.00", "44000", "400")),
    ],
)
def test_the_worked_examples_come_out_to_the_last_digit(input_currency, requested, requested_currency, expected):
    priced = ask(requested, requested_currency, input_currency, "NGN::Bank")
    assert shown(priced, input_currency, "NGN::Bank") == tuple(map(Decimal, expected))
    assert priced.fee_minor == 0


def test_the_rate_is_frozen_with_margin_and_34_digits_or_more():
    assert ask("10000", "NGN", "USD", "NGN::Bank").rate == 400
    assert ask("10000", "NGN", "USD", "NGN::Bank", rates=rates_with("0.01")).rate == 396
    assert ask("10000", "NGN", "NGN", "NGN::Bank", rates=rates_with("0.01")).rate == 1
    assert len(ask("10000", "NGN", "UGX", "NGN::Bank").rate.as_tuple().digits) >= 34


# Nobody gains by rounding: flows 4.3


def default_ask(requested, requested_currency, input_currency, payout_type):
    """Ask at the rates that ship with the package, which are those of every new sandbox."""
    return ask(requested, requested_currency, input_currency, payout_type, rates=SANDBOX)


SANDBOX = Rates({code: Fraction(units) / Fraction(one) for code, (units, one) in default_rates().items()})


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize(
    ("requested", "input_currency", "payout_type"),
    [("1", "UGX", "KES::Balance"), ("1", "UGX", "NGN::Bank"), ("2", "NGN", "XOF::Mobile"), ("1", "TZS", "KES::Bank")],
)
def test_a_unit_that_buys_less_than_one_unit_is_refused(requested, input_currency, payout_type, policy):
    asked = refusal(requested, input_currency, input_currency, payout_type, rates=SANDBOX, policy=policy)
    assert asked == ("requested_amount", "invalid")


def test_a_hundred_pieces_buy_no_more_than_the_whole():
    assert default_ask("100", "UGX", "UGX", "NGN::Bank").output_minor == 40
    pieces = default_ask("10", "UGX", "UGX", "NGN::Bank").output_minor
    assert 10 * pieces == 40
    assert default_ask("1", "NGN", "NGN", "UGX::Mobile").output_minor == 2  # worth 2.45
    assert default_ask("1", "XOF", "XOF", "NGN::Bank").output_minor == 2  # worth 2.56


def test_what_the_client_did_not_name_is_rounded_down_whatever_the_policy():
    for policy in POLICIES:
        assert ask("10.99", "USD", "USD", "XOF::Bank", policy=policy).output_minor == 6594
        assert ask("1", "USD", "USD", "KES::Mobile", policy=policy).output_minor == 128  # 128.4
    assert ask("10.98", "USD", "USD", "XOF::Mobile").output_minor == 6585  # 6588: the nearest step is 6590
    assert ask("10.98", "USD", "USD", "XOF::Mobile", policy="prose2025").output_minor == 6585
    assert ask("10.98", "USD", "USD", "XOF::Mobile", policy="y2019").output_minor == 6588


def test_what_is_paid_out_of_a_third_currency_is_paid_for():
    priced = ask("0.01", "USD", "UGX", "KES::Mobile", rates=rates_with("0.02"))  # 1.26 shillings, which become 2
    assert priced.output_minor == 2
    assert priced.input_minor == 59  # 58.81, at 29.4 a shilling with its margin


def test_a_crumb_that_settling_would_round_up_buys_nothing():
    almost = Rates({"NGN": 400 - Fraction(1, 10**14)})
    assert ask("1", "USD", "USD", "NGN::Bank", rates=almost).output_minor == 399
    over = Rates({"NGN": 400 / (1 + Fraction(1, 10**14))})
    assert ask("400", "NGN", "USD", "NGN::Bank", rates=over).input_minor == 101


# Fees: flows 4.3


def test_the_fee_comes_on_top_of_what_is_to_arrive():
    priced = ask("10000", "NGN", "USD", "NGN::Bank", fee="0.03")
    assert (priced.input_minor, priced.fee_minor, priced.output_minor) == (2575, 75, 10_000)


def test_the_fee_is_taken_out_of_what_is_spent():
    priced = ask("100", "USD", "USD", "NGN::Bank", fee="0.03")
    assert (priced.input_minor, priced.fee_minor, priced.output_minor) == (100_00, 292, 38_832)


def test_the_fee_of_a_third_currency_comes_on_top():
    priced = ask("100", "EUR", "USD", "NGN::Bank", fee="0.03")
    assert (priced.input_minor, priced.fee_minor, priced.output_minor) == (113_30, 330, 44_000)


def test_the_fee_within_one_currency_comes_on_top():
    priced = ask("10001", "NGN", "NGN", "NGN::Bank", fee="0.03")
    assert (priced.input_minor, priced.fee_minor, priced.output_minor) == (10_302, 301, 10_001)


def test_a_fee_of_3_percent_on_750_dollars_is_the_one_of_the_sample():
    assert ask("750", "USD", "USD", "USD::Bank", fee="0.03").input_usd_minor == 772_50


def test_one_unit_that_is_all_fee_pays_nothing_and_is_refused():
    assert refusal("0.01", "USD", "USD", "NGN::Bank", fee="0.03") == ("requested_amount", "invalid")


# Rounding: flows 4.4, scenario 13


@pytest.mark.parametrize(
    ("requested", "payout_type", "requested_minor", "output_minor"),
    [
        ("6457.08", "NGN::Bank", 6458, 6458),
        ("6532", "XOF::Mobile", 6532, 6530),
        ("6536", "XOF::Mobile", 6536, 6535),
        ("6538", "XOF::Mobile", 6538, 6540),
        ("2001.75", "XOF::Mobile", 2001, 2000),
        ("2001.75", "XOF::Bank", 2001, 2001),
        ("2007.7559", "GNF::Mobile", 2007, 2007),
        ("2001.7557", "GHS::Bank", 2001_75, 2001_75),
        ("8001.46", "UGX::Mobile", 8002, 8002),
        ("102", "XOF::Mobile", 102, 100),
    ],
)
def test_amounts_are_rounded_as_the_scenario_says(requested, payout_type, requested_minor, output_minor):
    priced = ask(requested, payout_type[:3], "USD", payout_type)
    assert (priced.requested_minor, priced.output_minor) == (requested_minor, output_minor)


def test_the_prose_pays_105_for_102():
    priced = ask("102", "XOF", "USD", "XOF::Mobile", policy="prose2025")
    assert (priced.requested_minor, priced.output_minor, priced.input_minor) == (102, 105, 18)


def test_the_input_pays_for_what_the_step_of_5_makes_of_it():
    assert ask("6538", "XOF", "XOF", "XOF::Mobile").input_minor == 6540
    assert ask("6538", "XOF", "USD", "XOF::Mobile").input_minor == 1090


# Refusals: flows 4.5, scenario 14


@pytest.mark.parametrize(
    ("requested", "currency", "payout_type"),
    [
        ("0.001", "USD", "NGN::Bank"),
        ("1", "XOF", "XOF::Mobile"),
        ("1e-30", "GHS", "GHS::Bank"),
    ],
)
def test_what_rounds_to_nothing_is_refused(requested, currency, payout_type):
    assert refusal(requested, currency, "USD", payout_type) == ("requested_amount", "invalid")


def test_one_franc_pays_nothing_whatever_it_is_requested_from():
    assert refusal("1", "XOF", "XOF", "XOF::Mobile") == ("requested_amount", "invalid")
    assert refusal("1", "NGN", "USD", "XOF::Mobile") == ("requested_amount", "invalid")


def test_the_smallest_units_are_payable():
    assert ask("0.42", "USD", "USD", "ZAR::Bank").input_minor == 42
    assert ask("1", "NGN", "USD", "NGN::Bank").input_minor == 1
    assert ask("0.01", "USD", "USD", "NGN::Bank").output_minor == 4


def test_the_limits_of_the_requested_currency_hold():
    assert ask("50000000", "NGN", "USD", "NGN::Bank").output_minor == 50_000_000
    assert refusal("50000000.01", "NGN", "USD", "NGN::Bank") == ("requested_amount", "greater_than_maximum")
    assert refusal("0.000001", "BTC", "USD", "NGN::Bank") == ("requested_amount", "less_than_minimum")
    assert refusal("999999999999999999", "USD", "USD", "NGN::Bank") == ("requested_amount", "greater_than_maximum")


def test_dust_is_not_collected_in_bitcoin():
    assert refusal("0.10", "USD", "BTC", "USD::Bank") == ("requested_amount", "less_than_minimum")
    assert ask("1.00", "USD", "BTC", "USD::Bank").input_minor == 1_000


@pytest.mark.parametrize(
    ("requested", "input_currency", "output"), [("AED", "USD", "NGN"), ("USD", "AED", "NGN"), ("USD", "USD", "AED")]
)
def test_a_currency_without_a_rate_is_refused(requested, input_currency, output):
    assert refusal("100", requested, input_currency, f"{output}::Bank") == ("requested_currency", "invalid")


def test_a_currency_that_does_not_exist_is_refused_even_with_a_rate():
    rates = Rates({"NGN": Fraction(400), "XXX": Fraction(1)})
    assert refusal("100", "XXX", "USD", "NGN::Bank", rates=rates) == ("requested_currency", "invalid")


def test_what_the_books_could_not_hold_is_refused():
    rates = Rates({"NGN": Fraction(10**15)})
    assert refusal("10000", "USD", "USD", "NGN::Bank", rates=rates) == ("requested_amount", "greater_than_maximum")
    rates = Rates({"NGN": Fraction(1, 10**15)})
    assert refusal("10000", "NGN", "USD", "NGN::Bank", rates=rates) == ("requested_amount", "greater_than_maximum")


def test_a_hundred_dollars_with_very_many_places_are_a_hundred_dollars():
    amount = parse_amount("100.123456789012345678")
    priced = price(amount, "USD", "USD", "NGN", "NGN::Bank", rates=RATES, fee_rate=Decimal(0), policy="table2025")
    assert (priced.requested_minor, priced.input_minor, priced.output_minor) == (100_12, 100_12, 40_048)


# The margin


@pytest.mark.parametrize("requested_currency", ["USD", "NGN", "EUR"])
def test_the_margin_is_kept_once_whatever_currency_the_amount_is_stated_in(requested_currency):
    priced = ask("10000", requested_currency, "USD", "NGN::Bank", rates=rates_with("0.05"))
    came_to = Fraction(priced.output_minor, priced.input_minor) * 100
    assert came_to == pytest.approx(380, rel=1e-3)


def test_there_is_no_margin_within_one_currency():
    priced = ask("10000", "NGN", "NGN", "NGN::Bank", rates=rates_with("0.05"))
    assert (priced.input_minor, priced.output_minor) == (10_000, 10_000)


def test_one_currency_asked_for_in_another_costs_what_it_pays():
    priced = ask("100", "USD", "NGN", "NGN::Bank", rates=rates_with("0.05"))
    assert (priced.input_minor, priced.output_minor) == (38_000, 38_000)


# Dollar values and shown rates


@pytest.mark.parametrize(
    ("minor", "currency", "cents"),
    [(10_000, "NGN", 2500), (1, "NGN", 0), (2, "NGN", 1), (100_00, "EUR", 110_00), (42, "USD", 42), (3, "XOF", 1)],
)
def test_the_dollar_value_is_at_mid_rates_half_up(minor, currency, cents):
    assert usd_minor(Money(minor, currency), rates_with("0.5")) == cents


def test_the_input_is_also_told_in_dollars_fee_included():
    assert ask("10000", "NGN", "EUR", "NGN::Bank", fee="0.03").input_usd_minor == 25_76  # 23.42 EUR


@pytest.mark.parametrize(
    ("paid_in", "paid_out", "rate"),
    [
        (Money(2500, "USD"), Money(10_000, "NGN"), "400"),
        (Money(2159, "USD"), Money(10_000, "NGN"), "463.177396943029"),
        (Money(42, "USD"), Money(1000, "ZAR"), "23.8095238095238"),
        (Money(10_000, "NGN"), Money(2500, "USD"), "0.0025"),
        (Money(3, "USD"), Money(10**9, "NGN"), "33333333333.3333"),
        (Money(1, "USD"), Money(10**18 - 1, "NGN"), "100000000000000000000"),
    ],
)
def test_the_exchange_rate_shows_what_it_came_to(paid_in, paid_out, rate):
    assert str(exchange_rate(paid_in, paid_out)) == rate


# What holds for every price

CODES = sorted(RATES.currencies)
ORDERS = st.fixed_dictionaries(
    {
        "requested": st.decimals("0.01", 60_000, places=4),
        "requested_currency": st.sampled_from(CODES),
        "input_currency": st.sampled_from(CODES),
        "payout_type": st.builds("{}::{}".format, st.sampled_from(CODES), st.sampled_from(["Bank", "Mobile", "Cash"])),
        "fee": st.decimals(0, "0.5", places=4),
        "margin": st.decimals(0, "0.5", places=4),
        "policy": st.sampled_from(sorted(POLICIES)),
    }
)
CRUMB = Fraction(1, 10**9)
"""What settling to 12 places may move, seen through any rate."""


class Priced:
    """An order, its price, and its amounts as fractions."""

    def __init__(self, order):
        self.order = order
        self.rates = rates_with(order["margin"])
        self.price = ask(
            order["requested"],
            order["requested_currency"],
            order["input_currency"],
            order["payout_type"],
            fee=order["fee"],
            rates=self.rates,
            policy=order["policy"],
        )
        self.input_currency = order["input_currency"]
        self.output_currency = order["payout_type"][:3]
        self.input = Fraction(minor_to_decimal(self.price.input_minor, self.input_currency))
        self.fee = Fraction(minor_to_decimal(self.price.fee_minor, self.input_currency))
        self.output = Fraction(minor_to_decimal(self.price.output_minor, self.output_currency))
        self.rate = self.rates.exact(self.input_currency, self.output_currency)
        self.is_stepped = self.output_currency in CFA and order["payout_type"].endswith("Mobile")
        self.unit = Fraction(CURRENCIES[self.output_currency].unit)
        self.step = Fraction(5) if self.is_stepped and order["policy"] != "y2019" else self.unit

    def repriced(self, input_minor):
        return reprice(
            self.price,
            input_minor,
            input_currency=self.input_currency,
            output_currency=self.output_currency,
            payout_type=self.order["payout_type"],
            policy=self.order["policy"],
        )


def or_problem(asked):
    try:
        return asked()
    except PriceProblem as problem:
        return problem


def priced_or_skip(order):
    priced = or_problem(lambda: Priced(order))
    assume(isinstance(priced, Priced))
    return priced


@given(ORDERS)
def test_an_order_is_priced_or_refused_for_its_amount(order):
    priced = or_problem(lambda: Priced(order))
    if isinstance(priced, PriceProblem):
        assert priced.field == "requested_amount"
        assert priced.code in {"invalid", "less_than_minimum", "greater_than_maximum"}
    else:
        assert min(priced.price.input_minor, priced.price.output_minor, priced.price.requested_minor) > 0
        assert 0 <= priced.price.fee_minor < priced.price.input_minor


@given(ORDERS)
def test_nothing_pays_out_more_than_the_input_without_its_fee_buys(order):
    priced = priced_or_skip(order)
    assert priced.output <= (priced.input - priced.fee) * priced.rate


@given(ORDERS)
def test_what_the_client_says_that_he_spends_is_what_he_spends(order):
    priced = priced_or_skip(order)
    if order["requested_currency"] == priced.input_currency != priced.output_currency:
        assert priced.price.input_minor == priced.price.requested_minor


@given(ORDERS)
def test_nobody_pays_for_more_than_a_unit_that_does_not_arrive(order):
    priced = priced_or_skip(order)
    input_unit = Fraction(CURRENCIES[priced.input_currency].unit)
    assert (priced.input - priced.fee - input_unit) * priced.rate < priced.output + priced.step + CRUMB


@given(ORDERS)
def test_the_fee_is_its_part_of_the_net_amount_and_less_than_two_units_more(order):
    priced = priced_or_skip(order)
    input_unit = Fraction(CURRENCIES[priced.input_currency].unit)
    net = priced.input - priced.fee
    assert abs(priced.fee - net * Fraction(order["fee"])) < 2 * input_unit
    assert order["fee"] or priced.fee == 0


@given(ORDERS)
def test_a_payout_respects_its_unit_and_its_step(order):
    priced = priced_or_skip(order)
    assert priced.output % priced.step == 0


@given(ORDERS, st.sampled_from(CODES))
def test_within_one_currency_the_recipient_gets_all_but_the_fee(order, code):
    channel = order["payout_type"][3:]
    priced = priced_or_skip(
        {**order, "requested_currency": code, "input_currency": code, "payout_type": code + channel}
    )
    assert priced.input == priced.output + priced.fee
    assert priced.price.rate == 1


@given(ORDERS, st.fractions(0, 3))
def test_a_new_input_pays_out_at_the_frozen_rate_with_its_part_of_the_fee(order, part):
    priced = priced_or_skip(order)
    input_minor = int(priced.price.input_minor * part)
    resized = or_problem(lambda: priced.repriced(input_minor))
    if isinstance(resized, PriceProblem):
        assert resized.field == "requested_amount"
        return
    assert 0 <= resized.fee_minor < resized.input_minor == input_minor
    assert (resized.requested_minor, resized.rate) == (priced.price.requested_minor, priced.price.rate)
    net = Fraction(minor_to_decimal(resized.input_minor - resized.fee_minor, priced.input_currency))
    output = Fraction(minor_to_decimal(resized.output_minor, priced.output_currency))
    assert output <= net * at_most(priced.price.rate)
    assert net * priced.rate < output + priced.step
    assert resized.input_usd_minor >= 0


def test_a_rate_that_was_cut_when_it_was_written_loses_nobody_a_unit():
    rates = Rates({"NGN": Fraction(1, 3)})
    before = ask("3", "USD", "USD", "NGN::Bank", rates=rates)
    after = reprice(
        before, 600, input_currency="USD", output_currency="NGN", payout_type="NGN::Bank", policy="table2025"
    )
    assert (before.output_minor, after.output_minor) == (1, 2)


@given(st.fractions(Fraction(1, 10**9), 10**9))
def test_a_written_rate_stands_for_the_rate_it_was_written_from(rate):
    assert rate <= at_most(written(rate)) <= rate * (1 + Fraction(1, 10**39))


@given(ORDERS)
def test_the_same_input_has_the_same_fee_and_dollar_value(order):
    priced = priced_or_skip(order)
    again = priced.repriced(priced.price.input_minor)
    assert (again.fee_minor, again.input_usd_minor) == (priced.price.fee_minor, priced.price.input_usd_minor)
    if order["requested_currency"] == priced.input_currency != priced.output_currency:
        assert again == priced.price


# Mispaid transactions: flows 7, scenario 33


def test_40000_of_50000_are_shared_24000_to_16000():
    assert resize([30_000, 20_000], 40_000) == [24_000, 16_000]


def test_the_remainder_goes_to_the_largest_fractions_and_then_to_the_first():
    assert resize([1, 1, 1], 2) == [1, 1, 0]
    assert resize([10, 25, 65], 99) == [10, 25, 64]  # 9.9, 24.75, 64.35


def test_nothing_paid_leaves_nothing():
    assert resize([30, 20], 0) == [0, 0]


def test_a_resized_recipient_is_paid_at_the_frozen_rate():
    before = ask("30000", "XOF", "XOF", "USD::Balance")
    after = reprice(
        before, 24_000, input_currency="XOF", output_currency="USD", payout_type="USD::Balance", policy="table2025"
    )
    assert (before.output_minor, after.output_minor, after.input_usd_minor) == (50_00, 40_00, 40_00)
    assert after.requested_minor == 30_000


def test_a_recipient_for_whom_nothing_is_left_is_a_problem():
    before = ask("100", "XOF", "USD", "XOF::Mobile", fee="0.1")
    for input_minor in (0, 1):
        with pytest.raises(PriceProblem):
            reprice(
                before,
                input_minor,
                input_currency="USD",
                output_currency="XOF",
                payout_type="XOF::Mobile",
                policy="table2025",
            )


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=100), st.integers(0, 10**18))
def test_shares_add_up_to_what_was_paid_and_are_off_by_less_than_a_unit(inputs, paid):
    shares = resize(inputs, paid)
    assert sum(shares) == paid
    assert len(shares) == len(inputs)
    total = sum(inputs)
    assert all(abs(Fraction(minor * paid, total) - share) < 1 for minor, share in zip(inputs, shares, strict=True))


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=100))
def test_exact_payment_changes_no_share(inputs):
    assert resize(inputs, sum(inputs)) == inputs
