from bitpesa.kernel.values import json
from bitpesa.payments.collections.catalogue import PAYIN_TYPES
from bitpesa.payments.collections.wire import event, payin_method_json, payment_method_json, reason_details
from tests.payments.collections.examples import method


def test_a_payin_method_has_what_clients_read():
    assert payin_method_json(method("pending", result_code="14")) == {
        "id": "00000000-0000-0000-0000-000000000002",
        "type": "XOF::Mobile",
        "ux_flow": "ussd_popup",
        "state": "pending",
        "state_reason_details": reason_details("14"),
        "in_details": {"phone_number": "+2250102030405", "mobile_provider": "mtn"},
        "out_details": {"style": "info"},
        "instructions": {},
        "errors": {},
    }


def test_categories_speak_of_payers():
    assert reason_details("23")["category"] == "user_action_required"
    assert reason_details("412")["category"] == "user_invalid_data_error"
    assert reason_details("14")["category"] == "pending"


def test_an_event_names_its_transaction_and_echoes_the_flow():
    told = event("payin_method.pending", method("pending"), transaction_external_id="T-1")
    payload = json.decode(told.payload)
    assert payload["transaction_id"] == "00000000-0000-0000-0000-000000000003"
    assert payload["transaction_external_id"] == "T-1"
    assert payload["in_details"]["ux_flow"] == "ussd_popup"


def test_a_way_to_pay_in_is_described_for_forms():
    described = payment_method_json(PAYIN_TYPES["GHS::Mobile"], provider="us", opposites=[])
    assert (described["type"], described["provider"], described["opposites"]) == ("GHS::Mobile", "us", [])
    assert described["fields"]["phone_number"]["validations"]["presence"] is True
    assert described["fields"]["mobile_provider"]["type"] == "select"
    assert described["fields"]["otp"]["validations"] == {"format": {"with": r"(?-mix:\A\d+\z)"}}
    assert "opposites" not in payment_method_json(PAYIN_TYPES["GHS::Mobile"], provider="us")
