"""What the simulated bank answers, decided from an order alone (flows 8.4, 8.5, 8.10)."""

import hashlib
import string
from enum import Enum
from typing import Literal

from bitpesa.rails.providers.port import AccountFacts, PayoutOrder
from bitpesa.rails.providers.simulator import networks, triggers
from bitpesa.rails.providers.simulator.triggers import Feature

DefaultOutcome = Literal["hold", "paid"]

PAID = "0"
AWAITING_PICKUP = "21"
VOIDED = "54"

HOLDER_NAME = "TEST USER"

PAYMENT_REFERENCE_LENGTH = 11
_REFERENCE_CHARACTERS = string.ascii_uppercase + string.digits


class Check(Enum):
    """What can be found out about an account."""

    NAME = "name"
    TELCO = "telco"
    STATUS = "status"


def first_code(order: PayoutOrder, default: DefaultOutcome) -> str | None:
    """The code with which an order is answered at once; None: it is not taken, and waits for somebody to say more."""
    if order.payout_type.endswith("::Balance"):
        return PAID
    if is_cash(order):
        return AWAITING_PICKUP
    trigger = triggers.find(Feature.PAYOUT, order)
    if trigger is not None:
        return trigger.code
    return PAID if default == "paid" else None


def is_cash(order: PayoutOrder) -> bool:
    """Whether an order is paid over a counter."""
    return order.payout_type.endswith("::Cash")


def payment_reference(order: PayoutOrder) -> str | None:
    """What the recipient of cash must show: the client's own if it gave one, else 11 letters and digits (flows 8.5).

    Made from the recipient's id, so that every attempt and every process comes to the same.
    """
    if not is_cash(order):
        return None
    preset = order.details.get("reference")
    if isinstance(preset, str) and preset.strip():
        return preset.strip()
    digest = hashlib.sha256(order.app_id.bytes + order.recipient_id.bytes).digest()
    return "".join(
        _REFERENCE_CHARACTERS[byte % len(_REFERENCE_CHARACTERS)] for byte in digest[:PAYMENT_REFERENCE_LENGTH]
    )


def check_of(order: PayoutOrder) -> Check | None:
    """What can be found out about an order's account; None where nothing can."""
    match order.payout_type:
        case "NGN::Bank" | "GHS::Bank" | "GHS::Mobile" | "KES::Bank" | "KES::Mobile" | "XOF::Bank":
            return Check.NAME
        case "UGX::Mobile":
            return Check.STATUS if triggers.provider_of(order) == "mtn" else Check.NAME
        case "XAF::Mobile":
            return Check.STATUS if triggers.provider_of(order) == "mtn" else Check.TELCO
        case "XOF::Mobile":
            return Check.TELCO
        case _:
            return None


def account_facts(order: PayoutOrder, *, legacy: bool) -> AccountFacts:
    """What is known of the account to be paid. Legacy: by the triggers from before April 2025."""
    check = check_of(order)
    feature = Feature.ACCOUNT_VALIDATION_LEGACY if legacy else Feature.ACCOUNT_VALIDATION
    fails = triggers.find(feature, order) is not None
    match check:
        case None:
            return AccountFacts(reachable=False)
        case Check.NAME:
            return AccountFacts(reachable=True, account_name=None if fails else HOLDER_NAME)
        case Check.TELCO:
            provider = networks.provider_of(str(order.details.get("phone_number", "")))
            return AccountFacts(reachable=True, mapped_mobile_provider=provider)
        case Check.STATUS:
            return AccountFacts(reachable=True, account_status="inactive" if fails else "active")
