"""Questions about transactions and their recipients."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.collections import queries as collections
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.senders import queries as senders
from bitpesa.payments.transactions import rules, store
from bitpesa.payments.transactions.model import Payment, Transaction, TransactionState

MANUAL = (TransactionState.MANUAL, TransactionState.EXCEPTION)


class Waiting(msgspec.Struct, frozen=True):
    """A transaction that waits for people, and whether it does so longer than clients are told."""

    transaction: Transaction
    is_overdue: bool


class ListedRecipient(msgspec.Struct, frozen=True):
    """A recipient with the transaction it belongs to."""

    transaction: Transaction
    recipient: Recipient


async def find(conn: Connection, app_id: UUID, transaction_id: UUID | None) -> Payment:
    """One payment of the app, as it is at this moment. Raises NotFound."""
    found = [] if transaction_id is None else await store.find_many(conn, app_id, [transaction_id])
    if not found:
        raise NotFound
    return await payment_of(conn, found[0])


async def find_many(conn: Connection, app_id: UUID, transaction_ids: Sequence[UUID]) -> list[Payment]:
    """Several payments of the app in the order of their ids; those that are not there are left out."""
    known = {each.id: each for each in await store.find_many(conn, app_id, transaction_ids)}
    return await payments_of(conn, app_id, [known[each] for each in transaction_ids if each in known])


async def sender_used_twice(conn: Connection, app_id: UUID) -> UUID | None:
    """A sender that two transactions of the app have, if there is one."""
    return await store.sender_used_twice(conn, app_id)


async def first_funded(conn: Connection, app_id: UUID) -> UUID | None:
    """The first transaction of the app that was funded from a balance, if there is one."""
    return await store.first_funded(conn, app_id)


async def find_payin_method(
    conn: Connection, app_id: UUID, payin_method_id: UUID | None
) -> tuple[Payment, PayinMethod]:
    """One payin method of the app with its payment, as they are at this moment. Raises NotFound."""
    payment = await find(conn, app_id, await collections.transaction_of(conn, app_id, payin_method_id))
    return payment, next(method for method in payment.payin_methods if method.id == payin_method_id)


async def payment_of(conn: Connection, transaction: Transaction) -> Payment:
    """A transaction with its sender, recipients and payin methods."""
    return (await payments_of(conn, transaction.app_id, [transaction]))[0]


async def payments_of(conn: Connection, app_id: UUID, transactions: Sequence[Transaction]) -> list[Payment]:
    """The same for several transactions of an app, in their order; expired ones are seen as cancelled."""
    if not transactions:
        return []
    ids = [transaction.id for transaction in transactions]
    known = await senders.find_many(conn, app_id, list({transaction.sender_id for transaction in transactions}))
    legs = await recipients.of_transactions(conn, app_id, ids)
    methods = await collections.of_transactions(conn, app_id, ids)
    now = await clock.now(conn, app_id)
    return [
        rules.as_seen(
            Payment(
                transaction=transaction,
                sender=known[transaction.sender_id],
                recipients=tuple(legs[transaction.id]),
                payin_methods=tuple(methods[transaction.id]),
            ),
            now,
        )
        for transaction in transactions
    ]


async def list_page(
    conn: Connection,
    app_id: UUID,
    *,
    external_id: str | None = None,
    sender_id: UUID | None = None,
    handled: str | None = None,
    limit: int,
    offset: int,
) -> tuple[list[Payment], int]:
    """One page of the app's transactions, newest first, and how many match in all.

    `handled`: `manual` for those that wait for people, `automated` for all others (flows 11.2).
    """
    states = None
    if handled is not None:
        states = [state for state in TransactionState if (state in MANUAL) == (handled == "manual")]
    found, total = await store.list_page(
        conn, app_id, external_id=external_id, sender_id=sender_id, states=states, limit=limit, offset=offset
    )
    return await payments_of(conn, app_id, found), total


async def list_held(
    conn: Connection, app_id: UUID | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Waiting], int]:
    """One page of transactions that are held, of an app or of all, the longest waiting first; how many there are."""
    return await _waiting(conn, app_id, TransactionState.PROCESSING, limit, offset)


async def list_exceptions(
    conn: Connection, app_id: UUID | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Waiting], int]:
    """The same of transactions that failed unexpectedly."""
    return await _waiting(conn, app_id, TransactionState.EXCEPTION, limit, offset)


async def _waiting(
    conn: Connection, app_id: UUID | None, state: TransactionState, limit: int, offset: int
) -> tuple[list[Waiting], int]:
    found, total = await store.list_for_people(conn, app_id, state, limit=limit, offset=offset)
    times = {each: await clock.now(conn, each) for each in {transaction.app_id for transaction in found}}
    return [Waiting(each, rules.is_overdue(each, times[each.app_id])) for each in found], total


async def list_recipients(
    conn: Connection, app_id: UUID, filters: recipients.Filters, *, limit: int, offset: int
) -> tuple[list[ListedRecipient], int]:
    """One page of the app's recipients, newest first, each with its transaction, and how many match in all.

    Those whose transaction expired are seen as cancelled; filters go by what is stored.
    """
    found, total = await recipients.list_page(conn, app_id, filters, limit=limit, offset=offset)
    ids = list({recipient.transaction_id for recipient in found})
    transactions = {each.id: each for each in await store.find_many(conn, app_id, ids)} if ids else {}
    now = await clock.now(conn, app_id)
    listed = [rules.leg_as_seen(transactions[recipient.transaction_id], recipient, now) for recipient in found]
    return [ListedRecipient(transaction, recipient) for transaction, recipient in listed], total


async def sender_has_money_moving(conn: Connection, app_id: UUID, sender_id: UUID) -> bool:
    """Whether money of a sender is on its way, so that it cannot be deleted."""
    return await store.sender_has_money_moving(conn, app_id, sender_id)


async def lock_unfunded_of_sender(conn: Connection, app_id: UUID, sender_id: UUID) -> list[UUID]:
    """Lock a sender's transactions that hold no money yet, and name them."""
    return await store.lock_unfunded_of_sender(conn, app_id, sender_id)


async def lock_unpaid_of_sender(conn: Connection, app_id: UUID, sender_id: UUID) -> list[UUID]:
    """Lock a sender's transactions whose money is in and not paid out, and name them."""
    return await store.lock_unpaid_of_sender(conn, app_id, sender_id)


async def senders_of(conn: Connection, keys: Sequence[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The senders of transactions (app, id), by the transaction's id."""
    return await store.senders_of(conn, keys)
