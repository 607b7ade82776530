from pathlib import Path

import pytest

from bitpesa.rails.corridors.catalogue import load
from bitpesa.rails.corridors.data_file import BrokenData

GOOD = """\
type = "NGN::Bank"
countries = ["NG"]
method = "bank"
offered = true
recipients = ["person"]

[fields]
bank_code = { person = "always", options_file = "banks/NGN-Bank.csv" }
bank_account = { person = "always" }

[examples.person]
bank_code = "058"
"""
BANKS = "code,name,country\n058,GTBank,NG\n044,Access Bank,NG\n"


def written(folder: Path, corridor: str, banks: str = BANKS) -> Path:
    folder.joinpath("banks").mkdir()
    folder.joinpath("banks", "NGN-Bank.csv").write_text(banks)
    folder.joinpath("NGN-Bank.toml").write_text(corridor)
    return folder


def test_a_good_file_is_read(tmp_path):
    (found,) = load(written(tmp_path, GOOD))
    assert (found.type, found.currency, [bank.code for bank in found.banks]) == ("NGN::Bank", "NGN", ["058", "044"])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("offered = true", "offered = maybe", "line 4"),
        ("offered = true", "offered = 1", r"\$\.offered"),
        ("offered = true", "offered = true\ncolour = 1", "colour"),
        ('"NGN::Bank"', '"NGN:Bank"', r"\$\.type"),
        ('"NGN::Bank"', '"QQQ::Bank"', "type: QQQ is not a currency"),
        ('["NG"]', '["XX"]', "countries: XX"),
        ('"bank"', '"pigeon"', r"\$\.method"),
        ('["person"]', "[]", r"\$\.recipients"),
        ('{ person = "always" }', '{ person = "alway" }', r"\$\.fields\["),
        ('{ person = "always" }', '{ persons = "always" }', "persons"),
        ('{ person = "always" }', "{}", "fields.bank_account: is used by no recipient"),
        ('{ person = "always" }', '{ business = "always" }', "fields.bank_account: is used by no recipient"),
        ('{ person = "always" }', '{ both = "always", person = "optional" }', "fields.bank_account: says both"),
        ('{ person = "always" }', '{ person = "always", business = "optional" }', "fields.bank_account: speaks of bus"),
        ('{ person = "always" }', '{ person = "conditional" }', "fields.bank_account: is conditional without"),
        ('{ person = "always" }', '{ person = "always", beyond_sdks = true }', "fields.bank_account: is beyond SDKs"),
        ('{ person = "always" }', '{ person = "always", when_given = ["bank_code"] }', "fields.bank_account: is cond"),
        (
            '{ person = "always" }',
            '{ person = "conditional", when_given = ["iban"] }',
            "when_given: iban is not a field",
        ),
        ('{ person = "always" }', '{ person = "always", format = "money" }', "bank_account|format|Invalid enum"),
        ('{ person = "always" }', '{ person = "always", pattern = "[" }', "fields.bank_account: pattern"),
        ('{ person = "always" }', '{ person = "always", pattern = "(a+)+" }', "repeats a group"),
        ('{ person = "always" }', '{ person = "always", longest = 256 }', r"\$\.fields"),
        ('{ person = "always" }', '{ person = "always", default = "x" }', "fields.bank_account: default x"),
        ("NGN-Bank.csv", "GHS-Bank.csv", "banks/GHS-Bank.csv: there is no such file"),
        ('csv" }', 'csv", options = { 1 = "x" } }', "fields.bank_code: has options and an options_file"),
        (
            "[examples.person]",
            '[options_by_country.bank_code]\nNG = ["058"]\n[examples.person]',
            "country is not a field",
        ),
        ("[examples.person]", '[[sender_needs]]\nof = "all"\nfields = ["street"]\n[examples.person]', r"sender_needs"),
        (
            "[examples.person]",
            '[[sender_needs]]\nof = "both"\nfields = ["street"]\nwhen_paid_in = ["GH"]\n[examples.person]',
            "sender_needs.when_paid_in: GH",
        ),
        ("[examples.person]", "[examples.business]", "examples: one is needed"),
        ('bank_code = "058"', 'iban = "058"', "examples.person: iban is not a field"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path, old, new, complaint):
    broken = GOOD.replace(old, new)
    assert broken != GOOD
    with pytest.raises(BrokenData, match=complaint) as raised:
        load(written(tmp_path, broken))
    assert "NGN-Bank.toml" in str(raised.value) or "banks/" in str(raised.value)


@pytest.mark.parametrize(
    ("banks", "complaint"),
    [
        ("code,name,country\n058,GTBank,NG\n058,Other,NG\n", "line 3: 058 is listed twice"),
        ("code,name,country\n,GTBank,NG\n", "line 2: a row needs a code"),
        ("code,name,country\n058,,NG\n", "line 2: a row needs a code"),
        ("code,name,country\n058,GTBank,NG,x\n", "line 2: a row needs"),
        ("code,name,country\n058,GTBank,XX\n", "line 2: 'XX' is not a country"),
        ("code,title\n058,GTBank\n", "line 2: a row needs a code and a name"),
        ("", "the list is empty"),
    ],
)
def test_a_broken_list_is_named_with_its_line(tmp_path, banks, complaint):
    with pytest.raises(BrokenData, match=f"banks/NGN-Bank.csv.*{complaint}"):
        load(written(tmp_path, GOOD, banks))


def test_options_by_country_must_be_options(tmp_path):
    corridor = GOOD.replace(
        "[fields]", '[fields]\ncountry = { person = "always", options = { NG = "Nigeria" } }'
    ).replace("[examples.person]", '[options_by_country.bank_code]\nNG = ["999"]\n[examples.person]')
    with pytest.raises(BrokenData, match=r"options_by_country\.bank_code names 999"):
        load(written(tmp_path, corridor))


def test_a_type_is_described_once(tmp_path):
    folder = written(tmp_path, GOOD)
    folder.joinpath("Other.toml").write_text(GOOD)
    with pytest.raises(BrokenData, match=r"Other\.toml: type: NGN::Bank is described elsewhere too"):
        load(folder)


def test_a_balance_is_of_a_currency_in_which_balances_are_held(tmp_path):
    corridor = GOOD.replace('"NGN::Bank"', '"AED::Balance"').replace('"bank"', '"balance"')
    with pytest.raises(BrokenData, match="balances are not held in AED"):
        load(written(tmp_path, corridor))


def test_several_types_may_share_a_file(tmp_path):
    found = load(written(tmp_path, GOOD.replace('"NGN::Bank"', '["NGN::Bank", "USD::Bank"]')))
    assert [(each.type, each.currency) for each in found] == [("NGN::Bank", "NGN"), ("USD::Bank", "USD")]
