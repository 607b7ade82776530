"""What the simulated collecting provider answers a request with, decided from the request alone (flows 7, 8.10)."""

import csv
from importlib import resources

import msgspec

from bitpesa.rails.providers.collecting import CollectionOrder

PAID = "0"
ASKED = "14"
OTP_SENT = "23"
WRONG_OTP = "415"
STOPPED = "543"
REFUSED_BY_PAYER = "541"

ALWAYS_WRONG_OTP = "000000"
SHORTEST_OTP = 4
LONGEST_OTP = 8


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """A number with this ending has this outcome."""

    payin_type: str
    field: str
    ends_with: str
    code: str
    example: str


def first_code(order: CollectionOrder) -> str:
    """The code with which a request is answered: 0 when the payer pays at once."""
    otp = order.details.get("otp")
    if order.ux_flow == "otp_verified_ussd_popup" and not otp:
        return OTP_SENT
    if order.ux_flow == "ussd_voucher" and not is_right_otp(str(otp or "")):
        return WRONG_OTP
    found = next((each for each in TRIGGERS if _matches(each, order)), None)
    return ASKED if found is None else found.code


def is_right_otp(otp: str) -> bool:
    """Whether a code is the one that the payer was sent, or got by himself."""
    text = otp.strip()
    return SHORTEST_OTP <= len(text) <= LONGEST_OTP and text.isascii() and text.isdigit() and text != ALWAYS_WRONG_OTP


def _matches(trigger: Trigger, order: CollectionOrder) -> bool:
    value = order.details.get(trigger.field)
    digits = "".join(c for c in value if c in "0123456789") if isinstance(value, str) else ""
    return order.payin_type == trigger.payin_type and digits.endswith(trigger.ends_with)


def _load() -> tuple[Trigger, ...]:
    text = resources.files(__package__).joinpath("triggers.csv").read_text(encoding="utf-8")
    return tuple(msgspec.convert(row, Trigger) for row in csv.DictReader(text.splitlines()))


TRIGGERS = _load()
"""Every trigger there is."""
