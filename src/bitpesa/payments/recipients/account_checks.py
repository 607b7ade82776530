"""Checking the account before it is paid: who holds it, which operator serves it, whether it is active (flows 8.4).

Decides from plain values; asking the provider is the caller's part.
"""

from enum import Enum
from typing import Any

import msgspec

from bitpesa.kernel.values.name_matching import names_agree
from bitpesa.payments.recipients.model import Recipient
from bitpesa.rails.providers.port import AccountFacts


class Check(Enum):
    """What is checked, and the key under which the result stands in the recipient's metadata."""

    NAME = "provider_name_validation"
    NETWORK = "provider_network_validation"
    STATUS = "provider_account_status_validation"


NAME_DIFFERS_CODE = "44"
NETWORK_DIFFERS_CODE = "413"
INACTIVE_CODE = "432"
NOT_VERIFIED_CODE = "32"

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

_FAILURES = frozenset({NAME_DIFFERS_CODE, NETWORK_DIFFERS_CODE, INACTIVE_CODE, NOT_VERIFIED_CODE})

_BY_TYPE = {
    "NGN::Bank": Check.NAME,
    "GHS::Bank": Check.NAME,
    "GHS::Mobile": Check.NAME,
    "XOF::Mobile": Check.NETWORK,
}
_BY_OPERATOR = {
    ("XAF::Mobile", "orange"): Check.NETWORK,
    ("XAF::Mobile", "mtn"): Check.STATUS,
}
_NEVER_CHECKED = frozenset({("XOF::Mobile", "wave")})  # no operator can be asked about it


class Finding(msgspec.Struct, frozen=True):
    """What a check found: what to note in the metadata, and the code and words of the failure, if it is one."""

    metadata: dict[str, Any]
    code: str | None = None
    text: str | None = None


def check_needed(recipient: Recipient) -> Check | None:
    """Which check the payout needs before it is tried; None when there is none, or these details passed already."""
    paid_by = (recipient.payout_type, str(recipient.details.get("mobile_provider") or "").lower())
    check = _BY_TYPE.get(recipient.payout_type) or _BY_OPERATOR.get(paid_by)
    if check is None or paid_by in _NEVER_CHECKED:
        return None
    passed = check.value in recipient.system_metadata and recipient.result_code not in _FAILURES
    return None if passed else check


def judge_account(recipient: Recipient, check: Check, facts: AccountFacts) -> Finding:
    """Compare what the provider knows of an account with what the payout says of it."""
    if not facts.reachable:
        return Finding({}, NOT_VERIFIED_CODE, NOT_VERIFIED)
    match check:
        case Check.NAME:
            return _judge_name(recipient, facts.account_name)
        case Check.NETWORK:
            return _judge_network(recipient, facts.mapped_mobile_provider)
        case Check.STATUS:
            return _judge_status(facts.account_status)


def _judge_name(recipient: Recipient, holder: str | None) -> Finding:
    if holder is None:
        return Finding({}, NOT_VERIFIED_CODE, NOT_VERIFIED)
    metadata = {Check.NAME.value: {"valid?": True, "account_name": holder}}  # the account is valid, whoever holds it
    same = names_agree(_name_of(recipient), holder)
    return Finding(metadata) if same else Finding(metadata, NAME_DIFFERS_CODE, NAME_DIFFERS)


def _judge_network(recipient: Recipient, operator: str | None) -> Finding:
    if operator is None:
        return Finding({}, NOT_VERIFIED_CODE, NOT_VERIFIED)
    metadata = {Check.NETWORK.value: {"valid?": True, "mapped_mobile_provider": operator}}
    same = operator.lower() == str(recipient.details.get("mobile_provider") or "").lower()
    return Finding(metadata) if same else Finding(metadata, NETWORK_DIFFERS_CODE, NETWORK_DIFFERS)


def _judge_status(status: str | None) -> Finding:
    if status is None:
        return Finding({}, NOT_VERIFIED_CODE, NOT_VERIFIED)
    valid = status == "active"
    metadata = {Check.STATUS.value: {"valid?": valid, "account_status": status}}
    return Finding(metadata) if valid else Finding(metadata, INACTIVE_CODE, INACTIVE)


def _name_of(recipient: Recipient) -> str:
    if recipient.type == "business":
        return str(recipient.details.get("name") or "")
    parts = (recipient.details.get(field) for field in ("first_name", "middle_name", "last_name"))
    return " ".join(str(part) for part in parts if part)
