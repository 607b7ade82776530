"""The JSON form of a transaction, shared by API answers and webhook payloads (flows 4.1)."""

from typing import Any

from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import Money, minor_to_number
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.money.rates.pricing import exchange_rate
from bitpesa.payments.collections import wire as collections
from bitpesa.payments.collections.wire import payin_method_json
from bitpesa.payments.recipients import wire as recipients
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.senders import wire as senders
from bitpesa.payments.transactions.draft import RecipientDraft, TransactionDraft
from bitpesa.payments.transactions.model import Payment, Transaction
from bitpesa.rails.corridors.rules import fields


def payment_json(payment: Payment) -> dict[str, Any]:
    """A stored transaction with its sender, payin methods and recipients."""
    t = payment.transaction
    return {
        "id": str(t.id),
        "external_id": t.external_id,
        "state": t.state,
        "state_reason": t.state_reason,
        "input_currency": t.input_currency,
        "input_amount": minor_to_number(t.input_minor, t.input_currency),
        "paid_amount": minor_to_number(t.paid_minor, t.input_currency),
        "due_amount": minor_to_number(t.due_minor, t.input_currency),
        "payin_reference": t.payin_reference,
        "traits": t.traits,
        "metadata": t.metadata,
        "sender": senders.sender_json(payment.sender),
        "payin_methods": [payin_method_json(method) for method in payment.payin_methods],
        "recipients": [recipient_json(t, recipient) for recipient in payment.recipients],
        "created_at": to_wire(t.created_at),
        "updated_at": to_wire(t.updated_at),
        "expires_at": to_wire(t.expires_at),
        "errors": {},
    }


def recipient_json(transaction: Transaction, recipient: Recipient) -> dict[str, Any]:
    """One recipient of a transaction."""
    return recipients.recipient_json(
        recipient, transaction_state=transaction.state, transaction_external_id=transaction.external_id
    )


def event(name: str, payment: Payment) -> Event:
    """The event that reports a transaction as it is now."""
    t = payment.transaction
    return Event(name, "Transaction", t.id, t.id, json.encode(payment_json(payment)))


def recipient_event(name: str, payment: Payment, recipient: Recipient) -> Event:
    """The event that reports a recipient as it is now."""
    t = payment.transaction
    return recipients.event(name, recipient, transaction_state=t.state, transaction_external_id=t.external_id)


def draft_json(draft: TransactionDraft, state: str | None = None) -> dict[str, Any]:
    """A transaction that is not stored: what was asked for, what it would come to, and what is wrong with it."""
    submitted = draft.submitted
    body: dict[str, Any] = {
        "external_id": draft.external_id or submitted.get("external_id"),
        "input_currency": submitted.get("input_currency"),
        "sender": _sender(draft),
        "recipients": _recipients(draft),
        "payin_methods": [collections.draft_json(method) for method in draft.payin_methods],
        "traits": draft.traits,
        "metadata": submitted.get("metadata") or {},
        "errors": draft.errors,
    }
    if state is not None:
        body["state"] = state
    prices = [recipient.price for recipient in draft.recipients]
    if draft.input_currency is not None and prices and all(p is not None for p in prices):
        total = sum(p.input_minor for p in prices if p is not None)
        body["input_amount"] = minor_to_number(total, draft.input_currency)
        body["paid_amount"] = 0
        body["due_amount"] = minor_to_number(total, draft.input_currency)
    return body


def _sender(draft: TransactionDraft) -> Any:
    if draft.sender is None:
        return draft.submitted.get("sender") or None
    return senders.draft_json(draft.sender)


def _recipients(draft: TransactionDraft) -> Any:
    if draft.recipients:
        return [_recipient(draft, recipient) for recipient in draft.recipients]
    return []


def _recipient(draft: TransactionDraft, recipient: RecipientDraft) -> dict[str, Any]:
    submitted = recipient.submitted
    body: dict[str, Any] = {
        "type": recipient.type,
        "requested_amount": submitted.get("requested_amount"),
        "requested_currency": submitted.get("requested_currency"),
        "payout_method": _payout_method(recipient),
        "metadata": submitted.get("metadata") or {},
        "errors": recipient.errors,
    }
    if recipient.mandate_id is not None:
        body["mandate_id"] = str(recipient.mandate_id)
    found, price = recipient.corridor, recipient.price
    if price is None or found is None or draft.input_currency is None:
        return body
    paid_in, paid_out = Money(price.input_minor, draft.input_currency), Money(price.output_minor, found.currency)
    return {
        **body,
        "requested_amount": minor_to_number(price.requested_minor, str(submitted["requested_currency"])),
        "input_amount": minor_to_number(paid_in.minor, paid_in.currency),
        "input_currency": paid_in.currency,
        "input_usd_amount": minor_to_number(price.input_usd_minor, "USD"),
        "output_amount": minor_to_number(paid_out.minor, paid_out.currency),
        "output_currency": paid_out.currency,
        "exchange_rate": exchange_rate(paid_in, paid_out),
        "fee_fractional": price.fee_minor,
    }


def _payout_method(recipient: RecipientDraft) -> Any:
    method = recipient.submitted.get("payout_method")
    if not isinstance(method, dict):
        return method
    found, stored_id = recipient.corridor, recipient.payout_method_id
    body = {
        **({"id": str(stored_id)} if stored_id is not None else {}),
        "type": method.get("type") if found is None else found.type,
        "details": recipient.details or method.get("details") or {},
        "metadata": recipient.method_metadata or method.get("metadata") or {},
        "errors": recipient.method_errors,
    }
    if recipient.method_errors and recipient.corridor is not None:
        body["fields"] = fields(recipient.corridor, recipient.type)
    return body
