from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitpesa.kernel.values import json
from bitpesa.rails.corridors.catalogue import CORRIDORS, corridor
from bitpesa.rails.corridors.rules import check_details, check_sender, fields, recipient_type_error

TYPES = st.sampled_from(CORRIDORS)
KINDS = st.sampled_from(["person", "business", "neither"])
ODD = st.sampled_from(
    ["\x00", "a\x00b", "+", "++1", "٣" * 12, "x" * 256, "1" * 300, "@" * 255, "\u202e", 10**254, -(10**4000)]
)
TEXTS = st.text(max_size=30) | st.from_regex(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{0,40}") | st.from_regex(r"\+?[0-9 ()-]{0,20}")
SCALARS = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | TEXTS | ODD
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
TODAY = date(2026, 11, 30)
NAMES = st.sampled_from(sorted({field.name for found in CORRIDORS for field in found.fields} | {"phone_country"}))


def errors_of(type_, changes, kind="person"):
    found = corridor(type_)
    details = {name: value for name, value in {**found.examples[kind], **changes}.items() if value is not None}
    return {
        name: [e["error"] for e in errors]
        for name, errors in check_details(found, kind, details, today=TODAY).errors.items()
    }


def sender_errors_of(type_, profile, details=None, **more):
    found = check_sender(corridor(type_), details or {}, {"type": "person", **profile}, **more)
    return {name: [e["error"] for e in errors] for name, errors in found.items()}


@settings(deadline=None)
@given(TYPES, KINDS, st.dictionaries(NAMES | st.text(max_size=5), VALUES, max_size=12))
def test_judging_details_never_raises_and_drops_nothing_but_blanks(found, kind, details):
    checked = check_details(found, kind, details, today=TODAY)
    assert all(isinstance(details[name], str) for name in details.keys() - checked.details.keys())
    assert "".join(details[name] for name in details.keys() - checked.details.keys()).strip() == ""
    msgspec.convert(checked.errors, dict[str, list[dict[str, str]]])
    fields_and_all = {field.name for field in found.fields} | {"details"}
    assert checked.errors.keys() <= fields_and_all


@settings(deadline=None)
@given(TYPES, st.dictionaries(NAMES, VALUES, max_size=6), st.dictionaries(st.text(max_size=20) | NAMES, VALUES))
def test_judging_senders_never_raises(found, details, profile):
    check_sender(found, details, profile)


def test_details_that_are_not_known_are_kept():
    details = {**corridor("NGN::Bank").examples["person"], "colour": {"deep": ["red", 1]}, "name": "unused"}
    checked = check_details(corridor("NGN::Bank"), "person", details, today=TODAY)
    assert checked.errors == {}
    assert checked.details == details


def test_endless_details_are_refused():
    assert errors_of("NGN::Bank", {"colour": "x" * 70_000}) == {"details": ["too_long"]}


def test_numbers_are_kept_as_their_digits():
    details = {**corridor("NGN::Bank").examples["person"], "bank_account": 12345678900, "bank_account_type": 20}
    checked = check_details(corridor("NGN::Bank"), "person", details, today=TODAY)
    assert checked.errors == {}
    assert checked.details["bank_account"] == "12345678900"
    assert checked.details["bank_account_type"] == "20"


def test_a_date_is_kept_without_the_time_that_some_sdks_send():
    details = {**corridor("NGN::Bank").examples["person"], "birth_date": "1974-12-24T00:00:00.000Z"}
    checked = check_details(corridor("NGN::Bank"), "person", details, today=TODAY)
    assert (checked.errors, checked.details["birth_date"]) == ({}, "1974-12-24")
    assert errors_of("NGN::Bank", {"birth_date": "1974-99-24"}) == {"birth_date": ["invalid"]}


def test_a_blank_date_or_choice_is_as_good_as_none():
    details = {**corridor("NGN::Bank").examples["person"], "birth_date": "", "mobile_provider": ""}
    checked = check_details(corridor("NGN::Bank"), "person", details, today=TODAY)
    assert checked.details == corridor("NGN::Bank").examples["person"]
    assert errors_of("GHS::Bank", {"transfer_reason": ""}) == {"transfer_reason": ["blank"]}


def test_what_no_sdk_can_send_is_needed_by_the_corridor_and_not_within_the_sdks():
    lenient = corridor("GHS::Bank", within_sdks=True)
    for kind in ("person", "business"):
        details = dict(corridor("GHS::Bank").examples[kind])
        del details["gender"]
        assert check_details(corridor("GHS::Bank"), kind, details, today=TODAY).errors == {
            "gender": [{"error": "blank"}]
        }
        assert check_details(lenient, kind, details, today=TODAY).errors == {}
        assert check_details(lenient, kind, {**details, "gender": "X"}, today=TODAY).errors == {
            "gender": [{"error": "inclusion"}]
        }
    assert corridor("NGN::Bank", within_sdks=True) == corridor("NGN::Bank")


@pytest.mark.parametrize("value", [True, ["058"], {"code": "058"}, "a\x00b"])
def test_what_is_not_text_is_invalid(value):
    assert errors_of("NGN::Bank", {"bank_account": value}) == {"bank_account": ["invalid"]}


@pytest.mark.parametrize("value", ["x" * 256, pytest.param(10**255, id="long"), pytest.param(10**4000, id="longer")])
def test_more_than_255_characters_are_too_long(value):
    assert errors_of("NGN::Bank", {"street": value}) == {"street": ["too_long"]}
    assert errors_of("NGN::Bank", {"street": "x" * 255}) == {}


def test_a_narration_has_its_own_limit():
    assert errors_of("ZAR::Bank", {"narration": "x" * 80}) == {}
    assert errors_of("ZAR::Bank", {"narration": "x" * 81}) == {"narration": ["too_long"]}
    assert errors_of("XOF::Bank", {"narration": "x" * 16}) == {"narration": ["too_long"]}


@pytest.mark.parametrize(
    ("type_", "changes"),
    [
        ("NGN::Bank", {"bank_account": "12345678900"}),
        ("GHS::Bank", {"bank_account": "12345678900"}),
        ("GHS::Mobile", {"phone_number": "+233302123400"}),
        ("UGX::Mobile", {"phone_number": "+256752123400"}),
        ("UGX::Mobile", {"phone_number": "+256772123419", "mobile_provider": "mtn"}),
        ("XAF::Mobile", {"phone_number": "+237674044400"}),
        ("XAF::Mobile", {"phone_number": "+24174709400", "country": "GA", "mobile_provider": "airtel"}),
        ("XOF::Mobile", {"phone_number": "+221774044400"}),
        ("XOF::Mobile", {"phone_number": "+22890044440", "country": "TG", "mobile_provider": "tmoney"}),
        ("EUR::Bank", {"bic": "DEUTDEBBXXX"}),
        ("GBP::Bank", {"bank_account": None, "sort_code": None, "iban": "GB45LOYD60161331926819", "bic": "LOYDGB2L"}),
        ("KES::Bank", {"relationship_to_sender": "Aunt"}),
        ("XAF::Bank", {"bank_code": "10033", "bank_account": "09011000459", "sort_code": "10"}),
        ("EGP::Cash", {"reference": "3414006608"}),
        ("BRL::Bank", {"phone_number": "+552112345678", "postal_code": "70070"}),
    ],
)
def test_documented_values_pass(type_, changes):
    assert errors_of(type_, changes) == {}


@pytest.mark.parametrize(
    ("type_", "changes"),
    [
        ("UGX::Mobile", {"phone_number": "752123400"}),
        ("UGX::Mobile", {"phone_number": "0752 123 400"}),
        ("UGX::Mobile", {"phone_number": "256752123400"}),
        ("UGX::Mobile", {"phone_number": 752123400}),
        ("NGN::Mobile", {"phone_number": "7087661234", "phone_country": "NG"}),
        ("XOF::Cash", {"phone_number": "20 7946 0000", "phone_country": "gb"}),
        ("XOF::Cash", {"phone_number": "+44 20 7946 0000"}),
        ("XOF::Mobile", {"phone_number": "774044436"}),
        ("XOF::Cash", {"phone_number": "774044436"}),
        ("EGP::Bank", {"phone_number": "01023456789"}),
    ],
)
def test_phone_numbers_may_be_national_or_foreign(type_, changes):
    assert errors_of(type_, changes) == {}


@pytest.mark.parametrize(
    ("type_", "number"),
    [
        ("UGX::Mobile", "no number"),
        ("UGX::Mobile", "+256ABCDEFGHI"),
        ("UGX::Mobile", "+2567"),
        ("UGX::Mobile", "+" + "1" * 200),
        ("UGX::Mobile", "+999123456789"),
        ("EGP::Cash", "+256752123400"),
        ("UGX::Mobile", "+44 20 7946 0000"),
        ("GHS::Mobile", "+447400123456"),
        ("XOF::Mobile", "+2250712345600"),  # a wallet in Senegal has no number of Côte d'Ivoire
    ],
)
def test_phone_numbers_that_cannot_be_are_invalid(type_, number):
    assert errors_of(type_, {"phone_number": number}) == {"phone_number": ["invalid"]}


@pytest.mark.parametrize(
    ("type_", "iban", "expected"),
    [
        ("EUR::Bank", "DE89370400440532013000", {}),
        ("EUR::Bank", "de89 3704 0044 0532 0130 00", {}),
        ("EUR::Bank", "CM2110033052090901100045910", {}),
        ("EUR::Bank", "DE88370400440532013000", {"iban": ["invalid"]}),
        ("EUR::Bank", "DE8937040044053201300", {"iban": ["invalid"]}),
        ("EUR::Bank", "ZZ89370400440532013000", {"iban": ["invalid"]}),
        # A sample of the old documentation whose check digits are wrong.
        ("EUR::Bank", "GB29LOYD60161331926819", {"iban": ["invalid"]}),
        ("USD::Bank", "EG380019000500000000263180002", {}),
        ("USD::Bank", "EG38 0019 0005 0000 0000 2631 8000 2", {}),
        ("USD::Bank", "DE89370400440532013000", {"iban": ["invalid"]}),
        ("CRC::Bank", "CR05015202001026284066", {}),
        ("XOF::Bank", "BJ061 01001 001443900007 69", {}),
        ("XOF::Bank", "BJ66 BJ06 1010 0100 1443 9000 0769", {}),  # the IBAN that holds it
        ("XOF::Bank", "BJ06101001001443900007", {"iban": ["invalid"]}),
        ("XOF::Bank", "BJ0610100100144390000768", {"iban": ["invalid"]}),  # another key
        ("XOF::Bank", "XX0160120102600100668497", {"iban": ["invalid"]}),
        ("XOF::Bank", "BJ67BJ0610100100144390000769", {"iban": ["invalid"]}),
        ("XAF::Bank", "CM21 10033 05209 09011000459 10", {}),
        ("XAF::Bank", "10033 05209 09011000459 10", {}),
        ("XAF::Bank", "CM2110033052090901100045911", {"iban": ["invalid"]}),
        ("XAF::Bank", "10033052090901100045911", {"iban": ["invalid"]}),
        ("XAF::Bank", "DE89370400440532013000", {"iban": ["invalid"]}),
        ("MAD::Bank", "00778700198887766543129", {"iban": ["invalid"]}),
    ],
)
def test_ibans_and_what_is_called_one(type_, iban, expected):
    assert errors_of(type_, {"iban": iban}) == expected


def test_a_gbp_payout_needs_an_account_with_its_sort_code_or_an_iban():
    nothing = {"bank_account": None, "sort_code": None}
    assert errors_of("GBP::Bank", nothing) == {
        "bank_account": ["blank"],
        "sort_code": ["blank"],
        "iban": ["blank"],
    }
    assert errors_of("GBP::Bank", {"sort_code": None}) == {"sort_code": ["blank"]}
    assert errors_of("GBP::Bank", {"bank_account": None}) == {"bank_account": ["blank"]}
    assert errors_of("GBP::Bank", {**nothing, "iban": "GB45LOYD60161331926819"}) == {}
    assert errors_of("GBP::Bank", {"sort_code": "12-34-56"}) == {"sort_code": ["invalid"]}


def test_a_zar_payout_needs_a_bank_code_or_a_branch_code():
    assert errors_of("ZAR::Bank", {"bank_code": None}) == {"bank_code": ["blank"], "branch_code": ["blank"]}
    assert errors_of("ZAR::Bank", {"bank_code": "", "branch_code": "630067"}) == {}


def test_a_brl_payout_goes_by_pix_or_by_ted():
    no_pix = {"pix_key_type": None, "pix_key_value": None}
    ted = {"bank_code": "104", "branch_code": "00001", "bank_account": "0009795493", "bank_account_type": "20"}
    assert errors_of("BRL::Bank", {**no_pix, **ted}) == {}
    assert errors_of("BRL::Bank", no_pix) == {"pix_key_type": ["blank"], "bank_code": ["blank"]}
    assert errors_of("BRL::Bank", {"pix_key_value": None}) == {"pix_key_value": ["blank"]}
    assert errors_of("BRL::Bank", {**no_pix, **ted, "branch_code": None}) == {"branch_code": ["blank"]}


def test_mobile_providers_differ_from_country_to_country():
    assert errors_of("XOF::Mobile", {"mobile_provider": "mtn"}) == {"mobile_provider": ["inclusion"]}
    abidjan = {"phone_number": "+2250712345600", "country": "CI"}
    assert errors_of("XOF::Mobile", {"mobile_provider": "mtn", **abidjan}) == {}
    assert errors_of("XOF::Mobile", {"mobile_provider": "ORANGE"}) == {"mobile_provider": ["inclusion"]}
    assert errors_of("XOF::Mobile", {"country": "ML"}) == {"country": ["inclusion"]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"birth_date": "1980-02-29"}, {}),
        ({"birth_date": "2026-11-30"}, {}),
        ({"birth_date": "2999-01-01"}, {"birth_date": ["invalid"]}),
        ({"birth_date": "0001-01-01"}, {"birth_date": ["invalid"]}),
        ({"birth_date": "1900-12-31"}, {"birth_date": ["invalid"]}),
        ({"birth_date": "1980-02-29T00:00:00.000Z"}, {}),
        ({"birth_date": "1981-02-29"}, {"birth_date": ["invalid"]}),
        ({"birth_date": "29.2.1980"}, {"birth_date": ["invalid"]}),
        ({"email": "jane.doe+x@mail.example.com"}, {}),
        ({"email": "a" * 40 + "!"}, {"email": ["invalid"]}),
        ({"bank_account_type": "30"}, {"bank_account_type": ["inclusion"]}),
        ({"bank_code": "063"}, {"bank_code": ["inclusion"]}),
    ],
)
def test_other_formats(changes, expected):
    assert errors_of("NGN::Bank", changes) == expected


@pytest.mark.parametrize(
    ("bic", "expected"),
    [
        ("DEUTDEFF", {}),
        ("NCBVXKPR", {}),
        ("deut de ff 500", {}),
        ("DEUTDE", {"bic": ["invalid"]}),
        ("DEUTZZFF", {"bic": ["invalid"]}),
    ],
)
def test_bics(bic, expected):
    assert errors_of("EUR::Bank", {"bic": bic}) == expected


def test_businesses_give_their_name_and_no_first_name():
    assert errors_of("NGN::Bank", {"name": None, "first_name": ["odd"]}, "business") == {"name": ["blank"]}


def test_a_corridor_that_pays_people_only_refuses_businesses():
    assert recipient_type_error(corridor("GHS::Mobile"), "business") == "inclusion"
    assert recipient_type_error(corridor("GHS::Mobile"), "person") is None
    assert recipient_type_error(corridor("NGN::Bank"), "business") is None


IDENTIFIED = {"identification_type": "PP", "identification_number": "A1234"}


@pytest.mark.parametrize(
    ("type_", "profile", "expected"),
    [
        ("NGN::Bank", {"street": "1 Road"}, {}),
        ("NGN::Bank", {"street": " "}, {"street": ["blank"]}),
        ("NGN::Bank", {"type": "business"}, {"street": ["blank"]}),
        ("GHS::Mobile", {}, {}),
        ("MAD::Cash", IDENTIFIED, {}),
        ("MAD::Cash", {}, {"identification_type": ["blank"], "identification_number": ["blank"]}),
        ("XOF::Cash", {**IDENTIFIED, "identification_type": "DL"}, {"identification_type": ["inclusion"]}),
        (
            "UGX::Mobile",
            {**IDENTIFIED, "phone_number": "+256752123400", "country": "UG"},
            {"nationality": ["blank"]},
        ),
        ("UGX::Mobile", {**IDENTIFIED, "phone_number": "+256752123400", "country": "UG", "type": "business"}, {}),
        (
            "EGP::Bank",
            {"type": "business", "street": "1 Road"},
            {"registration_number": ["blank"], "registration_date": ["blank"]},
        ),
    ],
)
def test_what_corridors_ask_of_senders(type_, profile, expected):
    assert sender_errors_of(type_, profile) == expected


def test_some_needs_hold_for_one_country_only():
    assert sender_errors_of("XOF::Mobile", {}, {"country": "TG"}) == {"phone_number": ["blank"]}
    assert sender_errors_of("XOF::Mobile", {}, {"country": "SN"}) == {}


def test_egyptian_companies_are_paid_by_people_only():
    company = {"type": "business", "street": "1 Road", "registration_number": "1", "registration_date": "2001-01-01"}
    assert sender_errors_of("EGP::Bank", company, recipient_type="business") == {"type": ["inclusion"]}
    assert sender_errors_of("EGP::Bank", company, recipient_type="person") == {}


@pytest.mark.parametrize("found", CORRIDORS, ids=lambda found: found.type)
def test_fields_are_json_and_each_is_an_input_or_a_select(found):
    for kind in found.recipient_types:
        described = json.decode(json.encode(fields(found, kind)))
        assert {entry["type"] for entry in described.values()} <= {"input", "select"}
        for entry in described.values():
            assert entry["validations"].get("presence", True) is True
            inclusion = entry["validations"].get("inclusion")
            assert (entry["type"] == "select") == (inclusion is not None)
            if inclusion:
                assert entry["options"] == inclusion["in"]
                assert inclusion["allow_blank"] == ("presence" not in entry["validations"])


def test_fields_speak_as_the_documented_sample_does():
    described = fields(corridor("NGN::Bank"))
    assert described["first_name"] == {"type": "input", "validations": {"presence": True}}
    assert described["bank_account_type"] == {
        "type": "select",
        "validations": {"inclusion": {"in": {"10": "Savings", "20": "Current"}, "allow_blank": True}},
        "options": {"10": "Savings", "20": "Current"},
    }
    assert described["bank_code"]["options"]["058"]
    assert described["email"]["validations"]["format"]["with"].startswith(r"\A((\w+")
    assert fields(corridor("GHS::Bank"))["bank_account"]["validations"]["format"] == {"with": r"(?-mix:\A\d+\z)"}


def test_fields_of_a_business_are_those_a_business_gives():
    described = fields(corridor("NGN::Bank"), "business")
    assert "first_name" not in described
    assert described["name"] == {"type": "input", "validations": {"presence": True}}


def test_fields_name_only_the_providers_that_some_country_has():
    assert "africell" not in fields(corridor("XOF::Mobile"))["mobile_provider"]["options"]
