"""The story of a transaction: every event, attempt, posting and delivery to a webhook, by the app's time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.collections.model import PayinMethod
from bitpesa.kernel.money import Money
from bitpesa.kernel.statements import Connection, Row, load
from bitpesa.providers import codes
from bitpesa.transactions.model import Payment

_sql = load(__package__, "timeline.sql")

_WITHIN_A_MOMENT = ("created", "debit", "collection", "funded", "attempt", "answer", "posting", "event")
"""The order of what happened at one moment of the app's time: a stopped clock, or one transaction of the database."""


class Delivery(msgspec.Struct, frozen=True):
    """An event on its way to a webhook."""

    webhook_id: UUID
    url: str
    state: str
    tries: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `state` is how it ended or what it led to, where that can be said in a word."""

    at: datetime
    kind: str
    title: str
    about: str = ""
    state: str | None = None
    amount: Money | None = None
    deliveries: tuple[Delivery, ...] = ()


async def timeline(conn: Connection, payment: Payment) -> list[Entry]:
    """Everything that happened to a payment, the oldest first."""
    app_id, transaction_id = payment.transaction.app_id, payment.transaction.id
    legs = {each.id: _number(payment, each.position) for each in payment.recipients}
    methods = {each.id: _way(payment, each) for each in payment.payin_methods}
    receipts = [row["id"] for row in await _sql.receipts_of.rows(conn, app_id, transaction_id)] if methods else []
    events = await _sql.events_of.rows(conn, app_id, [transaction_id, *legs, *methods])
    attempts = await _sql.attempts_of.rows(conn, app_id, list(legs))
    postings = await _sql.postings_of.rows(conn, app_id, [transaction_id, *legs, *receipts])
    deliveries = await _sql.deliveries_of.rows(conn, app_id, [row["seq"] for row in events])
    entries = [*_events(events, deliveries, legs | methods), *_attempts(attempts, legs), *_postings(postings, legs)]
    return sorted(entries, key=lambda entry: (entry.at, _WITHIN_A_MOMENT.index(entry.kind)))


def _number(payment: Payment, position: int) -> str:
    """Which recipient it is, where there are several."""
    return f"Recipient {position + 1}" if len(payment.recipients) > 1 else ""


def _way(payment: Payment, method: PayinMethod) -> str:
    """Which payin method it is, where there are several."""
    if len(payment.payin_methods) == 1:
        return ""
    return f"{method.type} by {method.ux_flow}" if method.ux_flow else method.type


def _events(rows: Iterable[Row], deliveries: Iterable[Row], names: dict[UUID, str]) -> Iterator[Entry]:
    of_event: dict[int, list[Delivery]] = {}
    for row in deliveries:
        told = Delivery(row["webhook_id"], row["url"], row["state"], row["tries"])
        of_event.setdefault(row["event_seq"], []).append(told)
    for row in rows:
        yield Entry(
            at=row["at"],
            kind=_EVENT_KINDS.get(row["name"], "event"),
            title=row["name"],
            about=names.get(row["object_id"], ""),
            state=row["state"],
            deliveries=tuple(of_event.get(row["seq"], ())),
        )


_EVENT_KINDS = {
    "transaction.created": "created",
    "transaction.paid_in": "funded",
    "transaction.mispaid": "funded",
    "payin_method.paid_in": "funded",
    "payin_method.mispaid": "funded",
}


def _attempts(rows: Iterable[Row], legs: dict[UUID, str]) -> Iterator[Entry]:
    for row in rows:
        leg = legs[row["recipient_id"]]
        yield Entry(at=row["started_at"], kind="attempt", title=f"Handed to {row['provider']}", about=leg)
        if row["answered_at"] is not None:
            yield _answer(row, leg)


def _answer(row: Row, leg: str) -> Entry:
    code = row["result_code"]
    known: dict[str, Any] | None = None if code is None else codes.details(code)
    title = f"{row['provider']} did not take it" if known is None else f"{row['provider']} answered {code}"
    said = "" if known is None else known["messages"][-1]
    state = "error" if known is None else known["category"]
    about = ": ".join(part for part in (leg, said) if part)
    return Entry(at=row["answered_at"], kind="answer", title=title, about=about, state=state)


def _postings(rows: Iterable[Row], legs: dict[UUID, str]) -> Iterator[Entry]:
    for row in rows:
        way = f"{row['from_kind']} to {row['to_kind']}"
        about = ": ".join(part for part in (legs.get(row["reference"], ""), way) if part)
        amount = Money(row["amount"], row["currency"])
        kind = row["kind"] if row["kind"] in _WITHIN_A_MOMENT else "posting"
        yield Entry(at=row["at"], kind=kind, title=row["kind"].capitalize(), about=about, amount=amount)
