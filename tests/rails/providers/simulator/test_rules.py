import re
from uuid import uuid4

import pytest

from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from bitpesa.rails.providers.port import AccountFacts
from bitpesa.rails.providers.simulator.rules import account_facts, first_code, payment_reference
from tests.rails.providers.simulator.orders import bank, order


def mobile(payout_type, number, provider=None):
    named = {} if provider is None else {"mobile_provider": provider}
    return order(payout_type, phone_number=number, **named)


def test_a_number_without_a_trigger_waits_unless_the_default_is_to_pay():
    assert first_code(bank("55"), "hold") is None
    assert first_code(bank("55"), "paid") == "0"
    assert first_code(bank("08"), "paid") == "3"


@pytest.mark.parametrize("payout_type", ["MAD::Cash", "EGP::Cash", "XOF::Cash"])
def test_cash_waits_to_be_picked_up(payout_type):
    code = first_code(order(payout_type, phone_number="+212600000000"), "paid")
    assert codes.code(code).category is Category.RECIPIENT_ACTION_REQUIRED


def test_a_balance_is_paid_at_once():
    assert first_code(order("USD::Balance"), "hold") == "0"


def test_a_void_order_is_told_as_a_cancellation_that_nothing_retries():
    assert codes.code("54").category is Category.SENDER_ERROR


def test_a_payment_reference_is_eleven_letters_and_digits_and_the_same_for_every_attempt():
    recipient = uuid4()
    made = payment_reference(order("MAD::Cash", recipient_id=recipient))
    assert re.fullmatch(r"[A-Z0-9]{11}", made)
    assert payment_reference(order("MAD::Cash", recipient_id=recipient, last_name="Edited")) == made
    assert payment_reference(order("MAD::Cash")) != made


def test_a_client_may_set_the_payment_reference():
    assert payment_reference(order("MAD::Cash", reference=" 9M5GJRJUBCY")) == "9M5GJRJUBCY"
    assert len(payment_reference(order("MAD::Cash", reference=" "))) == 11
    assert payment_reference(bank("00", reference="9M5GJRJUBCY")) is None


NOBODY = AccountFacts(reachable=True)
TEST_USER = AccountFacts(reachable=True, account_name="TEST USER")


def status(text):
    return AccountFacts(reachable=True, account_status=text)


def telco(provider):
    return AccountFacts(reachable=True, mapped_mobile_provider=provider)


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        (bank("00"), TEST_USER),
        (bank("39"), NOBODY),
        (bank("9"), TEST_USER),
        (bank("8", "GHS::Bank"), TEST_USER),
        (bank("9", "GHS::Bank"), NOBODY),
        (mobile("GHS::Mobile", "+233302123405"), TEST_USER),
        (mobile("GHS::Mobile", "+233302123419"), NOBODY),
        (mobile("UGX::Mobile", "+256752123419", "airtel"), TEST_USER),
        (mobile("UGX::Mobile", "+256752123429", "airtel"), NOBODY),
        (mobile("UGX::Mobile", "+256772123429", "mtn"), status("active")),
        (mobile("UGX::Mobile", "+256772123419", "mtn"), status("inactive")),
        (mobile("UGX::Mobile", "+256772123419"), status("inactive")),
        (mobile("XAF::Mobile", "+237674044400", "mtn"), status("active")),
        (mobile("XAF::Mobile", "+237674044400", "orange"), telco("mtn")),
        (mobile("XOF::Mobile", "+221774044400", "free"), telco("orange")),
        (mobile("XOF::Mobile", "+221", "free"), NOBODY),
        (bank("00", "ZMW::Bank"), AccountFacts(reachable=False)),
    ],
)
def test_what_is_known_of_an_account(asked, facts):
    assert account_facts(asked, legacy=False) == facts


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        (order(bank_account="9345678900"), NOBODY),
        (bank("39"), TEST_USER),
        (order("GHS::Bank", bank_account="9345678900"), NOBODY),
        (bank("9", "GHS::Bank"), TEST_USER),
        (mobile("GHS::Mobile", "+233302123408"), NOBODY),
        (mobile("GHS::Mobile", "+233302123409"), NOBODY),
        (mobile("UGX::Mobile", "+256772123419", "mtn"), status("active")),
    ],
)
def test_what_was_known_of_it_before_2025(asked, facts):
    assert account_facts(asked, legacy=True) == facts
