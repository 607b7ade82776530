"""Payments that are held until staff have looked at them: marked, released, or refused (T7 to T9)."""

from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid, NotFound, refused
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.screening import operations as screening
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.transactions import rules, wire
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.fund_from_balance import hold_senders
from bitpesa.payments.transactions.operations.loading import keep, lock, settle
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations.model import App


async def mark_for_review(
    work: Work, app: App, transaction_id: UUID | None, *, actor: Actor, reason: str | None = None
) -> Payment:
    """Have a transaction held once its money is in. Raises NotFound, and Invalid when there is money already."""
    why = read_reason(reason)
    payment, now = await lock(work, app.id, _known(transaction_id))
    if payment.transaction.state not in rules.UNFUNDED or rules.is_expired(payment.transaction, now):
        raise _refusal(rules.as_seen(payment, now), "Only a transaction that waits for its money can be marked")
    marked = msgspec.structs.replace(payment.transaction, held_for=why, updated_at=now)
    after = msgspec.structs.replace(payment, transaction=marked)
    await keep(work, payment, after)
    await record_about(work, app, payment, after, actor=actor, action="transaction.marked_for_review", reason=why)
    return after


async def release(
    work: Work, app: App, transaction_id: UUID | None, *, actor: Actor, reason: str | None = None
) -> Payment:
    """Let the payouts of a held transaction start (T8). Raises NotFound, Invalid.

    Not while its sender may not transact, or a list speaks of him: that is to be cleared first, or the money refused.
    What lists say of its recipients is taken for somebody else.
    """
    why = read_reason(reason, needed=False)
    await hold_senders(work, app, [_known(transaction_id)])
    payment, now = await lock(work, app.id, _known(transaction_id))
    _require_held(payment)
    if not sender_rules.is_approved(payment.sender.state, app.settings):
        raise _refusal(payment, "Sender is not approved")
    if payment.sender.is_under_review:
        raise _refusal(payment, "Sender is under review")
    await screening.dismiss_of_recipients(work, app.id, [each.id for each in payment.recipients], now)
    after = rules.release(payment, now)
    await keep(work, payment, after)
    await record_about(work, app, payment, after, actor=actor, action="transaction.released", reason=why)
    return after


async def refuse(
    work: Work, app: App, transaction_id: UUID | None, *, actor: Actor, reason: str | None = None
) -> Payment:
    """Give the money of a held transaction back (T9). Raises NotFound, Invalid.

    What came from the balance is there again at once; what was collected waits until people have returned it (T17). A
    payout that a provider has is given back once it is known to have failed.
    """
    why = read_reason(reason)
    payment, now = await lock(work, app.id, _known(transaction_id))
    _require_held(payment)
    verdicts = [recipient_rules.cancel(each, funded=True, now=now) for each in payment.recipients]
    after = await settle(work, payment, [verdict for verdict in verdicts if verdict is not None], now)
    await record_about(work, app, payment, after, actor=actor, action="transaction.refused", reason=why)
    return after


async def record_about(
    work: Work,
    app: App,
    before: Payment,
    after: Payment,
    *,
    actor: Actor,
    action: str,
    reason: str | None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down what somebody did to a transaction."""
    await record(
        work.conn,
        actor=actor,
        action=action,
        object_type="Transaction",
        object_id=after.transaction.id,
        organisation_id=app.organisation_id,
        app_id=app.id,
        reason=reason,
        before={"state": before.transaction.state, "held_for": before.transaction.held_for},
        after={"state": after.transaction.state, "held_for": after.transaction.held_for},
        details=details,
    )


def _require_held(payment: Payment) -> None:
    if not payment.transaction.is_held:
        raise _refusal(payment, f"Transaction is {payment.transaction.state} and not held")


def _refusal(payment: Payment, sentence: str) -> Invalid:
    return refused("base", sentence, **wire.payment_json(payment))


def _known(transaction_id: UUID | None) -> UUID:
    if transaction_id is None:
        raise NotFound
    return transaction_id
