from pathlib import Path

import pytest

from bitpesa.payments.collections.catalogue import PAYIN_TYPES, BrokenData, load

RIGHT = """
type = "EUR::Bank"
countries = []
offered = true
reference = "letters"
[fields]
[flows.bank_transfer]
[example]
"""


def test_these_are_the_payin_types_that_are_offered_and_those_that_may_be_opened():
    offered = {name for name, type_ in PAYIN_TYPES.items() if type_.offered}
    assert offered == {"NGN::Bank", "GHS::Mobile", "UGX::Mobile", "XOF::Mobile", "EUR::Bank", "GBP::Bank"}
    assert PAYIN_TYPES.keys() - offered == {"NGN::Mobile", "TZS::Mobile", "BTC"}


def test_bank_transfers_are_waited_for_longer():
    hours = {(name, flow): entry.hours_to_pay for name, t in PAYIN_TYPES.items() for flow, entry in t.flows.items()}
    longer = {key: value for key, value in hours.items() if value != 1}
    assert longer == {
        ("EUR::Bank", "bank_transfer"): 72,
        ("GBP::Bank", "bank_transfer"): 72,
        ("NGN::Bank", "bank_transfer"): 24,
    }


def test_a_right_file_is_read(tmp_path: Path):
    (tmp_path / "a.toml").write_text(RIGHT)
    assert list(load(tmp_path)) == ["EUR::Bank"]


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ("EUR::Bank", "EUR::Bank", "described elsewhere"),
        ("EUR::Bank", "XYZ::Bank", "XYZ cannot be paid in"),
        ("EUR::Bank", "INR::Bank", "INR cannot be paid in"),
        ("[flows.bank_transfer]", "[flows]", "there is no flow"),
        ("[flows.bank_transfer]", "[flows.telepathy]", "Invalid enum value"),
        ("[flows.bank_transfer]", "[flows.bank_transfer]\notp = 'sent'", "its otp is no field"),
        ("[flows.bank_transfer]", "[flows.bank_transfer]\nroutes = [{ x = 'y' }]", "x is no field"),
        ("[fields]", "[fields]\nx = { pattern = '(a+)+' }", "take for ever"),
        ("[fields]", "[fields]\nx = { flows = ['ussd_popup'] }", "is no flow of it"),
        ("[fields]", "[fields]\nx = { color = 'red' }", "unknown field"),
        ("[example]", "[example]\nx = 'y'", "example: x is no field"),
        ("countries = []", "countries = [", "a.toml"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, wrong: str, right: str, complaint: str):
    (tmp_path / "a.toml").write_text(RIGHT.replace(wrong, right))
    if wrong == right:
        (tmp_path / "b.toml").write_text(RIGHT)
    with pytest.raises(BrokenData, match=complaint):
        load(tmp_path)
