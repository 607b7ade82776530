from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.payments.collections.catalogue import PAYIN_TYPES
from bitpesa.payments.collections.draft import MOST_PAYIN_METHODS, PayinDraft, read_payin_methods
from bitpesa.payments.collections.model import UxFlow
from bitpesa.tenants.organisations.model import AppSettings

ALL_OPEN = AppSettings(open_payin_types=tuple(PAYIN_TYPES))


def read(type_: str, details: Any = None, settings: AppSettings = ALL_OPEN, **more: Any) -> PayinDraft:
    entry = {"type": type_, **more} if details is None else {"type": type_, "in_details": details, **more}
    (draft,) = read_payin_methods({"payin_methods": [entry]}, settings, type_[:3], {})
    return draft


@pytest.mark.parametrize("type_", PAYIN_TYPES)
def test_the_example_of_every_type_passes(type_):
    draft = read(type_, PAYIN_TYPES[type_].example)
    assert draft.errors == {}
    assert draft.ux_flow in PAYIN_TYPES[type_].flows


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (t.type, name)
        for t in PAYIN_TYPES.values()
        for name, f in t.fields.items()
        if f.need == "always" and not f.flows
    ],
)
def test_each_needed_detail_is_missed(type_, name):
    details = {key: value for key, value in PAYIN_TYPES[type_].example.items() if key != name}
    assert read(type_, details).errors[name] == [{"error": "blank"}]


@pytest.mark.parametrize("type_", ["EUR::Bank", "GBP::Bank", "NGN::Bank"])
def test_some_types_need_nothing(type_):
    assert read(type_).errors == {}


@pytest.mark.parametrize(
    ("type_", "details", "flow"),
    [
        ("XOF::Mobile", {"mobile_provider": "orange", "country": "SN"}, "ussd_voucher"),
        ("XOF::Mobile", {"mobile_provider": "mtn", "country": "CI"}, "ussd_popup"),
        ("XOF::Mobile", {"mobile_provider": "mtn"}, "ussd_popup"),
        ("GHS::Mobile", {"mobile_provider": "vodafone"}, "ussd_popup"),
        ("NGN::Bank", {}, "bank_transfer"),
    ],
)
def test_without_a_flow_the_first_that_fits_is_taken(type_, details, flow):
    assert read(type_, details).ux_flow == flow


def test_the_providers_of_old_clients_mean_flows():
    assert read("NGN::Bank", {}, provider="interswitch").ux_flow is UxFlow.HTTP_REDIRECT
    assert read("NGN::Bank", {}, provider="whoever").ux_flow is UxFlow.BANK_TRANSFER


@pytest.mark.parametrize(
    ("details", "flow", "errors"),
    [
        ({"mobile_provider": "mtn", "country": "SN"}, "ussd_popup", {"country": [{"error": "invalid"}]}),
        ({"mobile_provider": "orange", "country": "CI"}, "ussd_popup", {"mobile_provider": [{"error": "invalid"}]}),
        ({"mobile_provider": "mtn", "country": "CI"}, "ussd_voucher", {"mobile_provider": [{"error": "invalid"}]}),
        ({"mobile_provider": "vodafone", "country": "CI"}, "ussd_popup", {"mobile_provider": [{"error": "invalid"}]}),
        ({"mobile_provider": "mtn", "country": "KE"}, "ussd_popup", {"country": [{"error": "invalid"}]}),
        ({"mobile_provider": "orange", "country": "SN", "otp": "12a"}, "ussd_voucher", {"otp": [{"error": "invalid"}]}),
    ],
)
def test_a_flow_serves_some_networks_only(details, flow, errors):
    assert read("XOF::Mobile", {"phone_number": "+221771234700", **details}, ux_flow=flow).errors == errors


def test_a_code_that_is_missing_is_waited_for_and_no_fault():
    orange = {"phone_number": "+221771234700", "mobile_provider": "orange", "country": "SN"}
    waiting, given_ = read("XOF::Mobile", orange), read("XOF::Mobile", {**orange, "otp": 123456})
    assert (waiting.errors, waiting.awaits_otp) == ({}, True)
    assert (given_.in_details["otp"], given_.awaits_otp) == ("123456", False)


def test_what_is_closed_foreign_or_unknown_is_refused():
    assert read("BTC", settings=AppSettings()).errors == {"type": [{"error": "not_active"}]}
    assert read("XOF::Mobile", settings=AppSettings(closed_payin_types=("XOF::Mobile",))).errors == {
        "type": [{"error": "not_active"}]
    }
    assert read("XOF::Bank").errors == {"type": [{"error": "inclusion"}]}
    errors: dict[str, Any] = {}
    (draft,) = read_payin_methods({"payin_methods": [{"type": "EUR::Bank"}]}, ALL_OPEN, "XOF", errors)
    assert (draft.errors, errors) == ({"type": [{"error": "invalid"}]}, {"payin_methods": [{"error": "invalid"}]})


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("x", "invalid"),
        ({"type": "EUR::Bank"}, "invalid"),
        ([1], "invalid"),
        ([{"type": "EUR::Bank"}] * (MOST_PAYIN_METHODS + 1), "too_long"),
    ],
)
def test_what_is_no_list_of_payin_methods_is_refused(value, error):
    errors: dict[str, Any] = {}
    assert read_payin_methods({"payin_methods": value}, ALL_OPEN, "EUR", errors) == []
    assert errors == {"payin_methods": [{"error": error}]}


@pytest.mark.parametrize("value", [None, [], ""])
def test_none_are_asked_for(value):
    errors: dict[str, Any] = {}
    assert read_payin_methods({"payin_methods": value}, AppSettings(collections=False), "EUR", errors) == []
    assert errors == {}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("phone_number", "mobile_provider", "country", "otp", "redirect_url", "refund_address", "send_instructions")


@given(
    type_=st.sampled_from(sorted(PAYIN_TYPES)) | ANYTHING,
    flow=st.sampled_from(sorted(UxFlow)) | ANYTHING,
    details=st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), ANYTHING, max_size=6) | ANYTHING,
)
def test_whatever_is_sent_is_judged(type_, flow, details):
    entry = {"type": type_, "ux_flow": flow, "in_details": details}
    for draft in read_payin_methods({"payin_methods": [entry]}, ALL_OPEN, None, {}):
        assert draft.errors or draft.flow is not None
