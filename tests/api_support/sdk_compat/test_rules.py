from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitpesa.api.refusal_bodies import echoed
from bitpesa.api_support.sdk_compat.catalogue import MODELS, BrokenModels, load
from bitpesa.api_support.sdk_compat.rules import PAYIN_DETAILS, date_in, kept_details, readable, shown_details
from bitpesa.kernel.values import json
from tests.api_support.sdk_compat.strict import KINDS, read

SENDER = MODELS["Sender"]

LIKELY = st.sampled_from(
    [
        *(
            "",
            " ",
            "x",
            "person",
            "M",
            "20",
            "mtn",
            "ID",
            "0",
            "1e3",
            "1e400",
            "NaN",
            "+5",
            "1_0",
            "1" * 40,
            "-0",
            "\uff19",
        ),
        *("1974-12-24", "1974-99-24", "1974-12-24T00:00:00.000Z", "2018-04-01 10:00", "0001-01-01", "0000-01-01"),
        *("9999-12-31T23:59:59-12:00", "ussd_popup", "not-a-uuid", "01a20fcc-92a0-77a6-b1af-7f59c9df7587"),
    ]
)
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from([10**400, -(10**4000)])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | LIKELY | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "name", "type"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def objects(name: str) -> st.SearchStrategy[dict]:
    """Objects with the members of a model, each of which may hold anything, or what belongs there."""
    inside = {member: _inside(kind) for member, kind in KINDS[name].items()}
    return st.fixed_dictionaries({}, optional={**inside, "colour": VALUES})


def _inside(kind) -> st.SearchStrategy:
    if isinstance(kind, str):
        return VALUES | objects(kind)
    if isinstance(kind, list) and isinstance(kind[0], str):
        return VALUES | st.lists(VALUES | objects(kind[0]), max_size=2)
    return VALUES | st.sampled_from(sorted(kind)) if isinstance(kind, frozenset) else VALUES


PATHS = {
    "/senders": "Sender",
    "/transactions": "Transaction",
    "/recipients/{id}": "Recipient",
    "/payout_methods": "PayoutMethod",
    "/payin_methods/{id}": "PayinMethod",
    "/documents": "Document",
    "/accounts/debits": "Debit",
    "/webhooks": "Webhook",
}


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize(("path", "name"), PATHS.items())
@given(data=st.data())
def test_whatever_is_submitted_the_echo_can_be_read(path, name, data):
    submitted = data.draw(objects(name))
    echo = echoed(path, {**submitted, "errors": {"base": [{"error": "Not now"}]}})
    read(name, echo)
    assert echo["errors"] == {"base": [{"error": "Not now"}]}
    assert echo.keys() <= submitted.keys() | {"errors"}
    assert echoed(path, echo) == echo


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(objects("Details"))
def test_whatever_details_are_kept_what_is_shown_can_be_read(details):
    kept = kept_details(details)
    read("Details", shown_details(kept))
    assert kept_details(kept) == kept
    assert shown_details(kept) == shown_details(details)


@pytest.mark.parametrize(
    ("member", "sent", "echo"),
    [
        ("birth_date", "1974-12-24T00:00:00.000Z", {"birth_date": "1974-12-24"}),
        ("birth_date", "1974-99-24", {}),
        ("birth_date", "", {}),
        ("birth_date", 19741224, {}),
        ("birth_date", None, {"birth_date": None}),
        ("type", "alien", {}),
        ("type", "", {}),
        ("type", "business", {"type": "business"}),
        ("id", "not-a-uuid", {}),
        ("first_name", ["a"], {}),
        ("first_name", True, {}),
        ("first_name", Decimal("1.5"), {}),
        ("first_name", 7, {"first_name": "7"}),
        ("first_name", 10**400, {}),
        ("documents", "x", {}),
        ("documents", ["x", {"expiry_date": "zz", "source": "y"}], {"documents": [None, {"source": "y"}]}),
        ("list_of_countries_of_operation", ["US", {}], {"list_of_countries_of_operation": ["US", None]}),
        ("metadata", "x", {}),
        ("metadata", {"birth_date": "x"}, {"metadata": {"birth_date": "x"}}),
        ("colour", {"deep": [1]}, {"colour": {"deep": [1]}}),
    ],
)
def test_what_cannot_be_read_is_left_out(member, sent, echo):
    assert readable(SENDER, {member: sent}) == echo


def test_moments_are_written_in_full():
    person = {"name": "x", "started_date": "2018-04-01", "ended_date": "soon"}
    (shown,) = readable(SENDER, {"politically_exposed_people": [person]})["politically_exposed_people"]
    assert shown == {"name": "x", "started_date": "2018-04-01T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("sent", "written"),
    [("0100.50", b"100.5"), ("1e3", b"1000"), (Decimal("1E+2"), b"100"), (5, b"5"), (".5", b"0.5"), ("-1", b"-1")],
)
def test_numbers_are_written_as_numbers(sent, written):
    assert json.encode(readable(MODELS["Debit"], {"amount": sent})["amount"]) == written


@pytest.mark.parametrize("sent", ["", "abc", [1], True, "1e400", 10**30, "NaN", {}, " 5"])
def test_what_is_no_number_is_left_out(sent):
    assert readable(MODELS["Debit"], {"amount": sent}) == {}


def test_a_list_of_refusals_is_echoed_one_by_one():
    assert echoed("/accounts/debits", [{"amount": "abc", "to_type": "x"}, {"amount": 5}]) == [
        {"to_type": "x"},
        {"amount": 5},
    ]


def test_what_is_ours_alone_is_echoed_as_it_was_sent():
    assert echoed("/sandbox/clock", {"type": ["x"], "errors": {}}) == {"type": ["x"], "errors": {}}


def test_details_are_kept_in_the_form_they_are_shown_in():
    sent = {"birth_date": " 1974-12-24T00:00:00.000Z", "narration": 7, "bank_account_type": 20, "colour": 5}
    assert kept_details(sent) == {
        "birth_date": "1974-12-24",
        "narration": "7",
        "bank_account_type": "20",
        "colour": 5,
    }


def test_a_blank_date_or_choice_is_not_kept_and_blank_text_is():
    sent = {"birth_date": "", "mobile_provider": " ", "middle_name": "", "colour": ""}
    assert kept_details(sent) == {"middle_name": "", "colour": ""}


def test_what_is_wrong_is_kept_to_be_judged():
    sent = {"birth_date": "1974-99-24", "bank_account_type": "99", "narration": ["x"]}
    assert kept_details(sent) == sent


def test_what_no_sdk_has_a_name_for_is_kept_and_not_shown():
    details = {"identity_card_type": "NI", "bank_account_type": "50", "first_name": "Jane", "gender": "F"}
    assert kept_details(details) == details
    assert shown_details(details) == {"first_name": "Jane", "gender": "F"}


def test_details_of_payers_are_read_by_their_own_model():
    details = {"mobile_provider": "nope", "country": "ZZ", "otp": 7, "redirect_url": "https://example.com"}
    assert readable(PAYIN_DETAILS, details) == {"otp": "7", "redirect_url": "https://example.com"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1974-12-24", "1974-12-24"),
        ("1974-12-24T00:00:00.000Z", "1974-12-24"),
        ("1974-12-24 10:00", "1974-12-24"),
        ("1974-12-241", None),
        ("24.12.1974", None),
        ("1974-02-30", None),
        ("١٩٧٤-١٢-٢٤", None),
    ],
)
def test_the_date_in_a_text(text, found):
    assert date_in(text) == found


@pytest.mark.parametrize(
    ("said", "complaint"),
    [("a Horse", "a Horse"), ("one of colours", "colours"), ("list of a", "'a'"), ("blob", "blob")],
)
def test_a_data_file_that_names_what_is_not_there_is_refused(said, complaint):
    with pytest.raises(BrokenModels, match=complaint):
        load(f'[choices]\n[models.Sender]\nname = "{said}"\n')
