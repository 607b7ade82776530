"""Books with everything in them that can be: every state, both ways of funding, both ways of being paid."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec

from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.accounts.operations import Charge
from bitpesa.money.ledger import operations as ledger
from bitpesa.money.rates.model import Rates
from bitpesa.ops.bookkeeping.integrity import audit
from bitpesa.ops.bookkeeping.model import AuditReport
from bitpesa.payments.collections import operations as collections
from bitpesa.payments.collections.model import PayinMethod, PayinMethodState
from bitpesa.payments.recipients import operations as recipients
from bitpesa.payments.recipients.model import PAID, Recipient, RecipientState
from bitpesa.payments.recipients.rules import Release
from bitpesa.payments.transactions import store as transactions
from bitpesa.payments.transactions.model import Transaction, TransactionState
from bitpesa.rails.providers.collecting_simulator import control as payers
from bitpesa.tenants.organisations.model import App, AppSettings, Environment

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

S, R = TransactionState, RecipientState


def leg(state: RecipientState, input_minor: int = 1000, **changes: Any) -> Recipient:
    """A recipient, not yet of any transaction: 1000 cents with a fee of 30 make 388,000 naira."""
    recipient = Recipient(
        app_id=uuid4(),
        id=uuid4(),
        transaction_id=uuid4(),
        position=0,
        type="person",
        state=state,
        requested=Money(388_000, "NGN"),
        input=Money(input_minor, "USD"),
        output=Money(388_000, "NGN"),
        fee_minor=30,
        input_usd_minor=input_minor,
        rate=Decimal(400),
        payout_method_id=uuid4(),
        payout_type="NGN::Bank",
        details={"bank_account": "1234567890"},
        payout_method_metadata={},
        metadata={},
        created_at=NOW,
        updated_at=NOW,
    )
    return msgspec.structs.replace(recipient, **changes)


class World:
    """One app of a database."""

    def __init__(self, database: Database, environment: Environment = "sandbox", name: str = "Test") -> None:
        self.database = database
        self.app = App(uuid4(), uuid4(), environment, AppSettings())
        self.name = name
        self.sender_id = uuid4()

    async def open(self) -> None:
        async with self.database.work() as work:
            await work.conn.execute(
                "insert into organisations (id, name) values ($1, $2)", organisation_id := uuid4(), self.name
            )
            await work.conn.execute(
                "insert into apps (id, organisation_id, environment) values ($1, $2, $3)",
                self.app.id,
                organisation_id,
                self.app.environment,
            )
            await work.conn.execute(
                "insert into senders (app_id, id, type, state, profile, created_at, updated_at)"
                " values ($1, $2, 'person', 'approved', '{}', $3, $3)",
                self.app.id,
                self.sender_id,
                NOW,
            )
            await accounts.deposit(
                work, self.app.id, Money(100_000, "USD"), note="extrait n° 7,\nligne 3; date:1999-01-01"
            )

    async def payment(
        self, state: TransactionState, *legs: Recipient, funded_by: str | None = "balance", **changes: Any
    ) -> None:
        """Store a transaction in a state with recipients in theirs, and what the books must hold of them."""
        await self.database.run(self._store, *self._payment(state, *legs, funded_by=funded_by, **changes))

    def _payment(
        self, state: TransactionState, *legs: Recipient, funded_by: str | None = "balance", **changes: Any
    ) -> tuple[Transaction, list[Recipient]]:
        total = sum(each.input.minor for each in legs if not each.left_before_funding)
        transaction = Transaction(
            app_id=self.app.id,
            id=uuid4(),
            external_id=None,
            sender_id=self.sender_id,
            state=state,
            input_currency=legs[0].input.currency,
            input_minor=total,
            paid_minor=0 if funded_by is None else total,
            payin_reference="123456",
            traits={},
            metadata={},
            auto_refund=True,
            account_validation=False,
            funded_by=funded_by,
            created_at=NOW,
            updated_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            funded_at=None if funded_by is None else NOW,
        )
        owned = [
            msgspec.structs.replace(each, app_id=self.app.id, transaction_id=transaction.id, position=position)
            for position, each in enumerate(legs)
        ]
        return msgspec.structs.replace(transaction, **changes), owned

    async def _store(self, work: Work, transaction: Transaction, legs: list[Recipient]) -> None:
        await transactions.insert(work, transaction)
        await transactions.update(work, transaction)
        await recipients.store_new(work, legs)
        await recipients.change(work, legs)
        await self._fund(work, transaction)
        for each in legs:
            if release := _release_of(each):
                await ledger.post(
                    work, self.app.id, recipients.postings_of(each, release, funded_by=transaction.funded_by)
                )

    async def _fund(self, work: Work, transaction: Transaction) -> None:
        amount = Money(transaction.paid_minor, transaction.input_currency)
        if transaction.funded_by == "balance":
            await accounts.debit(work, self.app, [Charge(transaction.id, amount)], rates=Rates({}), now=NOW)
        if transaction.funded_by == "collection":
            paid = PayinMethodState.MISPAID if transaction.mispaid else PayinMethodState.SUCCESS
            state = PayinMethodState.REFUNDED if transaction.state is S.REFUNDED else paid
            await self._collect(work, transaction.id, state, amount, accepted=True)

    async def _collect(
        self, work: Work, transaction_id: UUID, state: PayinMethodState, amount: Money, *, accepted: bool
    ) -> None:
        method = PayinMethod(
            app_id=self.app.id,
            id=uuid4(),
            transaction_id=transaction_id,
            type="NGN::Bank",
            state=state,
            created_at=NOW,
            updated_at=NOW,
        )
        await collections.store_new(work, [method])
        receipt = await payers.pay(work.conn, self.app.id, method.id, amount)
        postings = await collections.book(work, method, [receipt], amount.currency, NOW, accepted=accepted)
        if state is PayinMethodState.REFUNDED and not accepted:
            postings += (await collections.give_back(work, self.app.id, transaction_id, NOW))[1]
        await ledger.post(work, self.app.id, postings)

    async def _late(self, work: Work, state: PayinMethodState, ended: TransactionState = S.CANCELED) -> None:
        """Money came for a transaction that had ended, or could not use it: it is there, or went back."""
        transaction, legs = self._payment(ended, leg(R.CANCELED, left_before_funding=True), funded_by=None)
        await self._store(work, transaction, legs)
        await self._collect(work, transaction.id, state, Money(700, "USD"), accepted=False)

    async def fill(self) -> None:
        """One payment of every sort, in one piece of work."""
        payments = [
            self._payment(S.PAID, leg(R.SUCCESS), leg(R.OVERPAID, 2000, fee_minor=0)),
            self._payment(S.REFUNDED, leg(R.SUCCESS), leg(R.REFUNDED, 500)),
            self._payment(S.RECEIVED, leg(R.INITIAL), leg(R.PENDING, attempts=1, attempt_id=uuid4()), leg(R.SUCCESS)),
            self._payment(S.RECEIVED, leg(R.CANCELED, left_before_funding=True), leg(R.ERROR, attempts=2)),
            self._payment(S.MANUAL, leg(R.STUCK, attempts=1, attempt_id=uuid4()), leg(R.REFUNDED)),
            self._payment(S.EXCEPTION, leg(R.EXCEPTION), leg(R.SUCCESS)),
            self._payment(S.EXCEPTION, leg(R.INITIAL), funded_by=None),
            self._payment(S.PROCESSING, leg(R.INITIAL), held_for="worth a lot"),
            self._payment(S.MISPAID, leg(R.INITIAL), funded_by="collection", mispaid=True),
            self._payment(S.CANCELED, leg(R.CANCELED), funded_by="collection"),
            self._payment(S.REFUNDED, leg(R.REFUNDED), funded_by="collection"),
            self._payment(S.PAID, leg(R.SUCCESS, payout_type="NGN::Balance"), funded_by="collection"),
            self._payment(S.APPROVED, leg(R.INITIAL), leg(R.CANCELED, left_before_funding=True), funded_by=None),
            self._payment(S.CANCELED, leg(R.CANCELED, left_before_funding=True), funded_by=None),
        ]
        async with self.database.work() as work:
            for transaction, legs in payments:
                await self._store(work, transaction, legs)
            await self._late(work, PayinMethodState.CANCELED)
            await self._late(work, PayinMethodState.REFUNDED)
            await self._late(work, PayinMethodState.REFUNDED, S.REFUNDED)

    async def audit(self, **options: Any) -> AuditReport:
        async with self.database.reading() as conn:
            return await audit(conn, **options)

    async def tamper(self, statement: str, *arguments: Any) -> None:
        """Change rows behind the back of every rule: no trigger and no foreign key notices."""
        async with self.database.work() as work:
            await work.conn.execute("set local session_replication_role = replica")
            assert (await work.conn.execute(statement, *arguments)).rpartition(" ")[2] != "0"

    async def find(self, query: str) -> UUID:
        """The id that a query answers."""
        async with self.database.reading() as conn:
            found: UUID = await conn.fetchval(query)
            return found


def _release_of(recipient: Recipient) -> Release | None:
    if recipient.state in PAID:
        return Release.SETTLE
    return Release.REFUND if recipient.state is R.REFUNDED else None
