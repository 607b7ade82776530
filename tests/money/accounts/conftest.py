"""An app with balances."""

from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations, queries
from bitpesa.money.accounts.model import Debit
from bitpesa.money.accounts.operations import Charge
from bitpesa.money.rates.model import Rates
from bitpesa.tenants.organisations.model import App, AppSettings

RATES = Rates({"NGN": Fraction(400), "XOF": Fraction(600)}, Decimal("0.02"))


def charge(minor: int, currency: str = "USD", *, to: UUID | None = None, **metadata: Any) -> Charge:
    return Charge(to or uuid4(), Money(minor, currency), metadata)


class Purse:
    """One app's balances, seen from outside."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.app = App(uuid4(), uuid4(), "sandbox", AppSettings(**settings))

    async def deposit(self, minor: int, currency: str = "USD") -> int:
        return await self.database.run(operations.deposit, self.app.id, Money(minor, currency))

    async def debit(self, *charges: Charge) -> list[Debit]:
        async def work(work: Work) -> list[Debit]:
            now = await clock.now(work.conn, self.app.id)
            return await operations.debit(work, self.app, charges, rates=RATES, now=now)

        return await self.database.run(work)

    async def balance(self, currency: str = "USD") -> int:
        async with self.database.reading() as conn:
            return (await queries.balance(conn, self.app.id, currency)).minor

    async def debits(self, *, limit: int = 100, offset: int = 0) -> tuple[list[Debit], int]:
        async with self.database.reading() as conn:
            return await queries.list_debits(conn, self.app.id, limit=limit, offset=offset)


@pytest.fixture
def purse(database: Database) -> Purse:
    return Purse(database)
