from decimal import Decimal

import pytest

from bitpesa.kernel.values.currency import CURRENCIES, UnknownCurrency, currency, known_currency

WHOLE = {"GNF", "JPY", "KES", "KRW", "NGN", "TZS", "UGX", "XAF", "XOF"}


def test_a_currency_is_found_by_its_code_in_capitals():
    assert currency("NGN").name == "Nigerian Naira"
    assert currency("ngn") is None
    assert currency("XXX") is None


def test_a_currency_that_must_exist_is_missed_loudly():
    assert known_currency("USD") is CURRENCIES["USD"]
    with pytest.raises(UnknownCurrency):
        known_currency("USD::Bidvest")


def test_codes_are_unique_capitals_in_order():
    assert list(CURRENCIES) == sorted(set(CURRENCIES))
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in CURRENCIES)


def test_decimals_follow_the_rounding_table():
    assert {code for code, each in CURRENCIES.items() if each.decimals == 0} == WHOLE
    assert {code for code, each in CURRENCIES.items() if each.decimals not in {0, 2}} == {"BTC"}


def test_the_smallest_amount_is_payable_and_the_largest_is_larger():
    for each in CURRENCIES.values():
        assert each.min >= each.unit
        assert each.min % each.unit == 0
        assert each.max > each.min
    assert [code for code, each in CURRENCIES.items() if each.min != each.unit] == ["BTC"]
    assert CURRENCIES["NGN"].max == 50_000_000


def test_everything_that_funds_a_transaction_can_also_be_asked_for():
    assert {code for code, each in CURRENCIES.items() if each.input} == set(
        "BTC EUR GBP GHS KES MAD NGN TZS UGX USD XAF XOF ZAR".split()
    )
    assert all(each.requested for each in CURRENCIES.values() if each.input)


def test_units_follow_the_decimals():
    assert (CURRENCIES["USD"].subunit_to_unit, CURRENCIES["USD"].unit) == (100, Decimal("0.01"))
    assert (CURRENCIES["NGN"].subunit_to_unit, CURRENCIES["NGN"].unit) == (1, Decimal(1))
