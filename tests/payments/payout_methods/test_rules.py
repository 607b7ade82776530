from datetime import date

from bitpesa.payments.payout_methods import rules
from bitpesa.rails.corridors.catalogue import CORRIDORS, corridor
from bitpesa.tenants.organisations.model import AppSettings

NGN = corridor("NGN::Bank")


def opened(method, **settings):
    errors = {}
    found = rules.open_corridor(method, AppSettings(**settings), errors)
    return found, {name: each[0]["error"] for name, each in errors.items()}


def test_a_type_is_known_and_open():
    assert opened({"type": "NGN::Bank"}) == (NGN, {})
    assert opened({}) == (None, {"type": "blank"})
    assert opened({"type": "NGN::Bonk"}) == (None, {"type": "inclusion"})
    assert opened({"type": 5}) == (None, {"type": "inclusion"})
    assert opened({"type": "NGN::Bank"}, closed_corridors=("NGN::Bank",)) == (None, {"type": "not_active"})


def test_a_corridor_that_is_not_offered_can_be_opened_for_one_app():
    for each in CORRIDORS:
        assert rules.is_open(each, AppSettings()) == each.offered
        assert rules.is_open(each, AppSettings(open_corridors=(each.type,)))


def test_details_tell_whom_they_are_of():
    assert rules.recipient_type(NGN, {"first_name": "Jane", "name": "Jane Doe"}) == "person"
    assert rules.recipient_type(NGN, {}) == "person"
    for each in CORRIDORS:
        liked = rules.recipient_type(each, {"name": "Nairobi Exports"})
        assert liked == ("business" if "business" in each.recipient_types else each.recipient_types[0])


def test_details_are_judged_and_kept():
    errors = {}
    assert (
        rules.read_details({"first_name": "Jane", "bank_account": 123, "x": 1}, NGN, errors, today=date(2026, 11, 30))[
            "x"
        ]
        == 1
    )
    assert errors["last_name"] == [{"error": "blank"}]
    errors = {}
    assert rules.read_details([], NGN, errors, today=date(2026, 11, 30)) == {}
    assert errors == {"details": [{"error": "invalid"}]}
