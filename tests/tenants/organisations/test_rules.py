from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values import json
from bitpesa.tenants.organisations import rules
from bitpesa.tenants.organisations.model import AppSettings

DEFAULTS = AppSettings()


def errors_of(changes):
    with pytest.raises(Invalid) as refusal:
        rules.changed_settings(DEFAULTS, changes)
    return {name: errors[0]["error"] for name, errors in refusal.value.object["errors"].items()}


def test_a_sandbox_asks_for_no_documents_and_live_does():
    assert rules.default_settings("sandbox").kyc_mode == "waived"
    assert rules.default_settings("live").kyc_mode == "documents"


def test_the_first_values_are_those_of_the_specification():
    assert (DEFAULTS.unapproved_sender_policy, DEFAULTS.waived_sender_state) == ("hold", "approved")
    assert (DEFAULTS.wtr2, DEFAULTS.sender_external_id_on_transaction) == (False, "update")
    assert (DEFAULTS.auto_refund_default, DEFAULTS.account_validation_default) == (True, False)
    assert (DEFAULTS.negative_balance, DEFAULTS.same_currency, DEFAULTS.collections) == (False, None, True)
    assert (DEFAULTS.fee_rate, DEFAULTS.fee_rates, DEFAULTS.mandate_required) == (0, {}, False)


def test_settings_that_were_not_stored_have_their_defaults():
    assert rules.read_settings("live", "{}") == DEFAULTS
    assert rules.read_settings("sandbox", '{"wtr2":true}') == AppSettings(kyc_mode="waived", wtr2=True)


def test_settings_of_another_release_are_passed_over():
    assert rules.read_settings("live", '{"of_the_future":1}') == DEFAULTS


def test_stored_settings_read_as_they_were():
    settings = AppSettings(fee_rate=Decimal("0.03"), fee_rates={"NGN::Bank": Decimal("0.1")}, same_currency=False)
    assert rules.read_settings("live", json.encode_text(settings)) == settings


def test_a_change_leaves_the_rest():
    changed = rules.changed_settings(AppSettings(wtr2=True), {"fee_rate": Decimal("0.03"), "kyc_mode": "waived"})
    assert changed == AppSettings(wtr2=True, fee_rate=Decimal("0.03"), kyc_mode="waived")


@pytest.mark.parametrize("value", [Decimal("0.03"), "0.03", 0])
def test_a_fraction_may_be_written_as_number_or_text(value):
    assert rules.changed_settings(DEFAULTS, {"fee_rate": value}).fee_rate == Decimal(str(value))


@pytest.mark.parametrize(("value", "kept"), [(50, Decimal(50)), ("10000.50", Decimal("10000.50")), (0, Decimal(0))])
def test_an_amount_from_which_on_payments_are_held_may_be_of_any_size(value, kept):
    changed = rules.changed_settings(AppSettings(), {"hold_from_usd": value, "hold_on_hits": True})
    assert (changed.hold_from_usd, changed.hold_on_hits) == (kept, True)
    assert rules.changed_settings(changed, {"hold_from_usd": None}).hold_from_usd is None


def test_an_unknown_setting_is_told():
    assert errors_of({"colour": "red", "wtr2": "yes"}) == {"colour": "unknown", "wtr2": "invalid"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kyc_mode", "none"),
        ("kyc_mode", None),
        ("wtr2", 1),
        ("wtr2", None),
        ("fee_rate", 1),
        ("fee_rate", "-0.01"),
        ("fee_rate", "NaN"),
        ("fee_rate", "Infinity"),
        ("fee_rate", True),
        ("fee_rate", None),
        ("margin", "1.5"),
        ("fee_rates", {"NGN::Bank": 2}),
        ("fee_rates", {"naira": 0}),
        ("fee_rates", [0]),
        ("closed_corridors", ["NGN"]),
        ("open_corridors", "NGN::Bank"),
        ("same_currency", "maybe"),
        ("hold_from_usd", -1),
        ("hold_from_usd", "NaN"),
        ("hold_from_usd", "Infinity"),
        ("hold_from_usd", "much"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(name, value):
    assert errors_of({name: value}) == {name: "invalid"}


@given(st.dictionaries(st.sampled_from(sorted(rules.SETTINGS)), st.none() | st.booleans() | st.text() | st.decimals()))
def test_any_change_is_made_or_refused(changes):
    try:
        settings = rules.changed_settings(DEFAULTS, changes)
    except Invalid:
        return
    assert rules.read_settings("live", json.encode_text(settings)) == settings


def test_a_key_tells_its_environment_and_a_secret_tells_nothing():
    assert rules.new_key("sandbox").startswith("sandbox_")
    assert rules.new_key("live").startswith("live_")
    assert len({rules.new_key("live") for _ in range(100)} | {rules.new_secret() for _ in range(100)}) == 200
    assert len(rules.new_secret()) == 64


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("margin", "0.03", Decimal("0.03")),
        ("margin", '"0.03"', Decimal("0.03")),
        ("fee_rate", "0", Decimal(0)),
        ("hold_from_usd", "5000", Decimal(5000)),
        ("hold_from_usd", "null", None),
        (
            "fee_rates",
            '{"NGN::Bank": "0.03", "GHS::Bank": 0.01}',
            {"NGN::Bank": Decimal("0.03"), "GHS::Bank": Decimal("0.01")},
        ),
        ("hard_limits", "true", True),
        ("kyc_mode", "waived", "waived"),
        ("closed_corridors", '["NGN::Bank"]', ["NGN::Bank"]),
        ("unknown", "1", 1),
    ],
)
def test_a_setting_is_read_as_it_is_typed(name, typed, value):
    assert rules.read_typed_setting(name, typed) == value


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("margin", "0,03", "0,03 can be read as 003 or as 0.03"),
        ("fee_rate", "\u0660.\u0660\u0663", "digits of another script: write 0.03"),
        ("fee_rate", "1_0", "if you mean 10, write that"),
        ("fee_rate", "", "blank"),
        ("hold_from_usd", "5,000", "5,000 can be read as 5000 or as 5.000"),
        ("hold_from_usd", "1e5", "written with an exponent"),
        ("fee_rates", '{"NGN::Bank": "0,03"}', "0,03 can be read as"),
        ("fee_rates", "0.03", "invalid"),
        ("fee_rates", "NGN=0.03", "is not JSON"),
    ],
)
def test_a_number_among_the_settings_has_one_reading(name, typed, words):
    with pytest.raises(Invalid) as refusal:
        rules.read_typed_setting(name, typed)
    assert words in refusal.value.object["errors"][name][0]["error"]
