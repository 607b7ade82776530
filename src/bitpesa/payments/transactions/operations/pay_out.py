"""What providers answer about payouts, recorded (flows 8.1 to 8.5). Nothing outside is called from here."""

from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.account_checks import Finding
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.recipients.rules import RetryPolicy, Verdict
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.loading import lock, settle
from bitpesa.payments.transactions.operations.recipient_loading import recipient_of
from bitpesa.rails.providers.port import Answered, Outcome


async def record_outcome(work: Work, claimed: Recipient, outcome: Outcome, *, policy: RetryPolicy, asked: bool) -> None:
    """Record what a provider answered about the attempt that was claimed: to it, or when `asked` about it.

    An answer that comes late, about an attempt that was overtaken by another word on it, is kept beside the attempt and
    changes nothing.
    """
    payment, now = await lock(work, claimed.app_id, claimed.transaction_id)
    recipient = recipient_of(payment, claimed.id)
    await recipient_operations.note_answer(work, claimed, outcome, now)
    if recipient.attempt_id != claimed.attempt_id:
        return
    method = recipient_operations.method_of(recipient.payout_type)
    verdict = recipient_rules.judge(recipient, outcome, method=method, now=now, policy=policy, asked=asked)
    await settle(work, payment, [verdict], now)


async def record_fault(work: Work, claimed: Recipient, *, policy: RetryPolicy) -> None:
    """Record that the work on a claimed attempt failed unexpectedly; too often, and people have to look (R15, T18)."""
    payment, now = await lock(work, claimed.app_id, claimed.transaction_id)
    recipient = recipient_of(payment, claimed.id)
    if recipient.attempt_id == claimed.attempt_id:
        await settle(work, payment, [recipient_rules.fault(recipient, now=now, policy=policy)], now)


async def record_account_check(
    work: Work, claimed: Recipient, finding: Finding, *, policy: RetryPolicy
) -> Recipient | None:
    """Record what the check of an account found; the recipient to be paid now, or None when it must not be."""
    payment, now = await lock(work, claimed.app_id, claimed.transaction_id)
    recipient = recipient_of(payment, claimed.id)
    if recipient.attempt_id != claimed.attempt_id:
        return None
    if finding.code is None:
        checked = msgspec.structs.replace(
            recipient, system_metadata={**recipient.system_metadata, **finding.metadata}, updated_at=now
        )
        await settle(work, payment, [Verdict(checked)], now)
        return checked
    await recipient_operations.note_answer(work, claimed, Answered(finding.code, finding.text), now)
    verdict = recipient_rules.failed(
        recipient, finding.code, finding.text, now=now, policy=policy, metadata=finding.metadata
    )
    await settle(work, payment, [verdict], now)
    return None


async def pay_out_all(work: Work, app_id: UUID, transaction_id: UUID, *, policy: RetryPolicy) -> Payment | None:
    """Have every open recipient of a funded transaction paid, on the word of whoever runs the sandbox.

    None when the transaction is not funded, or is held. Raises NotFound.
    """
    payment, now = await lock(work, app_id, transaction_id)
    if not payment.transaction.is_funded or payment.transaction.is_held:
        return None
    verdicts = [
        recipient_rules.judge(
            recipient,
            Answered(recipient_rules.PAID_CODE),
            method=recipient_operations.method_of(recipient.payout_type),
            now=now,
            policy=policy,
        )
        for recipient in payment.recipients
        if recipient.is_open
    ]
    return await settle(work, payment, verdicts, now)
