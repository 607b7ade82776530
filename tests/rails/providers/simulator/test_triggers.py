import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.rails.providers import codes
from bitpesa.rails.providers.simulator.triggers import TRIGGERS, Feature, find
from tests.rails.providers.simulator.orders import bank, order, triggering

PAYOUTS = [trigger for trigger in TRIGGERS if trigger.feature is Feature.PAYOUT]

# Corridor, provider or country, ending, category, code.
EXPECTED = """
GHS::Bank - 00 paid 0
GHS::Bank - 01 pending 14
GHS::Bank - 18 temporary_error 3
GHS::Bank - 19 sender_error 5
GHS::Bank - 39 recipient_error 421
GHS::Mobile - 00 paid 0
GHS::Mobile - 01 pending 14
GHS::Mobile - 18 temporary_error 3
GHS::Mobile - 19 sender_error 5
GHS::Mobile - 39 recipient_error 421
NGN::Bank - 00 paid 0
NGN::Bank - 01 pending 14
NGN::Bank - 08 temporary_error 3
NGN::Bank - 19 recipient_error 416
NGN::Bank - 71 sender_error 511
UGX::Mobile airtel 00 paid 0
UGX::Mobile airtel 11 pending 14
UGX::Mobile airtel 18 temporary_error 331
UGX::Mobile airtel 19 recipient_error 42
UGX::Mobile airtel 49 sender_error 5
UGX::Mobile mtn 0 paid 0
UGX::Mobile mtn 1 pending 14
UGX::Mobile mtn 18 temporary_error 331
UGX::Mobile mtn 09 recipient_error 414
XAF::Mobile CM 00 paid 0
XAF::Mobile CM 01 pending 14
XAF::Mobile CM 38 temporary_error 3
XAF::Mobile CM 09 sender_error 531
XAF::Mobile CM 69 recipient_error 42
XAF::Mobile GA 0 paid 0
XAF::Mobile GA 1 pending 14
XAF::Mobile GA 08 temporary_error 3
XAF::Mobile GA 09 recipient_error 423
XOF::Mobile - 00 paid 0
XOF::Mobile - 01 pending 14
XOF::Mobile - 38 temporary_error 3
XOF::Mobile - 09 sender_error 531
XOF::Mobile - 69 recipient_error 42
"""


def test_these_are_the_triggers_of_payouts():
    told = [
        f"{t.corridor} {t.provider or t.country or '-'} {t.ends_with} {codes.code(t.code).category} {t.code}"
        for t in PAYOUTS
    ]
    assert told == EXPECTED.strip().splitlines()


@pytest.mark.parametrize("trigger", PAYOUTS, ids=lambda t: f"{t.corridor} {t.provider or t.country} {t.ends_with}")
def test_every_trigger_is_set_off_by_its_example_and_names_a_code_of_the_table(trigger):
    assert find(Feature.PAYOUT, triggering(trigger)) == trigger
    assert trigger.code in codes.CODES


def code_of(order):
    trigger = find(Feature.PAYOUT, order)
    return None if trigger is None else trigger.code


def mtn(ending):
    return order("UGX::Mobile", phone_number="+2567721234" + ending, mobile_provider="mtn")


def test_the_longest_ending_wins():
    assert code_of(mtn("18")) == "331"
    assert code_of(mtn("08")) is None
    assert code_of(mtn("28")) is None
    assert code_of(mtn("10")) == "0"
    assert code_of(mtn("09")) == "414"
    assert code_of(mtn("19")) is None


def test_the_country_decides_where_the_rows_differ():
    gabon = "+241747094"
    assert code_of(order("XAF::Mobile", phone_number=gabon + "08")) == "3"
    assert code_of(order("XAF::Mobile", phone_number=gabon + "10")) == "0"
    assert code_of(order("XAF::Mobile", phone_number="+2376740444" + "10")) is None


def test_a_country_that_is_named_beats_that_of_the_number():
    number = "+237674044410"
    assert code_of(order("XAF::Mobile", phone_number=number, country="GA")) == "0"
    assert code_of(order("XAF::Mobile", phone_number="674044410")) is None
    assert code_of(order("XAF::Mobile", phone_number="74709410", country="ga")) == "0"
    assert code_of(order("XAF::Mobile", phone_number="74709410", corridor_country="GA")) == "0"


def test_every_country_of_a_corridor_without_differences_has_its_triggers():
    for number in ("+22177404440", "+225077404440", "+22901619740", "+2289004440"):
        assert code_of(order("XOF::Mobile", phone_number=number + "0")) == "0"


def test_the_provider_that_is_named_beats_that_of_the_number():
    assert code_of(order("UGX::Mobile", phone_number="+256772123411")) == "14"
    assert code_of(order("UGX::Mobile", phone_number="+256752123449")) == "5"
    assert code_of(order("UGX::Mobile", phone_number="+256772123449", mobile_provider="Airtel")) == "5"


def test_punctuation_does_not_matter():
    assert code_of(order(bank_account="12345 67890-0 ")) == "0"


@pytest.mark.parametrize("details", [{}, {"bank_account": None}, {"bank_account": 12345678900}, {"bank_account": ""}])
def test_a_number_that_is_missing_sets_off_nothing(details):
    assert find(Feature.PAYOUT, order(**details)) is None


def test_other_corridors_have_no_triggers():
    assert find(Feature.PAYOUT, bank("00", "KES::Bank")) is None


def test_legacy_checks_are_apart_from_those_of_today():
    beginning_with_9 = order(bank_account="9345678900")
    assert find(Feature.ACCOUNT_VALIDATION, beginning_with_9) is None
    assert find(Feature.ACCOUNT_VALIDATION_LEGACY, beginning_with_9) is not None


@given(st.text("0123456789", min_size=2, max_size=12), st.sampled_from(sorted({t.corridor for t in PAYOUTS})))
def test_no_longer_ending_was_passed_over(number, corridor):
    details = {"bank_account": number, "phone_number": number, "mobile_provider": "mtn", "country": "GA"}
    asked = order(corridor, **details)
    matching = [t for t in PAYOUTS if t.corridor == corridor and t.matches(asked)]
    found = find(Feature.PAYOUT, asked)
    assert (found is None) == (not matching)
    assert [t for t in matching if len(t.ends_with) >= len(found.ends_with)] == [found] if found else True
