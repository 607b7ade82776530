"""Looking for what shows that a check is passed, in what the app really did. Nobody's word is taken for it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from bitpesa.api_support.api_logs import queries as api_logs
from bitpesa.api_support.api_logs.model import ApiLog
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.ids import read_id
from bitpesa.onboarding.model import CheckName, Evidence
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.transactions import queries as transactions
from bitpesa.webhooks import queries as webhooks

ONE_TRANSACTION = "/transactions/[0-9a-fA-F-]{36}([?]|$)"
ONE_RECIPIENT = "/recipients/[0-9a-fA-F-]{36}([?]|$)"
MOST_CANCELLED = 500
"""So many cancellations are looked through: whoever cancelled more without one that counts is asked to try again."""

Looking = Callable[[Connection, UUID], Awaitable[tuple[Evidence, ...]]]


async def find_evidence(conn: Connection, app_id: UUID, check: CheckName) -> tuple[Evidence, ...]:
    """What shows that an app passed a check; nothing when it did not, or not yet."""
    return await _LOOKING[check](conn, app_id)


async def find_missing(conn: Connection, app_id: UUID, check: CheckName) -> tuple[str, ...]:
    """What is missing of a check of which some was seen; nothing where all or none was."""
    if check is not CheckName.LEARNS:
        return ()
    found = await _learned(conn, app_id)
    return tuple(words for words, each in found.items() if each is None) if any(found.values()) else ()


async def _authenticates(conn: Connection, app_id: UUID) -> tuple[Evidence, ...]:
    log = await api_logs.first_answered(conn, app_id)
    return () if log is None else (_call(log),)


async def _senders(conn: Connection, app_id: UUID) -> tuple[Evidence, ...]:
    sender_id = await transactions.sender_used_twice(conn, app_id)
    return () if sender_id is None else (Evidence("sender", sender_id, "this sender"),)


async def _funds(conn: Connection, app_id: UUID) -> tuple[Evidence, ...]:
    transaction_id = await transactions.first_funded(conn, app_id)
    return () if transaction_id is None else (Evidence("transaction", transaction_id, "this transaction"),)


async def _learns(conn: Connection, app_id: UUID) -> tuple[Evidence, ...]:
    found = await _learned(conn, app_id)
    return tuple(each for each in found.values() if each is not None) if all(found.values()) else ()


async def _learned(conn: Connection, app_id: UUID) -> dict[str, Evidence | None]:
    """What the check about learning is made of, with what shows each of it."""
    delivered = await webhooks.delivered_of_each(conn, app_id, tuple(_TOLD))
    asked = await api_logs.first_answered(conn, app_id, "GET", ONE_TRANSACTION)
    logs = {words: delivered.get(prefix) for prefix, words in _TOLD.items()}
    told = {
        words: None if log is None else Evidence("webhook_log", log.id, str(log.metadata["event"]))
        for words, log in logs.items()
    }
    return {**told, "a call of GET /v1/transactions/{id}": None if asked is None else _call(asked)}


_TOLD = {
    "transaction.": "a transaction event that a webhook answered with 2xx",
    "recipient.": "a recipient event that a webhook answered with 2xx",
}


async def _failures(conn: Connection, app_id: UUID) -> tuple[Evidence, ...]:
    calls = await api_logs.answered(conn, app_id, "DELETE", ONE_RECIPIENT, most=MOST_CANCELLED)
    by_recipient = {recipient_id: log for log in calls if (recipient_id := _recipient_of(log)) is not None}
    returned = await recipients.refunded_after_failing(conn, app_id, list(by_recipient))
    if not returned:
        return ()
    transaction_id = await recipients.transaction_of(conn, app_id, returned[0])
    refunded = () if transaction_id is None else (Evidence("transaction", transaction_id, "the refund"),)
    return (_call(by_recipient[returned[0]]), *refunded)


_LOOKING: dict[CheckName, Looking] = {
    CheckName.AUTHENTICATES: _authenticates,
    CheckName.SENDERS: _senders,
    CheckName.FUNDS: _funds,
    CheckName.LEARNS: _learns,
    CheckName.FAILURES: _failures,
}


def _call(log: ApiLog) -> Evidence:
    path = log.request_url.partition("?")[0].rpartition("/v1/")[2]
    return Evidence("api_log", log.id, f"{log.request_method} {path.partition('/')[0]}")


def _recipient_of(log: ApiLog) -> UUID | None:
    return read_id(log.request_url.partition("?")[0].rpartition("/")[2])
