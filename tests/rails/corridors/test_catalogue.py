from datetime import date

import pytest

from bitpesa.kernel.values.currency import CURRENCIES, currency
from bitpesa.payments.senders.fields import FIELDS as SENDER_FIELDS
from bitpesa.rails.corridors.catalogue import CORRIDORS, banks, corridor
from bitpesa.rails.corridors.model import Need
from bitpesa.rails.corridors.rules import check_details

TODAY = date(2026, 11, 30)
EVERY_KIND = [(found, kind) for found in CORRIDORS for kind in found.recipient_types]
KIND_NAMES = [f"{found.type} to a {kind}" for found, kind in EVERY_KIND]

OFFERED = """
    BRL::Bank BWP::Bank EGP::Bank EGP::Cash EUR::Bank GBP::Bank GHS::Bank GHS::Mobile GNF::Mobile KES::Bank KES::Mobile
    MAD::Cash NGN::Bank UGX::Bank UGX::Mobile USD::Bank XAF::Bank XAF::Mobile XOF::Bank XOF::Cash XOF::Mobile ZAR::Bank
    ZMW::Bank USD::Balance EUR::Balance GBP::Balance NGN::Balance XOF::Balance
""".split()
CLOSED = """
    NGN::Mobile GHS::Cash TZS::Mobile USD::Cash CAD::Bank NZD::Bank INR::Bank MAD::Bank PEN::Bank GTQ::Bank CRC::Bank
    VND::Bank VND::Mobile
""".split()


@pytest.mark.parametrize(("found", "kind"), EVERY_KIND, ids=KIND_NAMES)
def test_the_documented_example_passes(found, kind):
    checked = check_details(found, kind, found.examples[kind], today=TODAY)
    assert checked.errors == {}
    assert checked.details == found.examples[kind]


@pytest.mark.parametrize(("found", "kind"), EVERY_KIND, ids=KIND_NAMES)
@pytest.mark.parametrize("emptiness", ["absent", None, "", "  "])
def test_each_missing_field_that_is_always_needed_answers_blank(found, kind, emptiness):
    for field in found.fields:
        if field.need(kind) is not Need.ALWAYS:
            continue
        details = {**found.examples[kind], field.name: emptiness}
        if emptiness == "absent":
            del details[field.name]
        assert check_details(found, kind, details, today=TODAY).errors == {field.name: [{"error": "blank"}]}


@pytest.mark.parametrize(("found", "kind"), EVERY_KIND, ids=KIND_NAMES)
def test_every_select_refuses_what_is_not_among_its_options(found, kind):
    for field in found.fields:
        if field.options and field.need(kind) is not Need.UNUSED:
            errors = check_details(
                found, kind, {**found.examples[kind], field.name: "no such option"}, today=TODAY
            ).errors
            assert errors[field.name] == [{"error": "inclusion"}]


@pytest.mark.parametrize("type_", OFFERED)
def test_current_corridors_are_offered(type_):
    assert corridor(type_).offered


@pytest.mark.parametrize("type_", CLOSED)
def test_withdrawn_corridors_are_known_and_closed(type_):
    assert not corridor(type_).offered


@pytest.mark.parametrize("type_", ["", "NGN", "ngn::bank", "NGN::bank", "NGN::Bank ", "XXX::Balance", "USD::Bidvest"])
def test_anything_else_is_no_corridor(type_):
    assert corridor(type_) is None
    assert banks(type_) == ()


def test_every_currency_is_known():
    assert [found.type for found in CORRIDORS if currency(found.currency) is None] == []


def test_there_is_a_balance_for_every_currency_that_transactions_are_funded_in_except_bitcoin():
    assert {found.currency for found in CORRIDORS if found.method == "balance"} == {
        code for code, known in CURRENCIES.items() if known.input and code != "BTC"
    }


def test_every_sender_need_is_a_field_of_senders():
    named = {name for found in CORRIDORS for need in found.sender_needs for name in need.fields}
    assert named - SENDER_FIELDS.keys() == set()


def test_every_choice_of_a_sender_need_is_one_that_senders_may_make():
    for found in CORRIDORS:
        for need in found.sender_needs:
            for name, choices in need.choices.items():
                assert set(choices) <= SENDER_FIELDS[name].choices


def test_only_the_documented_cash_corridors_refuse_wtr2_senders():
    assert {found.type for found in CORRIDORS if found.refuses_wtr2} == {"MAD::Cash", "XOF::Cash"}


def test_the_method_is_the_second_word_of_the_type():
    named = [found for found in CORRIDORS if "::" in found.type]
    assert [found.type for found in named if found.type.lower().partition("::")[2] != str(found.method)] == []


@pytest.mark.parametrize(
    ("type_", "count"),
    [
        ("BRL::Bank", 145),
        ("BWP::Bank", 149),
        ("CAD::Bank", 115),
        ("EGP::Bank", 38),
        ("GHS::Bank", 26),
        ("KES::Bank", 34),
        ("NGN::Bank", 47),
        ("NZD::Bank", 28),
        ("UGX::Bank", 383),
        ("XAF::Bank", 75),
        ("XOF::Bank", 99),
        ("ZAR::Bank", 39),
        ("ZMW::Bank", 317),
        ("NGN::Mobile", 0),
        ("EUR::Bank", 0),
    ],
)
def test_bank_lists_are_complete(type_, count):
    assert len(banks(type_)) == count


def test_banks_stand_in_the_countries_of_their_corridor():
    for found in CORRIDORS:
        assert {bank.country for bank in found.banks} <= set(found.countries)


def test_branches_are_told_apart_by_their_label():
    assert {bank.code: bank.label for bank in banks("ZMW::Bank")}["ZM021012"] == "ABSA Bank, Livingstone, Zambia"
