from bitpesa.kernel.values import json
from bitpesa.rails.corridors.catalogue import CORRIDORS, corridor
from bitpesa.rails.corridors.wire import payment_method_json


def test_a_payment_method_tells_its_fields():
    told = payment_method_json(corridor("GHS::Mobile"), provider="simulator", is_default=True)
    assert told["type"] == "GHS::Mobile"
    assert told["details"] == [
        "first_name",
        "last_name",
        "phone_number",
        "mobile_provider",
        "transfer_reason",
        "gender",
    ]
    assert told["fields"].keys() == set(told["details"])
    assert (told["provider"], told["default"], told["otc_permitted"]) == ("simulator", True, False)


def test_every_corridor_can_be_listed():
    opposite = {"type": "NGN::Bank", "fields": {}}
    for found in CORRIDORS:
        told = json.decode(json.encode(payment_method_json(found, provider="simulator", opposites=[opposite])))
        assert told["opposites"] == [opposite]
        assert told["default"] is False
