"""Who pays in the measurement: apps with a key, a sender and money each, made by the product's own operations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.accounts import operations as accounts
from bitpesa.kernel import clock
from bitpesa.kernel.database import Work
from bitpesa.kernel.money import Money
from bitpesa.ledger.model import Account, AccountKind
from bitpesa.organisations import operations as organisations
from bitpesa.rates import operations as rates
from bitpesa.senders import operations as senders
from bitpesa.settings import Settings
from bitpesa.wiring import Platform, open_platform

CURRENCY = "USD"
OPENING_BALANCE = Money(10**14, CURRENCY)

SENDER = {
    "external_id": "person-1",
    "first_name": "Jane",
    "last_name": "Roe",
    "country": "US",
    "city": "New York",
    "street": "20 W 34th St",
    "postal_code": "10001",
    "phone_number": "+12125551234",
    "email": "jane@example.com",
    "birth_date": "1974-12-24",
    "ip": "127.0.0.1",
    "documents": [],
    "metadata": {"customer": "7"},
}

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


async def make_payers(settings: Settings, count: int) -> list[Payer]:
    """Make so many apps, each of an organisation of its own."""
    async with open_platform(settings) as platform:
        await platform.database.run(rates.load_default_rates)
        return [await platform.database.run(_make_payer, platform, number) for number in range(count)]


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


async def _make_payer(work: Work, platform: Platform, number: int) -> Payer:
    organisation = await organisations.create_organisation(work, f"Organisation {number}")
    app = await organisations.create_app(work, organisation.id, "sandbox")
    key, secret = await organisations.create_key(work, platform.vault, app.id)
    await accounts.deposit(work, app.id, OPENING_BALANCE)
    sender = await senders.create(work, app, SENDER, await clock.now(work.conn, app.id))
    return Payer(key=key.key, secret=secret, app_id=app.id, key_id=key.id, sender_id=sender.id)


def spread(payers: Sequence[Payer]) -> list[Payer]:
    """Every payer, for load that falls on many balances."""
    return list(payers)


def hot(payers: Sequence[Payer]) -> list[Payer]:
    """One payer, for load that falls on one balance."""
    return list(payers[:1])
