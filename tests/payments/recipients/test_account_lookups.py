from uuid import UUID

import pytest

from bitpesa.payments.recipients.account_lookups import OFFERS, Kind, judge, read_lookup
from bitpesa.rails.providers.port import AccountFacts
from bitpesa.rails.providers.simulator import rules as simulator

PHONES = {
    "BF": "+22670123456",
    "BJ": "+2290197123456",
    "CG": "+242061234567",
    "CI": "+2250701234567",
    "CM": "+237674044400",
    "GA": "+24174709400",
    "GH": "+233302123400",
    "KE": "+254712345678",
    "SN": "+221774044400",
    "TD": "+23566123456",
    "TG": "+22890123456",
    "UG": "+256752123400",
}
APP = UUID(int=1)
ACCOUNTS = {"bank_account": "12345678900", "iban": "BJ0610100100144390000769"}
BANKS = {"NG": "058", "GH": "030100", "KE": "68"}


def asked(offer):
    bank = {name: ACCOUNTS.get(name, BANKS.get(offer.country)) for name in offer.account_fields}
    given = bank if offer.method == "bank" else {"phone_number": PHONES[offer.country]}
    provider = {"mobile_provider": offer.mobile_providers[0]} if offer.mobile_providers else {}
    return {"country": offer.country, "currency": offer.currency, "method": offer.method, **given, **provider}


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: f"{offer.payout_type} {offer.country} {offer.kind}")
def test_everything_offered_can_be_asked_and_is_answered_by_the_simulated_bank(offer):
    errors = {}
    lookup = read_lookup(asked(offer), errors)
    assert errors == {}
    assert lookup is not None
    assert (lookup.payout_type, lookup.kind) == (offer.payout_type, offer.kind)
    facts = simulator.account_facts(lookup.order(APP), legacy=False)
    assert facts.reachable
    told = judge(lookup, facts).told
    expected = {Kind.NAME: "account_name", Kind.NETWORK: "mapped_mobile_provider", Kind.STATUS: "account_status"}
    assert set(told) <= {expected[offer.kind]}


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: f"{offer.payout_type} {offer.country} {offer.kind}")
def test_each_needed_field_answers_blank_when_it_is_missing(offer):
    whole = asked(offer)
    needed = {"country", "currency", "method", *offer.account_fields}
    if offer.provider_needed:
        needed.add("mobile_provider")
    for name in sorted(needed):
        errors = {}
        assert read_lookup({key: value for key, value in whole.items() if key != name}, errors) is None
        assert errors[name] == [{"error": "blank"}]


def test_a_provider_that_cannot_be_reached_is_no_verdict():
    lookup = read_lookup(asked(OFFERS[0]), {})
    assert lookup is not None
    assert judge(lookup, AccountFacts(reachable=False)).error == "Account validation failed"


def test_a_number_that_another_provider_serves_is_told_where_names_are_asked_for():
    lookup = read_lookup(
        {
            "country": "GH",
            "currency": "GHS",
            "method": "mobile",
            "phone_number": "+233302123400",
            "mobile_provider": "mtn",
        },
        {},
    )
    assert lookup is not None
    facts = AccountFacts(reachable=True, account_name="TEST USER", mapped_mobile_provider="vodafone")
    assert judge(lookup, facts).error == "Mobile provider does not match phone number."
