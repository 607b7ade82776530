"""Posting: the one way a balance changes."""

from collections.abc import Callable, Sequence
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Statement
from bitpesa.kernel.database.write_batch import Fields
from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import Money
from bitpesa.money.ledger import store
from bitpesa.money.ledger.model import MAX_OVERDRAFT_MINOR, OVERDRAWABLE, Account, AccountKind, Posted, Posting
from bitpesa.money.ledger.problems import BalanceTooLow, BooksFull


async def post(
    work: Work,
    app_id: UUID,
    postings: Sequence[Posting],
    *,
    overdraft: bool = False,
    ids: Sequence[UUID] | None = None,
    along: Sequence[tuple[Statement, Sequence[Fields]]] = (),
    hear: Callable[[Sequence[Posted]], None] | None = None,
) -> list[Posted]:
    """Enter postings in the books, in order, all or none.

    `along`: rows that name them by their `ids`, written in the same statement. `hear`: is told what became of them.

    Locks every account it touches in id order first, so that two pieces of work never wait for each other in a circle;
    one piece of work should therefore post once, and lock nothing afterwards (flows 6.2, locks). `overdraft` lets the
    client's balance go below zero. Raises BalanceTooLow and BooksFull, after which the work may go on; and
    HoldAlreadyReleased and AlreadyFunded, after which the database only lets it end.

    On a sheet the accounts are locked as its last step, and what the database refuses there is judged anew; nothing is
    answered before it is written.
    """
    if not postings:
        return []
    if work.sheet is None:
        await _require_cover(work, app_id, postings, overdraft=overdraft)
    is_judged = overdraft or work.sheet is None
    posted: list[Posted] = []

    def note(entries: Sequence[Posted]) -> None:
        posted.extend(entries)
        if hear is not None:
            hear(entries)

    named = [new_id() for _ in postings] if ids is None else ids
    await store.insert(work, app_id, named, postings, may_overdraw=is_judged, along=along, hear=note)
    return posted


async def _require_cover(work: Work, app_id: UUID, postings: Sequence[Posting], *, overdraft: bool) -> None:
    """Refuse before the database would, so that the transaction can go on and answer."""
    accounts = {account for posting in postings for account in (posting.from_account, posting.to_account)}
    balances = await _lock(work, app_id, accounts)
    may_be_overdrawn = OVERDRAWABLE | {AccountKind.BALANCE} if overdraft else OVERDRAWABLE
    _judge_cover(balances, postings, may_be_overdrawn)
    if overdraft:
        await store.allow_overdraft(work.conn, app_id, {a for a in accounts if a.kind is AccountKind.BALANCE})


async def _lock(work: Work, app_id: UUID, accounts: set[Account]) -> dict[Account, int]:
    balances = await store.lock(work.conn, app_id, accounts)
    if balances is None:
        await store.open_accounts(work.conn, app_id, accounts)
        balances = await store.lock(work.conn, app_id, accounts)
    if balances is None:
        raise AssertionError("accounts that were just opened are there")
    return balances


def _judge_cover(
    balances: dict[Account, int], postings: Sequence[Posting], may_be_overdrawn: frozenset[AccountKind]
) -> None:
    left = dict(balances)
    for position, posting in enumerate(postings):
        source = posting.from_account
        lowest = -MAX_OVERDRAFT_MINOR if source.kind in may_be_overdrawn else 0
        if left[source] - posting.amount.minor < lowest:
            if source.kind in OVERDRAWABLE:
                raise BooksFull(posting.amount, position)
            raise BalanceTooLow(Money(left[source], source.currency), posting.amount, position)
        left[source] -= posting.amount.minor
        left[posting.to_account] += posting.amount.minor
