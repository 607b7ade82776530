"""Editing a recipient: its details and metadata, and with them another try (flows 8.8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import FieldErrors, Invalid, add_error
from bitpesa.kernel.values.metadata import read_metadata
from bitpesa.payments.payout_methods.rules import corridor_for
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.transactions import rules, wire
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.loading import keep, settle
from bitpesa.payments.transactions.operations.recipient_loading import find_recipient, refusal
from bitpesa.rails.corridors import rules as corridor_rules
from bitpesa.rails.corridors.model import Corridor
from bitpesa.tenants.organisations.model import App, AppSettings


async def edit(work: Work, app: App, recipient_id: UUID | None, submitted: dict[str, Any]) -> tuple[Payment, Recipient]:
    """Change the details or the metadata of a recipient; a failed payout is tried again at once.

    Raises NotFound, Invalid.
    """
    payment, recipient, now = await find_recipient(work, app, recipient_id)
    method = recipient_operations.method_of(recipient.payout_type)
    if rules.is_expired(payment.transaction, now) or not recipient_rules.may_edit(recipient, method=method):
        raise refusal(rules.as_seen(payment, now), recipient, "Recipient is not editable")
    details, metadata = _read_changes(app.settings, payment, recipient, submitted, now)
    started = payment.transaction.is_funded and not payment.transaction.is_held
    edited = recipient_rules.edit(recipient, details, metadata, started=started, now=now)
    legs = tuple(edited if each.id == edited.id else each for each in payment.recipients)
    if payment.transaction.is_funded:
        after = await settle(work, payment, [recipient_rules.Verdict(edited)], now)
    else:
        after = msgspec.structs.replace(payment, recipients=legs)
        await keep(work, payment, after)
    if details != recipient.details:
        await recipient_operations.ask_for_screening(work, app.id, recipient.id)
    return after, edited


def _read_changes(
    settings: AppSettings, payment: Payment, recipient: Recipient, submitted: dict[str, Any], now: datetime
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    errors: FieldErrors = {}
    metadata = read_metadata(submitted, errors)
    method = submitted.get("payout_method")
    changes = method.get("details") if isinstance(method, dict) else None
    if method is not None and not isinstance(method, dict):
        add_error(errors, "payout_method", "invalid")
    if changes is None:
        changes = {}
    method_errors: FieldErrors = {}
    if not isinstance(changes, dict):
        add_error(method_errors, "details", "invalid")
        changes = {}
    details = recipient_operations.merge_details(recipient, changes)
    known = corridor_for(recipient.payout_type, settings)
    if known is not None and changes:
        checked = corridor_rules.check_details(known, recipient.type, details, today=now.date())
        details = checked.details
        method_errors.update(checked.errors)
    if errors or method_errors:
        raise _faulty(payment, recipient, details, known, errors, method_errors)
    return details, metadata


def _faulty(
    payment: Payment,
    recipient: Recipient,
    details: dict[str, Any],
    known: Corridor | None,
    errors: FieldErrors,
    method_errors: FieldErrors,
) -> Invalid:
    """The recipient with what was asked for, with the errors and the fields that its payout method takes."""
    body = wire.recipient_json(payment.transaction, msgspec.structs.replace(recipient, details=details))
    body["errors"] = errors
    if method_errors:
        fields = {} if known is None else corridor_rules.fields(known, recipient.type)
        body["payout_method"] = {**body["payout_method"], "errors": method_errors, "fields": fields}
        body["errors"] = {**errors, "payout_method": [{"error": "invalid"}]}
    return Invalid(body)
