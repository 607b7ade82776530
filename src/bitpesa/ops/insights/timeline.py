"""The story of a transaction: events, attempts, transfers, deliveries to webhooks and acts by hand, by the app's time.

What was done by hand is told to staff with who did it and why, and to clients in neutral words (decision 0068).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.ids import read_id
from bitpesa.kernel.values.money import Money
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.staff_settlement import BY_STAFF
from bitpesa.rails.providers import codes
from bitpesa.tenants.audit_log import model as audit_trail
from bitpesa.tenants.audit_log.acts import title_of
from bitpesa.tenants.audit_log.queries import read_entry
from bitpesa.tenants.audit_log.rules import for_client

_sql = load(__package__, "timeline.sql")

_WITHIN_A_MOMENT = ("created", "debit", "collection", "funded", "attempt", "act", "answer", "posting", "event")
"""The order of what happened at one moment of the app's time: a stopped clock, or one transaction of the database."""


class Delivery(msgspec.Struct, frozen=True):
    """An event on its way to a webhook; one that was deleted since has no `webhook_id`."""

    webhook_id: UUID | None
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


class Reader(StrEnum):
    """Who reads a story."""

    STAFF = "staff"
    CLIENT = "client"


async def timeline(conn: Connection, payment: Payment, reader: Reader) -> list[Entry]:
    """Everything that happened to a payment, the oldest first."""
    app_id, transaction_id = payment.transaction.app_id, payment.transaction.id
    legs = {each.id: _number(payment, each.position) for each in payment.recipients}
    methods = {each.id: _way(payment, each) for each in payment.payin_methods}
    receipts = [row["id"] for row in await _sql.receipts_of.rows(conn, app_id, transaction_id)] if methods else []
    events = await _sql.events_of.rows(conn, app_id, [transaction_id, *legs, *methods])
    attempts = await _sql.attempts_of.rows(conn, app_id, list(legs), BY_STAFF)
    acts = await _acts_on(conn, payment)
    postings = await _sql.postings_of.rows(conn, app_id, [transaction_id, *legs, *receipts])
    deliveries = await _sql.deliveries_of.rows(conn, app_id, [row["seq"] for row in events])
    entries = [
        *_events(events, deliveries, legs | methods),
        *_attempts(attempts, legs),
        *_postings(postings, legs),
        *(told for act in acts if (told := _act(act, legs | methods, reader)) is not None),
    ]
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
    title = _who_answered(row)
    said = "" if known is None else known["messages"][-1]
    state = "error" if known is None else known["category"]
    about = ": ".join(part for part in (leg, said) if part)
    return Entry(at=row["answered_at"], kind="answer", title=title, about=about, state=state)


def _who_answered(row: Row) -> str:
    code, by_hand = row["result_code"], row["is_word_of_staff"]
    if by_hand:
        return f"Settled by support{'' if code is None else f' with code {code}'}, not by {row['provider']}"
    return f"{row['provider']} did not take it" if code is None else f"{row['provider']} answered {code}"


async def _acts_on(conn: Connection, payment: Payment) -> list[audit_trail.Entry]:
    t = payment.transaction
    parts = [t.id, *(each.id for each in payment.recipients), *(each.id for each in payment.payin_methods)]
    mandates = [str(each.mandate_id) for each in payment.recipients if each.mandate_id is not None]
    rows = await _sql.acts_on.rows(
        conn, t.app_id, list(map(str, parts)), [str(payment.sender.id)], mandates, t.created_at, t.closed_at
    )
    return [read_entry(row) for row in rows]


def _act(act: audit_trail.Entry, names: dict[UUID, str], reader: Reader) -> Entry | None:
    """What was done by hand, as the reader may know of it."""
    part = names.get(read_id(act.object_id) or act.id, "")
    if reader is Reader.CLIENT:
        told = for_client(act)
        if told is None:
            return None
        by, what, why = told.actor, told.what, told.reason
    else:
        by, what, why = act.actor.name, title_of(act.action), act.reason
    about = ": ".join(each for each in (part, f"by {by}", why) if each)
    return Entry(at=act.app_time or act.created_at, kind="act", title=what, about=about)


def _postings(rows: Iterable[Row], legs: dict[UUID, str]) -> Iterator[Entry]:
    for row in rows:
        way = f"{row['from_kind']} to {row['to_kind']}"
        about = ": ".join(part for part in (legs.get(row["reference"], ""), way) if part)
        amount = Money(row["amount"], row["currency"])
        kind = row["kind"] if row["kind"] in _WITHIN_A_MOMENT else "posting"
        yield Entry(at=row["at"], kind=kind, title=row["kind"].capitalize(), about=about, amount=amount)
