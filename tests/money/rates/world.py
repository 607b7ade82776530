"""The rates of the acceptance scenarios, and plain ways to ask for prices."""

from decimal import Decimal
from fractions import Fraction

from bitpesa.kernel.values.money import Money, minor_to_decimal
from bitpesa.money.rates.model import Rates
from bitpesa.money.rates.pricing import Price, exchange_rate, price

UNITS_PER_USD = {
    "NGN": Fraction(400),
    "EUR": Fraction(10, 11),  # EUR/USD 1.10, EUR/NGN 440
    "GBP": Fraction(4, 5),  # GBP/NGN 500
    "XOF": Fraction(600),
    "XAF": Fraction(600),
    "UGX": Fraction(3700),
    "GNF": Fraction(8600),
    "KES": Fraction(1284, 10),
    "GHS": Fraction(11),
    "TZS": Fraction(2460),
    "JPY": Fraction(152),
    "ZAR": Fraction(172, 10),
    "BTC": Fraction(1, 100_000),
}


def rates_with(margin="0"):
    return Rates(UNITS_PER_USD, Decimal(margin))


RATES = rates_with()


def ask(requested, requested_currency, input_currency, payout_type, *, fee="0", rates=RATES, policy="table2025"):
    return price(
        Decimal(requested),
        requested_currency,
        input_currency,
        payout_type.partition("::")[0],
        payout_type,
        rates=rates,
        fee_rate=Decimal(fee),
        policy=policy,
    )


def shown(priced: Price, input_currency, payout_type):
    """Input, output and exchange rate as the answer would have them."""
    output_currency = payout_type.partition("::")[0]
    return (
        minor_to_decimal(priced.input_minor, input_currency),
        minor_to_decimal(priced.output_minor, output_currency),
        exchange_rate(Money(priced.input_minor, input_currency), Money(priced.output_minor, output_currency)),
    )
