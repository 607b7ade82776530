"""Payouts that wait until their recipient signed a mandate (mandate after funding: code 22)."""

from datetime import datetime
from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.payments.mandates import operations as mandates
from bitpesa.payments.mandates import rules as mandate_rules
from bitpesa.payments.mandates.model import Mandate, MandateStatus
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.recipients.rules import SIGNATURE_CODE, RetryPolicy, Verdict
from bitpesa.payments.transactions.operations.loading import lock, lock_many, settle
from bitpesa.payments.transactions.operations.recipient_loading import recipient_of
from bitpesa.rails.providers.port import Answered
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations.model import App


def may_need_mandate(recipient: Recipient) -> bool:
    """Whether the payout is of the kind that somebody has to sign for."""
    return mandate_rules.is_needed(
        recipient.payout_type,
        recipient.type,
        recipient.details,
        requested_currency=recipient.requested.currency,
        output=recipient.output,
    )


async def require_mandate(work: Work, claimed: Recipient) -> Recipient | None:
    """The recipient to be paid now; None when it has to sign first, and waits for that."""
    payment, now = await lock(work, claimed.app_id, claimed.transaction_id)
    recipient = recipient_of(payment, claimed.id)
    if recipient.attempt_id != claimed.attempt_id:
        return None
    mandate = await mandates.find_or_start(work.conn, recipient.app_id, recipient.type, recipient.details, now)
    if mandate.releases:
        signed = msgspec.structs.replace(recipient, mandate_id=mandate.id, updated_at=now)
        await settle(work, payment, [Verdict(signed)], now)
        return signed
    await recipient_operations.note_answer(work, claimed, Answered(SIGNATURE_CODE), now)
    await settle(work, payment, [recipient_rules.await_signature(recipient, mandate.id, now)], now)
    return None


async def end_signing(
    work: Work, app: App, mandate_id: UUID | None, status: MandateStatus, *, actor: Actor, reason: str | None = None
) -> Mandate:
    """Note how the signing of a mandate ended: `signed`, `failed` or `bypassed`. Raises NotFound, Invalid.

    A failure and a bypass need a reason. What waited for it goes on by `follow_mandate`, after the commit: a payout
    that saw the mandate unsigned is seen then.
    """
    why = read_reason(reason, needed=status is not MandateStatus.SIGNED)
    before, after = await mandates.end(work, app.id, mandate_id, status, await clock.now(work.conn, app.id))
    if before.status is not after.status:
        await record(
            work.conn,
            actor=actor,
            action=f"mandate.{status}",
            object_type="Mandate",
            object_id=after.id,
            organisation_id=app.organisation_id,
            app_id=app.id,
            reason=why,
            before={"status": before.status},
            after={"status": after.status},
        )
    return after


async def follow_mandate(work: Work, app: App, mandate: Mandate, *, policy: RetryPolicy) -> None:
    """Let the payouts go on that waited for a mandate: they are tried, or have failed where it has.

    Doing it again does no harm, and is the remedy where the first time was cut short.
    """
    waiting = await recipients.waiting_for_mandate(work.conn, app.id, mandate.id)
    payments, now = await lock_many(work, app.id, waiting)
    if now is None:
        return
    for payment in payments.values():
        verdicts = [
            _without_mandate(recipient, now, policy)
            if mandate.status is MandateStatus.FAILED
            else Verdict(recipient_rules.proceed(recipient, now))
            for recipient in payment.recipients
            if recipient.mandate_id == mandate.id and recipient_rules.awaits_signature(recipient)
        ]
        await settle(work, payment, verdicts, now)


def _without_mandate(recipient: Recipient, now: datetime, policy: RetryPolicy) -> Verdict:
    """The recipient did not sign, or must not: an edit or the next attempt asks for a new mandate."""
    return recipient_rules.failed(recipient, recipient_rules.UNSIGNED_CODE, None, now=now, policy=policy)
