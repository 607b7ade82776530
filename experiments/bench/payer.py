"""An app that pays, and the payment that it asks for: what the load generator and the ceiling both need to know."""

from typing import Any
from uuid import UUID

import msgspec

from bitpesa.money.ledger.model import Account, AccountKind

CURRENCY = "USD"

RECIPIENT = {
    "requested_amount": 50000,
    "requested_currency": "NGN",
    "payout_method": {
        "type": "NGN::Bank",
        "details": {
            "first_name": "John",
            "last_name": "Doe",
            "street": "1 Broad Street",
            "bank_code": "058",
            "bank_account": "1234567890",
            "bank_account_type": "20",
        },
    },
}


class Payer(msgspec.Struct, frozen=True):
    """An app that pays: how it signs, and the identifiers that its rows carry."""

    key: str
    secret: str
    app_id: UUID
    key_id: UUID
    sender_id: UUID

    @property
    def balance_id(self) -> UUID:
        """The ledger account that its payments are taken from."""
        return Account(AccountKind.BALANCE, CURRENCY).id_in(self.app_id)

    @property
    def held_id(self) -> UUID:
        """The ledger account that holds them until they are paid out."""
        return Account(AccountKind.HELD, CURRENCY).id_in(self.app_id)


def request_for(payer: Payer, external_id: str) -> dict[str, Any]:
    """A payment of about 30 dollars to one bank account in Nigeria, by a sender who is known."""
    return {
        "transaction": {
            "external_id": external_id,
            "input_currency": CURRENCY,
            "sender": {"id": str(payer.sender_id)},
            "recipients": [RECIPIENT],
            "metadata": {},
        }
    }
