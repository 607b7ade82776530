"""Payouts that wait until their recipient signed a mandate (mandate after funding: code 22)."""

from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database import Work
from bitpesa.mandates import operations as mandates
from bitpesa.mandates import rules as mandate_rules
from bitpesa.mandates.model import Mandate
from bitpesa.organisations.model import App
from bitpesa.providers.port import Answered
from bitpesa.recipients import operations as recipient_operations
from bitpesa.recipients import queries as recipients
from bitpesa.recipients import rules as recipient_rules
from bitpesa.recipients.model import Recipient
from bitpesa.recipients.rules import SIGNATURE_CODE, Verdict
from bitpesa.transactions.operations.payment import lock, lock_many, settle
from bitpesa.transactions.operations.recipient import recipient_of


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


async def sign(work: Work, app: App, mandate_id: UUID | None) -> Mandate:
    """Note that the recipient signed. Raises NotFound.

    What waited for it is paid by `pay_signed`, after the commit: a payout that saw the mandate unsigned is seen then.
    """
    return await mandates.sign(work, app.id, mandate_id, await clock.now(work.conn, app.id))


async def pay_signed(work: Work, app: App, mandate_id: UUID) -> None:
    """Try the payouts that waited for a mandate."""
    waiting = await recipients.waiting_for_mandate(work.conn, app.id, mandate_id)
    payments, now = await lock_many(work, app.id, waiting)
    if now is None:
        return
    for payment in payments.values():
        verdicts = [
            Verdict(recipient_rules.proceed(recipient, now))
            for recipient in payment.recipients
            if recipient.mandate_id == mandate_id and recipient_rules.awaits_signature(recipient)
        ]
        await settle(work, payment, verdicts, now)
