"""What the owner of a payin method does with it: edit, cancel, try again (flows 7)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.problems import FieldErrors, Invalid, NotFound
from bitpesa.kernel.values.money import Money
from bitpesa.payments.collections import queries
from bitpesa.payments.collections import rules as collection_rules
from bitpesa.payments.collections.catalogue import payin_type
from bitpesa.payments.collections.draft import OTP, as_kept, check_details
from bitpesa.payments.collections.model import Flow, PayinMethod, PayinMethodState, UxFlow
from bitpesa.payments.collections.operations import handed_over, order_of
from bitpesa.payments.collections.rules import Step
from bitpesa.payments.collections.wire import payin_method_json
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.transactions import rules
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.payments.transactions.operations.collect import follow, method_of
from bitpesa.payments.transactions.operations.loading import lock
from bitpesa.payments.transactions.queries import find_payin_method
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.organisations.model import App


async def check_otp(
    database: Database, app: App, payin_method_id: UUID | None, submitted: dict[str, Any], providers: Providers
) -> bool | None:
    """Ask the provider whether the code in a change is the one it sent; True when no code has to be asked about.

    Outside of any transaction. None: that cannot be found out now. Raises NotFound.
    """
    async with database.reading() as conn:
        payment, method = await find_payin_method(conn, app.id, payin_method_id)
        request = await handed_over(conn, method)
    details = submitted.get("in_details")
    otp = details.get(OTP) if isinstance(details, dict) else None
    if otp in (None, "") or not _awaits_sent_otp(method):
        return True
    t = payment.transaction
    if request is None:  # a request of an earlier release: nobody kept what was handed over
        provider = providers.for_payin(method.type, app.environment)
        order = order_of(method, Money(t.input_minor, t.input_currency), t.payin_reference)
    else:
        provider, order = providers.collecting_called(request.provider, app.environment), request.order
    return None if provider is None else await provider.check_otp(order, str(otp))


async def edit(
    work: Work, app: App, payin_method_id: UUID | None, submitted: dict[str, Any], *, otp_is_right: bool | None
) -> PayinMethod:
    """Change the details; what waited for them goes on, and what failed is tried again. Raises NotFound, Invalid."""
    payment, method, now = await _find(work, app, payin_method_id)
    if method.state not in collection_rules.EDITABLE:
        raise _refusal(method, base="Payin method is not editable")
    changes = submitted.get("in_details")
    if changes is not None and not isinstance(changes, dict):
        raise _refusal(method, in_details="invalid")
    details = as_kept({**method.in_details, **(changes or {})})
    flow = _flow(method)
    errors: FieldErrors = {}
    if flow is not None and method.ux_flow is not None:
        found = payin_type(method.type)
        errors = {} if found is None else check_details(found, UxFlow(method.ux_flow), details)
    if otp_is_right is False:
        errors[OTP] = [{"error": "invalid"}]
    if otp_is_right is None:
        errors["base"] = [{"error": "OTP cannot be verified now"}]
    if errors:
        edited = msgspec.structs.replace(method, in_details=details)
        raise Invalid({**payin_method_json(edited), "errors": errors})
    if method.state is PayinMethodState.ERROR:
        _require_payable(app, payment, method, now)
    step = collection_rules.edit(
        method,
        details,
        awaits_otp=_still_awaits_otp(method, details),
        may_start=payment.transaction.state in (TransactionState.APPROVED, TransactionState.PENDING),
        now=now,
    )
    return await _keep(work, payment, step, now)


async def cancel(work: Work, app: App, payin_method_id: UUID | None) -> PayinMethod:
    """Stop a collection. Money that comes all the same goes back. Raises NotFound, Invalid."""
    payment, method, now = await _find(work, app, payin_method_id)
    if not method.is_open:
        raise _refusal(method, base="Payin method cannot be cancelled")
    step = Step(collection_rules.cancel(method, now), collection_rules.CANCELED_EVENT)
    return await _keep(work, payment, step, now)


async def retry(work: Work, app: App, payin_method_id: UUID | None) -> PayinMethod:
    """Ask the payer once more, after an error. Raises NotFound, Invalid."""
    payment, method, now = await _find(work, app, payin_method_id)
    if method.state is not PayinMethodState.ERROR:
        raise _refusal(method, base="Payin method cannot be retried")
    _require_payable(app, payment, method, now)
    return await _keep(work, payment, Step(collection_rules.restart(method, now), "payin_method.pending"), now)


async def refuse(work: Work, app: App, payin_method_id: UUID, code: str) -> PayinMethod:
    """Note that the payer said no. Raises NotFound, Invalid."""
    payment, method, now = await _find(work, app, payin_method_id)
    if not method.is_open:
        raise _refusal(method, base="Payin method cannot be cancelled")
    if method.state is PayinMethodState.ERROR:
        return method
    return await _keep(work, payment, collection_rules.failed(method, code, None, now), now)


async def _find(work: Work, app: App, payin_method_id: UUID | None) -> tuple[Payment, PayinMethod, datetime]:
    """Lock the payment of a payin method, and see both as they are at this moment. Raises NotFound."""
    transaction_id = await queries.transaction_of(work.conn, app.id, payin_method_id)
    if transaction_id is None or payin_method_id is None:
        raise NotFound
    payment, now = await lock(work, app.id, transaction_id)
    seen = rules.as_seen(payment, now)
    return payment, method_of(seen, payin_method_id), now


async def _keep(work: Work, payment: Payment, step: Step, now: datetime) -> PayinMethod:
    return method_of(await follow(work, payment, (step,), now), step.method.id)


def _flow(method: PayinMethod) -> Flow | None:
    found = payin_type(method.type)
    return None if found is None or method.ux_flow is None else found.flows.get(UxFlow(method.ux_flow))


def _awaits_sent_otp(method: PayinMethod) -> bool:
    flow = _flow(method)
    return method.state is PayinMethodState.INCOMPLETE and flow is not None and flow.otp == "sent"


def _still_awaits_otp(method: PayinMethod, details: dict[str, Any]) -> bool:
    """Whether an incomplete one still lacks its code. With another number, a new code is sent to that."""
    if details.get(OTP):
        return False
    return not _awaits_sent_otp(method) or details == method.in_details


def _require_payable(app: App, payment: Payment, method: PayinMethod, now: datetime) -> None:
    approved = sender_rules.is_approved(payment.sender.state, app.settings)
    problem = rules.why_not_collectable(payment.transaction, sender_approved=approved, now=now)
    if problem is not None:
        raise _refusal(method, base=problem)


def _refusal(method: PayinMethod, **problems: str) -> Invalid:
    errors = {field: [{"error": problem}] for field, problem in problems.items()}
    return Invalid({**payin_method_json(method), "errors": errors})
