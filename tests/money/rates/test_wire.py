import re
from decimal import Decimal
from fractions import Fraction

from bitpesa.kernel.values import json
from bitpesa.kernel.values.currency import CURRENCIES
from bitpesa.money.rates.model import Rates
from bitpesa.money.rates.wire import currency_json, currency_with_opposites_json
from tests.money.rates.world import RATES, rates_with

NGN, USD, EUR, AED = (CURRENCIES[code] for code in ("NGN", "USD", "EUR", "AED"))


def test_a_currency_has_every_field_as_text_or_number_as_clients_expect():
    assert currency_json(NGN, RATES) == {
        "code": "NGN",
        "name": "Nigerian Naira",
        "symbol": "₦",
        "decimals": 0,
        "subunit_to_unit": "1",
        "primary": True,
        "min": "1",
        "max": "50000000",
        "usd_equivalent": "400",
    }
    assert currency_json(EUR, RATES)["usd_equivalent"] == "0.909090909090909"
    assert currency_json(USD, RATES)["min"] == "0.01"
    assert currency_json(USD, RATES)["subunit_to_unit"] == "100"
    assert currency_json(CURRENCIES["BTC"], RATES)["min"] == "0.00001"


def test_a_currency_without_a_rate_is_shown_without_its_value():
    assert currency_json(AED, RATES)["usd_equivalent"] is None


def test_opposites_of_what_is_paid_in_show_what_it_buys():
    shown = currency_with_opposites_json(USD, [NGN], rates_with("0.02"), "in")
    (opposite,) = shown.pop("opposites")
    assert shown == currency_json(USD, RATES)
    assert opposite == {
        **currency_json(NGN, RATES),
        "rate": Decimal(400),
        "mtm_rate": Decimal(392),
        "margin": "0.02",
    }


def test_opposites_of_what_is_paid_out_show_what_it_costs():
    (opposite,) = currency_with_opposites_json(NGN, [USD], rates_with("0.2"), "out")["opposites"]
    assert opposite["code"] == "USD"
    assert (opposite["rate"], opposite["mtm_rate"]) == (Decimal("0.0025"), Decimal("0.003125"))


def test_there_is_no_margin_within_a_currency():
    (opposite,) = currency_with_opposites_json(NGN, [NGN], rates_with("0.2"), "in")["opposites"]
    assert (opposite["rate"], opposite["mtm_rate"], opposite["margin"]) == (1, 1, "0")


def test_opposites_without_a_rate_are_left_out():
    assert currency_with_opposites_json(USD, [AED, NGN], RATES, "in")["opposites"][0]["code"] == "NGN"
    assert currency_with_opposites_json(AED, [USD], RATES, "in")["opposites"] == []


def test_numbers_are_written_plainly():
    rates = Rates({"NGN": Fraction(10**20), "EUR": Fraction(1, 10**20)})
    written = json.encode(currency_with_opposites_json(USD, [NGN], rates, "in"))
    assert b'"rate":100000000000000000000,' in written
    assert currency_json(EUR, rates)["usd_equivalent"] == "0.00000000000000000001"
    assert not re.search(rb"[0-9]E", written)
