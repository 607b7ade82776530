import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.name_matching import names_agree
from bitpesa.payments.recipients import account_checks
from bitpesa.payments.recipients.account_checks import Check, Finding, check_needed, judge_account
from bitpesa.rails.providers.port import AccountFacts
from tests.payments.recipients.examples import EXAMPLE, recipient

NAME_DIFFERS = "The recipient name doesn't match the account holder's name. Please edit or cancel the transaction"
NETWORK_DIFFERS = (
    "The mapped mobile provider doesn't match the payout details' mobile provider. "
    "Please edit or cancel the transaction."
)
INACTIVE = "This account is either inactive or invalid. Please edit or cancel the transaction."
NOT_VERIFIED = (
    "We were not able to verify that the provided account exists. This could be a temporary error with a bank, "
    "a telco, or it can mean the provided details were incorrect. We will retry the transaction. "
    "You can also edit or cancel the payout"
)
HOLDER = {"provider_name_validation": {"valid?": True, "account_name": "TEST USER"}}


def paid_by(payout_type, mobile_provider=None, **changes):
    details = {"first_name": "Test", "last_name": "User"}
    if mobile_provider is not None:
        details["mobile_provider"] = mobile_provider
    return recipient(payout_type=payout_type, details=details, **changes)


@pytest.mark.parametrize(
    ("payout_type", "mobile_provider", "check"),
    [
        ("NGN::Bank", None, Check.NAME),
        ("GHS::Bank", None, Check.NAME),
        ("GHS::Mobile", "mtn", Check.NAME),
        ("XOF::Mobile", "orange", Check.NETWORK),
        ("XOF::Mobile", "Orange", Check.NETWORK),
        ("XOF::Mobile", "wave", None),
        ("XAF::Mobile", "orange", Check.NETWORK),
        ("XAF::Mobile", "mtn", Check.STATUS),
        ("XAF::Mobile", "airtel", None),
        ("UGX::Mobile", "mtn", None),
        ("KES::Bank", None, None),
        ("XOF::Cash", None, None),
        ("MAD::Cash", None, None),
    ],
)
def test_what_is_checked_follows_from_the_corridor_and_the_operator(payout_type, mobile_provider, check):
    assert check_needed(paid_by(payout_type, mobile_provider)) is check


def test_details_that_passed_are_not_checked_again():
    assert check_needed(paid_by("NGN::Bank", system_metadata=HOLDER)) is None
    assert check_needed(paid_by("NGN::Bank", system_metadata=HOLDER, code="3")) is None


@pytest.mark.parametrize("code", ["44", "413", "432", "32"])
def test_details_that_failed_are_checked_again(code):
    assert check_needed(paid_by("NGN::Bank", system_metadata=HOLDER, code=code)) is Check.NAME


@pytest.mark.parametrize("facts", [AccountFacts(reachable=False), AccountFacts(reachable=True)])
@pytest.mark.parametrize("check", list(Check))
def test_an_account_that_cannot_be_found_out_about_is_not_verified(check, facts):
    finding = judge_account(paid_by("NGN::Bank"), check, facts)
    assert finding == Finding({}, "32", NOT_VERIFIED)


def test_an_account_of_the_same_name_passes():
    facts = AccountFacts(reachable=True, account_name="TEST USER")
    assert judge_account(paid_by("NGN::Bank"), Check.NAME, facts) == Finding(HOLDER)


def test_an_account_of_another_name_does_not_and_its_holder_is_named():
    facts = AccountFacts(reachable=True, account_name="TEST USER")
    assert judge_account(EXAMPLE, Check.NAME, facts) == Finding(HOLDER, "44", NAME_DIFFERS)


def test_a_business_is_known_by_its_name():
    business = recipient(type="business", details={"name": "Acme", "first_name": "Test"})
    acme = AccountFacts(reachable=True, account_name="ACME TRADING")
    test = AccountFacts(reachable=True, account_name="TEST USER")
    assert judge_account(business, Check.NAME, acme).code is None
    assert judge_account(business, Check.NAME, test).code == "44"


@pytest.mark.parametrize(("operator", "code"), [("orange", None), ("ORANGE", None), ("mtn", "413")])
def test_the_operator_of_the_number_must_be_the_one_that_is_named(operator, code):
    facts = AccountFacts(reachable=True, mapped_mobile_provider=operator)
    finding = judge_account(paid_by("XOF::Mobile", "orange"), Check.NETWORK, facts)
    assert finding.metadata == {"provider_network_validation": {"valid?": True, "mapped_mobile_provider": operator}}
    assert (finding.code, finding.text) == (code, None if code is None else NETWORK_DIFFERS)


@pytest.mark.parametrize(("status", "valid", "code"), [("active", True, None), ("inactive", False, "432")])
def test_an_inactive_account_is_not_paid(status, valid, code):
    facts = AccountFacts(reachable=True, account_status=status)
    finding = judge_account(paid_by("XAF::Mobile", "mtn"), Check.STATUS, facts)
    assert finding.metadata == {"provider_account_status_validation": {"valid?": valid, "account_status": status}}
    assert (finding.code, finding.text) == (code, None if code is None else INACTIVE)


@pytest.mark.parametrize(
    ("given", "holder"),
    [
        ("Test User", "TEST USER"),
        ("user test", "TEST USER"),
        ("  Test \t User ", "TEST  USER"),
        ("José Núñez", "JOSE NUNEZ"),
        ("Jose Nunez", "JOSÉ NÚÑEZ"),
        ("Nguyễn Thị", "Thi Nguyen Van"),
        ("Straße", "STRASSE"),
        ("Test", "TEST USER"),
    ],
)
def test_case_accents_order_and_spaces_do_not_matter(given, holder):
    assert names_agree(given, holder)


@pytest.mark.parametrize(
    ("given", "holder"),
    [("", "TEST USER"), ("  ", "TEST USER"), ("Test User Smith", "TEST USER"), ("Tes User", "TEST USER"), ("Test", "")],
)
def test_every_word_that_is_given_must_be_the_holders(given, holder):
    assert not names_agree(given, holder)


@given(st.lists(st.text(alphabet="abcdéñ", min_size=1), min_size=1, unique=True), st.randoms())
def test_a_name_matches_itself_however_it_is_written(words, chance):
    shuffled = list(words)
    chance.shuffle(shuffled)
    assert names_agree("  ".join(shuffled).upper(), " ".join(words))


def test_the_wordings_are_those_of_the_api():
    assert (account_checks.NAME_DIFFERS, account_checks.NETWORK_DIFFERS) == (NAME_DIFFERS, NETWORK_DIFFERS)
    assert (account_checks.INACTIVE, account_checks.NOT_VERIFIED) == (INACTIVE, NOT_VERIFIED)
