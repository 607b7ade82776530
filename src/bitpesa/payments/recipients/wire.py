"""The JSON form of a recipient and its payout method, shared by API answers and webhook payloads (flows 4.1)."""

from typing import Any
from uuid import UUID

from bitpesa.api_support.sdk_compat.rules import shown_details
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import minor_to_number
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.money.rates.pricing import exchange_rate
from bitpesa.payments.recipients import rules
from bitpesa.payments.recipients.model import Recipient
from bitpesa.rails.providers import codes


def recipient_json(
    recipient: Recipient, *, transaction_state: str, transaction_external_id: str | None
) -> dict[str, Any]:
    """A stored recipient."""
    r = recipient
    flags = rules.flags(r)
    mandate = {} if r.mandate_id is None else {"mandate_id": str(r.mandate_id)}
    return {
        "id": str(r.id),
        "transaction_id": str(r.transaction_id),
        "transaction_external_id": transaction_external_id,
        "transaction_state": transaction_state,
        "type": r.type,
        "state": r.state,
        "state_reason": r.state_reason,
        "state_reason_details": None if r.result_code is None else codes.details(r.result_code),
        "editable": flags.editable,
        "may_cancel": flags.may_cancel,
        "retriable": flags.retriable,
        "requested_amount": minor_to_number(r.requested.minor, r.requested.currency),
        "requested_currency": r.requested.currency,
        "input_amount": minor_to_number(r.input.minor, r.input.currency),
        "input_currency": r.input.currency,
        "input_usd_amount": minor_to_number(r.input_usd_minor, "USD"),
        "output_amount": minor_to_number(r.output.minor, r.output.currency),
        "output_currency": r.output.currency,
        "exchange_rate": exchange_rate(r.input, r.output),
        "fee_fractional": r.fee_minor,
        "payout_method": payout_method_json(r.payout_method_id, r.payout_type, r.details, r.payout_method_metadata),
        "metadata": {**r.metadata, **r.system_metadata},
        **mandate,
        "created_at": to_wire(r.created_at),
        "errors": {},
    }


def payout_method_json(
    payout_method_id: UUID, payout_type: str, details: dict[str, Any], metadata: dict[str, Any]
) -> dict[str, Any]:
    """How a recipient is paid, as far as SDKs can read it."""
    return {
        "id": str(payout_method_id),
        "type": payout_type,
        "details": shown_details(details),
        "metadata": metadata,
        "errors": {},
    }


def event(name: str, recipient: Recipient, *, transaction_state: str, transaction_external_id: str | None) -> Event:
    """The event that reports a recipient as it is now; webhooks also show the transaction's external_id as its own."""
    body = recipient_json(
        recipient, transaction_state=transaction_state, transaction_external_id=transaction_external_id
    )
    payload = json.encode({**body, "external_id": transaction_external_id})
    return Event(name, "Recipient", recipient.id, recipient.transaction_id, payload)
