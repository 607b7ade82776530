"""What screening found, recorded: payments are held until staff have looked, or cleared when it was somebody else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.payments.compliance.senders import follow
from bitpesa.payments.recipients import operations as recipients
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.screening import operations as screening
from bitpesa.payments.screening import queries
from bitpesa.payments.screening.model import Match, Outcome
from bitpesa.payments.senders import operations as senders
from bitpesa.payments.senders.model import Sender
from bitpesa.payments.transactions import queries as transactions
from bitpesa.payments.transactions import rules
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.fund_from_balance import hold_senders
from bitpesa.payments.transactions.operations.loading import keep, lock, lock_many
from bitpesa.payments.transactions.operations.recipient_loading import find_recipient, recipient_of, refusal
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations.model import App


async def record_sender(
    work: Work, app: App, claimed: Sender, claimed_until: datetime, matches: Sequence[Match], *, edition: int
) -> None:
    """Record what was found of a sender; where that holds payments, its own are held. Raises NotFound."""
    now = await clock.now(work.conn, app.id)
    sender = await senders.screened(work, app, claimed, claimed_until, matches, now, edition=edition)
    await follow(work, app, sender)
    if not sender.is_under_review:
        return
    payments, at = await lock_many(work, app.id, await transactions.lock_unpaid_of_sender(work.conn, app.id, sender.id))
    for payment in payments.values():
        if at is not None:
            await keep(work, payment, rules.hold(payment, rules.SENDER_MATCH, at))


async def record_recipient(
    work: Work, app: App, claimed: Recipient, claimed_until: datetime, matches: Sequence[Match], *, edition: int
) -> None:
    """Record what was found of a recipient: it may be paid, or its payment is held. Raises NotFound."""
    await hold_senders(work, app, [claimed.transaction_id])
    payment, now = await lock(work, app.id, claimed.transaction_id)
    reasons = await _reasons(work, app, payment, claimed, matches, now)
    cleared_for = None if reasons else edition
    if not await recipients.end_screening(work, claimed, claimed_until, cleared_for=cleared_for):
        return
    held = payment
    for reason in reasons:
        if reason != rules.SENDER_MATCH or payment.transaction.is_funded:  # else it is one when the money comes
            held = rules.hold(held, reason, now)
    await keep(work, payment, held)


async def dismiss_recipient_hits(
    work: Work, app: App, recipient_id: UUID | None, *, actor: Actor, reason: str | None = None
) -> Payment:
    """Say that what was found of a recipient is somebody else: what was held for nothing else is paid.

    Raises NotFound, and Invalid when there is nothing or no reason is given.
    """
    why = read_reason(reason)
    payment, recipient, now = await find_recipient(work, app, recipient_id)
    dismissed = await screening.dismiss_of_recipients(work, app.id, [recipient.id], now)
    if not dismissed:
        raise refusal(payment, recipient, "Recipient has no potential sanctions match")
    hits = await queries.hits_of_recipients(work.conn, app.id, [each.id for each in payment.recipients])
    after = payment
    if not any(hit.counts for hit in hits):
        after = rules.without_reason(payment, rules.RECIPIENT_MATCH, now)
        await keep(work, payment, after)
    await record(
        work.conn,
        actor=actor,
        action="recipient.hits_dismissed",
        object_type="Recipient",
        object_id=recipient.id,
        organisation_id=app.organisation_id,
        app_id=app.id,
        reason=why,
        before={"state": payment.transaction.state, "held_for": payment.transaction.held_for},
        after={"state": after.transaction.state, "held_for": after.transaction.held_for},
        details={"hits": dismissed, "transaction_id": str(payment.transaction.id)},
    )
    return after


async def _reasons(
    work: Work, app: App, payment: Payment, claimed: Recipient, matches: Sequence[Match], now: datetime
) -> list[str]:
    """Why a recipient may not be paid until staff have looked."""
    outcome = await screening.record_of_recipient(
        work, app.id, payment.sender.id, claimed.id, payment.transaction.id, matches, now
    )
    holds = outcome in (Outcome.HOLD, Outcome.LISTED) or (outcome is Outcome.REVIEW and app.settings.hold_on_hits)
    return [
        *([rules.RECIPIENT_MATCH] if holds and recipient_of(payment, claimed.id).is_open else []),
        *([rules.SENDER_MATCH] if payment.sender.is_under_review else []),
    ]
