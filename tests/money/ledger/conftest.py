"""One app's books, seen from outside."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.values.money import Money
from bitpesa.money.ledger import operations
from bitpesa.money.ledger.model import AccountKind, Posted, Posting, PostingKind

K, P = AccountKind, PostingKind

ROUTES = {
    P.DEPOSIT: (K.BANK, K.BALANCE),
    P.DEBIT: (K.BALANCE, K.HELD),
    P.COLLECTION: (K.BANK, K.HELD),
    P.SETTLEMENT: (K.HELD, K.EXCHANGE),
    P.FEE: (K.HELD, K.FEES),
    P.PAYOUT: (K.EXCHANGE, K.FLOAT),
    P.REFUND: (K.HELD, K.BALANCE),
    P.CREDIT: (K.EXCHANGE, K.BALANCE),
}


def move(kind: PostingKind, minor: int, currency: str = "USD", reference: UUID | None = None) -> Posting:
    """A posting of a kind between the accounts that this kind is about."""
    from_kind, to_kind = ROUTES[kind]
    return Posting(
        kind=kind, from_kind=from_kind, to_kind=to_kind, amount=Money(minor, currency), reference=reference or uuid4()
    )


class Books:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.app_id = uuid4()

    async def post(self, *postings: Posting, **options: Any) -> list[Posted]:
        return await self.database.run(operations.post, self.app_id, postings, **options)

    async def balances(self) -> dict[tuple[AccountKind, str], int]:
        """What the accounts say."""
        async with self.database.reading() as conn:
            rows = await conn.fetch("select * from ledger_accounts where app_id = $1", self.app_id)
        return {(AccountKind(row["kind"]), row["currency"]): row["balance"] for row in rows}

    async def balance(self, kind: AccountKind, currency: str = "USD") -> int:
        return (await self.balances()).get((kind, currency), 0)

    async def postings(self) -> Sequence[Any]:
        async with self.database.reading() as conn:
            return list(await conn.fetch("select * from ledger_postings where app_id = $1 order by seq", self.app_id))


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)
