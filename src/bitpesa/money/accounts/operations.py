"""Money into and out of the balances that clients see."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import refused
from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import MAX_MINOR, Money
from bitpesa.money.accounts import bank_entries, rules, store
from bitpesa.money.accounts.model import BankEntry, BankLine, Debit, Direction
from bitpesa.money.ledger import operations as ledger
from bitpesa.money.ledger.model import AccountKind, Posted, Posting, PostingKind
from bitpesa.money.ledger.problems import BooksFull
from bitpesa.money.rates.model import Rates
from bitpesa.money.rates.pricing import usd_minor
from bitpesa.tenants.organisations.model import App


class Charge(msgspec.Struct, frozen=True):
    """What is to be taken from a balance for a transaction."""

    transaction_id: UUID
    amount: Money
    metadata: dict[str, Any] = {}


async def debit(work: Work, app: App, charges: Sequence[Charge], *, rates: Rates, now: datetime) -> list[Debit]:
    """Take the charges from the app's balances, all or none, and hold them for their transactions.

    Raises BalanceTooLow (its `position` names the charge), AlreadyFunded.
    """
    postings = [
        Posting(
            kind=PostingKind.DEBIT,
            from_kind=AccountKind.BALANCE,
            to_kind=AccountKind.HELD,
            amount=charge.amount,
            reference=charge.transaction_id,
        )
        for charge in charges
    ]
    debits = [
        Debit(
            app_id=app.id,
            id=new_id(),
            to_type="Transaction",
            to_id=charge.transaction_id,
            amount=charge.amount,
            usd_minor=usd_minor(charge.amount, rates),
            posting_id=new_id(),
            metadata=charge.metadata,
            created_at=now,
        )
        for charge in charges
    ]

    def note_balances(posted: Sequence[Posted]) -> None:
        for each, entry in zip(debits, posted, strict=True):
            each.running_balance = entry.from_balance

    await ledger.post(
        work,
        app.id,
        postings,
        overdraft=app.settings.negative_balance,
        ids=[each.posting_id for each in debits],
        along=[store.insertion(debits)],
        hear=note_balances,
    )
    return debits


async def deposit_transfer(
    work: Work,
    app: App,
    amount: Money,
    line: BankLine,
    *,
    recorded_by: str,
    note: str | None = None,
    is_another: bool = False,
) -> int:
    """Credit a balance with a transfer that came into the platform's bank; answers the new balance in minor units.

    Raises Invalid where the bank's reference is booked already, and LooksRepeated for the same client, amount and day
    unless somebody says that it `is_another` transfer.
    """
    entry = BankEntry(
        environment=app.environment,
        direction=Direction.DEPOSIT,
        amount=amount,
        line=line,
        app_id=app.id,
        movement_id=None,
        recorded_by=recorded_by,
    )
    await bank_entries.register(work, entry, is_another=is_another)
    return await deposit(work, app.id, amount, note=rules.note_of(note, line))


def generated_line(today: date) -> BankLine:
    """What stands for a bank's statement where there is no bank: play money gets a reference of its own each time."""
    return BankLine(f"PLAY-{new_id()}", today)


async def deposit(work: Work, app_id: UUID, amount: Money, *, note: str | None = None) -> int:
    """Credit a balance with money of which no statement tells; answers the new balance in minor units.

    For play money and tests alone: what a bank received goes through `deposit_transfer` or `movements`. Raises Invalid
    (`amount`) for more than the books hold.
    """
    require_within(amount)
    posting = Posting(
        kind=PostingKind.DEPOSIT,
        from_kind=AccountKind.BANK,
        to_kind=AccountKind.BALANCE,
        amount=amount,
        note=note,
    )
    try:
        (posted,) = await ledger.post(work, app_id, [posting])
    except BooksFull:
        raise refused("amount", "greater_than_maximum") from None
    return posted.to_balance


def require_within(amount: Money) -> None:
    """Refuse an amount that is no payment, or more than the books can add up. Raises Invalid (`amount`)."""
    if amount.minor <= 0:
        raise refused("amount", "invalid")
    if amount.minor > MAX_MINOR:
        raise refused("amount", "greater_than_maximum")
