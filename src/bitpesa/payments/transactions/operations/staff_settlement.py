"""What staff do about single payouts that machines cannot end: they say how one ended, or have it retried (R7, R13)."""

from typing import Any
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import Ending, Recipient
from bitpesa.payments.recipients.rules import RetryPolicy
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.loading import settle
from bitpesa.payments.transactions.operations.recipient_loading import find_recipient, recipient_of, refusal
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.organisations.model import App

BY_STAFF = "by staff: "


async def settle_recipient(
    work: Work,
    app: App,
    recipient_id: UUID | None,
    ending: Ending,
    *,
    actor: Actor,
    reason: str | None,
    policy: RetryPolicy,
    code: str | None = None,
    surely_unpaid: bool = False,
) -> tuple[Payment, Recipient]:
    """Record how a payout that waits for people truly ended (R7). Raises NotFound, Invalid.

    `failed` needs the code that says why, and is retried as any failure is. `refunded` is refused while a provider may
    have paid, unless it surely did not.
    """
    why = read_reason(reason)
    payment, recipient, now = await find_recipient(work, app, recipient_id)
    problem = recipient_rules.why_not_settled(recipient, ending, code, surely_unpaid=surely_unpaid)
    if problem is not None:
        raise refusal(payment, recipient, problem)
    answered = recipient_rules.PAID_CODE if ending is Ending.PAID else code
    await recipient_operations.note_word(work, recipient, answered, f"{BY_STAFF}{ending}, {why}", now)
    verdict = recipient_rules.settle_by_hand(recipient, ending, code, None, now=now, policy=policy)
    after = await settle(work, payment, [verdict], now)
    details = {"code": code, "surely_unpaid": surely_unpaid}
    await _record(work, app, recipient, after, actor=actor, action=f"recipient.{ending}", reason=why, details=details)
    return after, recipient_of(after, recipient.id)


async def retry_recipient(
    work: Work, app: App, recipient_id: UUID | None, *, actor: Actor, reason: str | None = None
) -> tuple[Payment, Recipient]:
    """Have a payout tried again now; one that a provider may have is asked about instead. Raises NotFound, Invalid."""
    why = read_reason(reason, needed=False)
    payment, recipient, now = await find_recipient(work, app, recipient_id)
    problem = recipient_rules.why_not_retried(recipient)
    if not payment.transaction.is_funded or payment.transaction.is_held:
        problem = f"Transaction is {payment.transaction.state}: no payout has started"
    if problem is not None:
        raise refusal(payment, recipient, problem)
    after = await settle(work, payment, [recipient_rules.try_again(recipient, now)], now)
    await _record(work, app, recipient, after, actor=actor, action="recipient.retried", reason=why)
    return after, recipient_of(after, recipient.id)


async def _record(
    work: Work,
    app: App,
    before: Recipient,
    payment: Payment,
    *,
    actor: Actor,
    action: str,
    reason: str | None,
    details: dict[str, Any] | None = None,
) -> None:
    after = recipient_of(payment, before.id)
    await record(
        work.conn,
        actor=actor,
        action=action,
        object_type="Recipient",
        object_id=before.id,
        organisation_id=app.organisation_id,
        app_id=app.id,
        reason=reason,
        before={"state": before.state, "state_reason": before.state_reason},
        after={"state": after.state, "state_reason": after.state_reason},
        details={**(details or {}), "transaction_id": str(payment.transaction.id)},
    )
