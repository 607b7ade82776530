"""Accounts and postings. A balance is what was posted to an account less what was posted from it."""

from enum import StrEnum
from functools import lru_cache
from uuid import UUID, uuid5

import msgspec

from bitpesa.kernel.values.money import Money


class AccountKind(StrEnum):
    """What an account of an app stands for. Signs: money we owe or hold is positive, money outside is negative."""

    BALANCE = "balance"
    """What the client can spend: the balance that clients see."""
    HELD = "held"
    """Client money that funds transactions and is neither paid out nor returned yet."""
    FEES = "fees"
    """What the platform earned in fees."""
    EXCHANGE = "exchange"
    """The platform's open exchange position in a currency; rounding crumbs and margin stay here, in plain sight."""
    FLOAT = "float"
    """What providers paid out on the platform's behalf, less what was sent to them."""
    SURPLUS = "surplus"
    """What payers sent beyond what was asked for, late or twice, and what has to go back to them."""
    BANK = "bank"
    """The platform's bank accounts: where deposits and collections come in."""


OVERDRAWABLE = frozenset({AccountKind.EXCHANGE, AccountKind.FLOAT, AccountKind.BANK})
"""Accounts that may stand below zero: positions and money outside. Client money and fees never do."""


MAX_OVERDRAFT_MINOR = 2 * 10**18
"""How far below zero an account may stand, where it may at all.

All accounts of an app in a currency sum to zero, and four kinds may be below it (balances by an app's setting), so no
account can stand above four times this: no sum leaves what 64 bits hold, whatever is paid, refunded or returned.
"""


class PostingKind(StrEnum):
    """Why an amount moved."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    DEBIT = "debit"
    COLLECTION = "collection"
    SETTLEMENT = "settlement"
    FEE = "fee"
    PAYOUT = "payout"
    REFUND = "refund"
    CREDIT = "credit"
    ADJUSTMENT = "adjustment"
    SURPLUS = "surplus"
    RETURN = "return"


class Account(msgspec.Struct, frozen=True):
    """Names an account of an app: one per kind and currency."""

    kind: AccountKind
    currency: str

    def id_in(self, app_id: UUID) -> UUID:
        """The account's identifier, the same whenever it is asked for."""
        return _account_id(app_id, f"{self.kind}:{self.currency}")


# Every posting asks twice, and the hash behind the identifier costs more than the rest of the asking.
_account_id = lru_cache(maxsize=16_384)(uuid5)


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """An amount to move from one account to another of the same currency. `reference` says what it is about."""

    kind: PostingKind
    from_kind: AccountKind
    to_kind: AccountKind
    amount: Money
    reference: UUID | None = None
    note: str | None = None

    @property
    def from_account(self) -> Account:
        """Where the amount leaves."""
        return Account(self.from_kind, self.amount.currency)

    @property
    def to_account(self) -> Account:
        """Where the amount arrives."""
        return Account(self.to_kind, self.amount.currency)


class Posted(msgspec.Struct, frozen=True):
    """A posting that is in the books, with the balances it left behind, in minor units."""

    id: UUID
    from_balance: int
    to_balance: int
