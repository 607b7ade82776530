"""Posting: the one way a balance changes."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database import Work
from bitpesa.kernel.money import Money
from bitpesa.ledger import store
from bitpesa.ledger.model import OVERDRAWABLE, Account, AccountKind, Posted, Posting
from bitpesa.ledger.problems import BalanceTooLow


async def post(
    work: Work, app_id: UUID, postings: Sequence[Posting], *, overdraft: bool = False
) -> list[Posted]:
    """Enter postings in the books, in order, all or none.

    Locks every account it touches in id order first, so that two pieces of work never wait for each other in a circle;
    one piece of work should therefore post once, as its last write (flows 6.2, locks). `overdraft` lets the client's
    balance go below zero. Raises BalanceTooLow, HoldAlreadyReleased, AlreadyFunded.
    """
    if not postings:
        return []
    accounts = {account for posting in postings for account in (posting.from_account, posting.to_account)}
    balances = await _lock(work, app_id, accounts)
    if overdraft:
        await store.allow_overdraft(work.conn, app_id, {a for a in accounts if a.kind is AccountKind.BALANCE})
    else:
        _require_cover(balances, postings)
    return await store.insert(work.conn, app_id, postings)



async def _lock(work: Work, app_id: UUID, accounts: set[Account]) -> dict[Account, int]:
    balances = await store.lock(work.conn, app_id, sorted(accounts, key=lambda a: a.id_in(app_id)))
    missing = accounts - balances.keys()
    if missing:
        await store.open_accounts(work.conn, app_id, missing)
        balances = await store.lock(work.conn, app_id, sorted(accounts, key=lambda a: a.id_in(app_id)))
    return balances


def _require_cover(balances: dict[Account, int], postings: Sequence[Posting]) -> None:
    """Refuse before the database would, so that the transaction can go on and answer."""
    balances = dict(balances)
    for position, posting in enumerate(postings):
        source = posting.from_account
        if source.kind not in OVERDRAWABLE and balances[source] < posting.amount.minor:
            raise BalanceTooLow(Money(balances[source], source.currency), posting.amount, position)
        balances[source] -= posting.amount.minor
        balances[posting.to_account] += posting.amount.minor
