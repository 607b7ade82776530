"""Posting: the one way a balance changes."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database import Work
from bitpesa.kernel.money import Money
from bitpesa.ledger import store
from bitpesa.ledger.model import OVERDRAWABLE, Account, AccountKind, Posted, Posting
from bitpesa.ledger.problems import BalanceTooLow


async def post(work: Work, app_id: UUID, postings: Sequence[Posting], *, overdraft: bool = False) -> list[Posted]:
    """Enter postings in the books, in order, all or none.

    Locks every account it touches in id order first, so that two pieces of work never wait for each other in a circle;
    one piece of work should therefore post once, and lock nothing afterwards (flows 6.2, locks). `overdraft` lets the
    client's balance go below zero. Raises BalanceTooLow, after which the work may go on; and HoldAlreadyReleased and
    AlreadyFunded, after which the database only lets it end.
    """
    if not postings:
        return []
    accounts = {account for posting in postings for account in (posting.from_account, posting.to_account)}
    balances = await _lock(work, app_id, accounts)
    may_be_overdrawn = OVERDRAWABLE | {AccountKind.BALANCE} if overdraft else OVERDRAWABLE
    _require_cover(balances, postings, may_be_overdrawn)
    if overdraft:
        await store.allow_overdraft(work.conn, app_id, {a for a in accounts if a.kind is AccountKind.BALANCE})
    return await store.insert(work.conn, app_id, postings)


async def _lock(work: Work, app_id: UUID, accounts: set[Account]) -> dict[Account, int]:
    balances = await store.lock(work.conn, app_id, accounts)
    if balances is None:
        await store.open_accounts(work.conn, app_id, accounts)
        balances = await store.lock(work.conn, app_id, accounts)
    if balances is None:
        raise AssertionError("accounts that were just opened are there")
    return balances


def _require_cover(
    balances: dict[Account, int], postings: Sequence[Posting], may_be_overdrawn: frozenset[AccountKind]
) -> None:
    """Refuse before the database would, so that the transaction can go on and answer."""
    left = dict(balances)
    for position, posting in enumerate(postings):
        source = posting.from_account
        if source.kind not in may_be_overdrawn and left[source] < posting.amount.minor:
            raise BalanceTooLow(Money(left[source], source.currency), posting.amount, position)
        left[source] -= posting.amount.minor
        left[posting.to_account] += posting.amount.minor
