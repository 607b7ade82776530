import pytest

from bitpesa.kernel.values.money import Money
from bitpesa.payments.mandates.rules import beneficiary_of, is_needed, type_of

JANE = {"first_name": "Jane", "last_name": "Doe", "bank_code": "632005", "bank_account": "123456789"}


def needed(payout_type="ZAR::Bank", recipient_type="person", requested="ZAR", rand=50_000, **details):
    reason = {"transfer_reason": "tuition_fees", **details}
    return is_needed(
        payout_type, recipient_type, {**JANE, **reason}, requested_currency=requested, output=Money(rand * 100, "ZAR")
    )


def test_a_small_payment_to_a_person_for_a_plain_reason_needs_none():
    assert not needed()
    assert not needed(transfer_reason="TUITION_FEES")


@pytest.mark.parametrize(
    "changed",
    [
        {"recipient_type": "business"},
        {"requested": "USD"},
        {"rand": 50_001},
        {"transfer_reason": None},
        {"transfer_reason": "legal_opinion"},
    ],
)
def test_every_condition_has_to_hold(changed):
    assert needed(**changed)


def test_other_payouts_never_need_one():
    assert not needed("NGN::Bank", transfer_reason=None)


def test_spacing_and_capitals_make_no_other_beneficiary():
    same = {**JANE, "first_name": " JANE ", "bank_account": "123 456 789", "email": "other@example.com"}
    assert beneficiary_of("person", same) == beneficiary_of("person", JANE)


@pytest.mark.parametrize("changed", [{"last_name": "Roe"}, {"bank_account": "1"}, {"bank_code": "1"}])
def test_another_name_or_account_is_another_beneficiary(changed):
    assert beneficiary_of("person", {**JANE, **changed}) != beneficiary_of("person", JANE)


def test_a_branch_names_the_bank_where_no_code_does():
    branch = {**JANE, "bank_code": None, "branch_code": "632005"}
    assert beneficiary_of("person", branch) == beneficiary_of("person", JANE)


def test_kinds_of_beneficiary_have_numbers():
    assert type_of("person", {}) == 1
    assert [type_of("business", {"legal_entity_type": kind}) for kind in ("sole_proprietorship", "trust", None)] == [
        2,
        4,
        4,
    ]
