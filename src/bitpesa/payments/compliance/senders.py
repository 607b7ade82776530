"""What becomes of transactions when their sender is approved, changed, turned away or deleted (flows 3.5, 3.11)."""

from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.payments.collections import rules as collection_rules
from bitpesa.payments.documents.model import Document
from bitpesa.payments.senders import operations as senders
from bitpesa.payments.senders import queries as sender_queries
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.senders import wire as sender_wire
from bitpesa.payments.senders.model import Decision, Sender
from bitpesa.payments.transactions import queries, rules, wire
from bitpesa.payments.transactions.model import TransactionState
from bitpesa.payments.transactions.operations.loading import end_without_money, keep, lock_many
from bitpesa.payments.transactions.rules import Cause
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations.model import App


async def change_sender(work: Work, app: App, sender_id: UUID | None, submitted: dict[str, Any]) -> Sender:
    """Change a sender; some changes take its approval away until it is checked again. Raises NotFound, Invalid."""
    if sender_id is None:
        raise NotFound
    now = await clock.now(work.conn, app.id)
    sender = await senders.change(work, app, sender_id, submitted, now)
    await follow(work, app, sender)
    return sender


async def review_sender(
    work: Work,
    app: App,
    sender_id: UUID | None,
    decision: Decision,
    *,
    actor: Actor,
    reason: str | None = None,
    client_note: str | None = None,
) -> Sender:
    """Decide about a sender; its transactions that no money came for follow (T3, T4), others are not touched.

    Whoever says no, or takes a no back, says why: that is for staff alone. `client_note` is what the client reads as
    `state_reason`; without one it reads a neutral sentence. Raises NotFound, Invalid.
    """
    if sender_id is None:
        raise NotFound
    why = read_reason(reason, needed=decision is not Decision.APPROVE)
    now = await clock.now(work.conn, app.id)
    note = read_reason(client_note, needed=False, field="client_note")
    before, sender = await senders.decide(work, app.id, sender_id, decision, now, client_note=note)
    await follow(work, app, sender)
    if before.is_under_review and not sender.is_under_review:
        await release_cleared(work, app, sender)
    await record(
        work.conn,
        actor=actor,
        action=f"sender.{decision.done}",
        object_type="Sender",
        object_id=sender.id,
        organisation_id=app.organisation_id,
        app_id=app.id,
        reason=why,
        before={"state": before.state, "state_reason": before.state_reason},
        after={"state": sender.state, "state_reason": sender.state_reason},
    )
    return sender


async def dismiss_hits(work: Work, app: App, sender_id: UUID | None, *, actor: Actor, reason: str | None = None) -> int:
    """Say that what was found of a sender on sanction lists is somebody else; answers how much that was.

    It is as it was before, and what was held for nothing else is paid.
    Raises NotFound, and Invalid when there is nothing or no reason is given.
    """
    if sender_id is None:
        raise NotFound
    why = read_reason(reason)
    before = await sender_queries.find(work.conn, app.id, sender_id)
    sender, dismissed = await senders.dismiss_hits(work, app, sender_id, await clock.now(work.conn, app.id))
    if not dismissed:
        raise refused("base", "Sender has no potential sanctions match", **sender_wire.sender_json(sender))
    await follow(work, app, sender)
    await release_cleared(work, app, sender)
    await record(
        work.conn,
        actor=actor,
        action="sender.hits_dismissed",
        object_type="Sender",
        object_id=sender.id,
        organisation_id=app.organisation_id,
        app_id=app.id,
        reason=why,
        before={"state": before.state},
        after={"state": sender.state},
        details={"hits": dismissed},
    )
    return dismissed


async def delete_sender(work: Work, app: App, sender_id: UUID | None) -> Sender:
    """Disable a sender and cancel what nobody funded yet; refused while its money moves. Raises NotFound, Invalid."""
    if sender_id is None:
        raise NotFound
    before = await sender_queries.find(work.conn, app.id, sender_id)
    sender = await senders.disable(work, app, sender_id, await clock.now(work.conn, app.id))
    if await queries.sender_has_money_moving(work.conn, app.id, sender_id):
        raise refused("base", "Sender has transactions in progress", **sender_wire.sender_json(before))
    await _end_unfunded(work, app, sender)
    return sender


async def withdraw_document(
    work: Work, app: App, document_id: UUID | None, *, sender_id: UUID | None = None
) -> Document:
    """Withdraw a document; a sender that loses one may have to be checked again. Raises NotFound."""
    now = await clock.now(work.conn, app.id)
    document, sender = await senders.withdraw_document(work, app, document_id, now, sender_id=sender_id)
    if sender is not None:
        await follow(work, app, sender)
    return document


async def follow(work: Work, app: App, sender: Sender) -> None:
    """Move the sender's unfunded transactions to where its approval, or the lack of it, puts them (T3, T4)."""
    approved = sender_rules.is_approved(sender.state, app.settings)
    waiting, cause = (
        (TransactionState.INITIAL, Cause.SENDER_APPROVED)
        if approved
        else (TransactionState.APPROVED, Cause.SENDER_LOST_APPROVAL)
    )
    ids = await queries.lock_unfunded_of_sender(work.conn, app.id, sender.id)
    payments, now = await lock_many(work, app.id, ids)
    reported: list[Event] = []
    for payment in payments.values():
        if now is None or payment.transaction.state is not waiting or rules.is_expired(payment.transaction, now):
            continue
        change = collection_rules.hold if not approved else partial(collection_rules.begin, now=now)
        moved = msgspec.structs.replace(
            payment,
            transaction=rules.move(payment.transaction, cause, now),
            payin_methods=tuple(map(change, payment.payin_methods)),
        )
        await keep(work, payment, moved)
        if approved:
            reported.append(wire.event("transaction.approved", moved))
    await events.record(work, app.id, reported)


async def release_cleared(work: Work, app: App, sender: Sender) -> None:
    """Pay what was held for nothing but what a list said of its sender, which was somebody else."""
    if not sender_rules.is_approved(sender.state, app.settings):
        return
    ids = await queries.lock_unpaid_of_sender(work.conn, app.id, sender.id)
    payments, now = await lock_many(work, app.id, ids)
    for payment in payments.values():
        if now is not None:
            await keep(work, payment, rules.without_reason(payment, rules.SENDER_MATCH, now))


async def _end_unfunded(work: Work, app: App, sender: Sender) -> None:
    ids = await queries.lock_unfunded_of_sender(work.conn, app.id, sender.id)
    payments, now = await lock_many(work, app.id, ids)
    if now is None:
        return
    for payment in payments.values():
        await end_without_money(work, payment, now)
