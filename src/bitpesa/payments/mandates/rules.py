"""Who has to sign a mandate, and for whom one that was signed counts. Decides from plain values."""

import hashlib
from collections.abc import Mapping
from typing import Any

from bitpesa.kernel.values.money import Money

PAYOUT_TYPE = "ZAR::Bank"

MOST_WITHOUT_MANDATE = Money(50_000_00, "ZAR")

REASONS_WITHOUT_MANDATE = frozenset(
    "own_account donations_gifts family_support mortgage_repayment business_travel personal_travel tuition_fees "
    "legal_services accounting_services management_consulting advertising_market_research cultural_recreational "
    "salary_resident_abroad salary_non_resident_in_sa salary_foreign_contract_in_sa pensions annuities inheritances "
    "alimony dividends commission_brokerage rental investment_income architectural_engineering "
    "computer_services".split()
)
"""Reasons for which a person may get a small amount unsigned."""

PERSON_TYPE = 1
COMPANY_TYPE = 4
TYPES_OF_BUSINESS = {"sole_proprietorship": 2, "partnership": 3}
"""Numbers of our own: the API's are not published."""


def is_needed(
    payout_type: str, recipient_type: str, details: Mapping[str, Any], *, requested_currency: str, output: Money
) -> bool:
    """Whether somebody must have signed before this is paid."""
    if payout_type != PAYOUT_TYPE:
        return False
    spared = (
        recipient_type == "person"
        and requested_currency == MOST_WITHOUT_MANDATE.currency
        and output.currency == MOST_WITHOUT_MANDATE.currency
        and output.minor <= MOST_WITHOUT_MANDATE.minor
        and str(details.get("transfer_reason") or "").lower() in REASONS_WITHOUT_MANDATE
    )
    return not spared


def beneficiary_of(recipient_type: str, details: Mapping[str, Any]) -> str:
    """A digest that is the same for the same name at the same account, however it is spaced and capitalised."""
    names = ("name",) if recipient_type == "business" else ("first_name", "last_name")
    bank = details.get("bank_code") or details.get("branch_code")
    parts = [recipient_type, *(_plain(details.get(name)) for name in names)]
    parts += [_compact(bank), _compact(details.get("bank_account"))]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def type_of(recipient_type: str, details: Mapping[str, Any]) -> int:
    """The number of the kind of beneficiary."""
    if recipient_type == "person":
        return PERSON_TYPE
    return TYPES_OF_BUSINESS.get(str(details.get("legal_entity_type")), COMPANY_TYPE)


def _plain(value: Any) -> str:
    return " ".join(str(value or "").split()).casefold()


def _compact(value: Any) -> str:
    return "".join(str(value or "").split()).casefold()
