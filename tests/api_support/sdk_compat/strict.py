"""A small model of the SDKs that are strictest: what Ruby, PHP and Java 8 do with an answer, and where they give up.

Written apart from the data that answers are made by, so that the two can disagree. Null is read everywhere.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bitpesa.kernel.values import json
from bitpesa.payments.senders.fields import FIELDS, Content
from bitpesa.rails.corridors.catalogue import CORRIDORS


class GaveUp(Exception):
    """The SDK cannot read the answer, and its user sees nothing of it."""


def read(name: str, value: Any) -> None:
    """Read an object, of a model by name, as it comes over the wire. Raises GaveUp."""
    _object(name, json.decode(json.encode(value)))


def _object(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise GaveUp(name, value)
    for member, kind in KINDS[name].items():
        if value.get(member) is not None:
            _member(member, kind, value[member])


def _member(member: str, kind: Any, value: Any) -> None:
    if isinstance(kind, str):
        _object(kind, value)
    elif isinstance(kind, list):
        if not isinstance(value, list):
            raise GaveUp(member, value)
        for each in value:
            if each is not None:
                _member(member, kind[0], each)
    elif isinstance(kind, frozenset):
        if not isinstance(value, str) or value not in kind:
            raise GaveUp(member, value)
    else:
        try:
            fits = kind(value)
        except (ValueError, TypeError, ArithmeticError):
            fits = False
        if fits is False:
            raise GaveUp(member, value)


def _text(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _number(value: Any) -> bool:
    """A number or, for Java, a text that `BigDecimal` and `Double` read; none that is endless as a double."""
    if isinstance(value, str) and not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", value, re.ASCII):
        return False
    return not isinstance(value, bool) and abs(Decimal(value)) < Decimal("1e308")


def _day(value: Any) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) is not None and date.fromisoformat(value) is not None


def _moment(value: Any) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None and "T" in value


def _uuid(value: Any) -> bool:
    return str(UUID(value)) == value.lower()


def _table(value: Any) -> bool:
    return isinstance(value, dict)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


Kind = Callable[[Any], bool] | frozenset[str] | str | list[Any]

REASONS = frozenset(
    code for each in CORRIDORS for field in each.fields if field.name == "transfer_reason" for code in field.options
)
CARDS = frozenset("O PP ID DL OT".split())
NETWORKS = frozenset(
    "africell airtel airteltigo emoney expresso free mobicash moov mpesa mtn orange telecom tigo tmoney vodafone "
    "wave".split()
)
PERSON = frozenset({"person", "business"})

DETAILS: dict[str, Kind] = {
    **dict.fromkeys("first_name last_name name street bank_account bank_code iban narration reference".split(), _text),
    "birth_date": _day,
    "bank_account_type": frozenset({"10", "20", "30", "40"}),
    "mobile_provider": NETWORKS,
    "cash_provider": frozenset({"wari", "wizall"}),
    "sender_identity_card_type": CARDS,
    "identity_card_type": CARDS,
    "sender_gender": frozenset("MF"),
    "pix_key_type": frozenset("cpf cnpj phone email evp".split()),
    "transfer_reason": REASONS,
    "nature_of_business": FIELDS["nature_of_business"].choices,
    "legal_entity_type": frozenset(
        "person sole_proprietorship privately_owned_company publicly_owned_company government_owned_entity partnership "
        "go financial_institution".split()
    ),
}

SENDER: dict[str, Kind] = {
    name: {Content.BIRTH_DATE: _day, Content.FOUNDING_DATE: _day, Content.LIST: [_text]}.get(
        field.content, field.choices or _text
    )
    for name, field in FIELDS.items()
} | {
    "id": _uuid,
    "type": PERSON,
    "external_id": _text,
    "metadata": _table,
    "documents": ["Document"],
    "politically_exposed_people": ["Person"],
}

KINDS: dict[str, dict[str, Kind]] = {
    "Transaction": {
        **dict.fromkeys("input_amount paid_amount due_amount".split(), _number),
        **dict.fromkeys("input_currency external_id payin_reference".split(), _text),
        "id": _uuid,
        "created_at": _moment,
        "metadata": _table,
        "sender": "Sender",
        "recipients": ["Recipient"],
        "payin_methods": ["PayinMethod"],
        "traits": "Traits",
    },
    "Traits": {"auto_refund": _flag, "account_validation": _flag},
    "Sender": SENDER,
    "Person": {"name": _text, "position": _text, "started_date": _moment, "ended_date": _moment},
    "Document": {
        **dict.fromkeys("upload_file_name document_type document_id source".split(), _text),
        "id": _uuid,
        "expiry_date": _day,
        "metadata": _table,
    },
    "Recipient": {
        **dict.fromkeys("requested_amount input_amount output_amount exchange_rate".split(), _number),
        "requested_currency": _text,
        "type": PERSON,
        "metadata": _table,
        "payout_method": "PayoutMethod",
    },
    "PayoutMethod": {"id": _uuid, "type": _text, "metadata": _table, "details": "Details"},
    "Details": DETAILS,
    "PayinMethod": {
        "id": _uuid,
        "type": _text,
        "in_details": "PayinDetails",
        "ux_flow": frozenset(
            "ussd_popup ussd_voucher ussd_menu_approval otp_verified_ussd_popup bank_transfer http_redirect blockchain "
            "unknown".split()
        ),
    },
    "PayinDetails": {"phone_number": _text, "otp": _text, "mobile_provider": NETWORKS},
    "Debit": {"amount": _number, "to_id": _uuid, "to_type": _text, "currency": _text, "metadata": _table},
    "Webhook": {"url": _text, "events": [_text], "metadata": _table},
}
