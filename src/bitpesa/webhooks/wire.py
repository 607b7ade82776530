"""The JSON forms: a webhook, the body it is sent, and the log of an attempt (flows 9.2, 9.5)."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.observability.masking import MASK, mask_json, mask_line, mask_url
from bitpesa.kernel.outbound.http_client import Delivered, Failed, Outcome, Refused, TimedOut
from bitpesa.kernel.outbox.events import Recorded
from bitpesa.kernel.problems import FieldErrors
from bitpesa.kernel.values import json
from bitpesa.kernel.values.timestamps import to_wire, to_wire_or_none
from bitpesa.payments.documents.wire import sign_links
from bitpesa.webhooks.model import Attempt, Replay, Webhook, WebhookLog

PROOFS = frozenset({"authorization-signature", "webhook-signature"})
"""The headers by which a receiver knows that it was us."""

KNOWN_FIELDS = ("url", "events", "metadata")


def webhook_json(webhook: Webhook) -> dict[str, Any]:
    """A webhook as its owner sees it."""
    return {
        "id": str(webhook.id),
        "url": webhook.url,
        "events": list(webhook.events),
        "metadata": webhook.metadata,
        "created_at": to_wire(webhook.created_at),
        "disabled_at": to_wire_or_none(webhook.disabled_at),
        "errors": {},
    }


def refused_json(submitted: Mapping[str, Any], errors: FieldErrors) -> dict[str, Any]:
    """The echo of a refused webhook; unknown fields are not echoed (flows 11.1)."""
    return {**{name: submitted[name] for name in KNOWN_FIELDS if name in submitted}, "errors": errors}


def refused_range_json(submitted: Mapping[str, Any], errors: FieldErrors) -> dict[str, Any]:
    """The echo of a range that was refused."""
    return {**{name: submitted[name] for name in ("from", "to") if name in submitted}, "errors": errors}


def replay_json(replay: Replay) -> dict[str, Any]:
    """What is delivered once more."""
    return {"webhook_id": str(replay.webhook.id), "deliveries": replay.deliveries}


def body(webhook_id: UUID, event: Recorded) -> bytes:
    """What is posted. The payload goes in as it was recorded, so that every attempt has the same bytes."""
    return b'{"webhook":"%s","event":%s,"object":%s}' % (
        str(webhook_id).encode(),
        json.encode(event.name),
        event.payload.encode(),
    )


def may_show_documents(event: Recorded) -> bool:
    """Whether it is worth looking for documents in an event: in most there are none, and they go out as they are."""
    return '"upload_file_name":' in event.payload


def with_links(event: Recorded, link_to: Callable[[UUID], str]) -> Recorded:
    """The event with a link in each document that it shows."""
    shown = json.decode(event.payload)
    sign_links(shown, link_to)
    return msgspec.structs.replace(event, payload=json.encode_text(shown))


def log_json(log: WebhookLog) -> dict[str, Any]:
    """The log of an attempt as the app sees it."""
    return {
        "id": str(log.id),
        "message": log.message,
        "metadata": log.metadata,
        "created_at": to_wire(log.created_at),
        "parent_id": str(log.webhook_id),
        "parent_type": "Webhook",
    }


def log_message(event: Recorded, ending: str) -> str:
    """The one line that sums an attempt up."""
    return f"{_class_name(event.object_type)}({event.object_id}) {event.name} {ending}!"


def log_metadata(attempt: Attempt) -> dict[str, Any]:
    """What was sent and what came back, but for the body that was sent: `with_body` adds it when somebody asks.

    `attempt_id` is the same for all tries of one delivery. Whoever reads logs later must not find a signature that a
    receiver would believe, or the log-in that a URL holds.
    """
    parcel, delivery = attempt.parcel, attempt.parcel.delivery
    url = mask_url(delivery.webhook.url)
    return {
        "params": {**webhook_json(delivery.webhook), "url": url},
        "event": parcel.event.name,
        "instance_id": str(parcel.event.object_id),
        "instance_type": _class_name(parcel.event.object_type),
        "attempt_id": str(delivery.id),
        "tries": delivery.tries + 1,
        "request": {
            "headers": {name: MASK if name.lower() in PROOFS else value for name, value in parcel.headers.items()},
            "url": url,
        },
        "response": _response_json(attempt.outcome),
        "app_id": str(delivery.webhook.app_id),
        "api_key_id": str(parcel.signed_by or delivery.webhook.api_key_id),
    }


def with_body(log: WebhookLog, event: Recorded | None) -> WebhookLog:
    """A log with what was sent, made from the event once more; null when the event was forgotten before the log.

    Without links to documents, since whoever reads logs must not be able to open them, nor learn whose account it was.
    """
    sent = None if event is None else mask_json(body(log.webhook_id, event))
    request = log.metadata["request"]
    whole = {"headers": request["headers"], "body": sent, "url": request["url"]}
    return msgspec.structs.replace(log, metadata={**log.metadata, "request": whole})


def _response_json(outcome: Outcome) -> dict[str, Any]:
    """An answer, or in its place the reason why there is none under `error`."""
    match outcome:
        case Delivered(status, headers, content):
            said = mask_json(content)
            said = mask_line(content.decode("utf-8", "replace")) if said is None else said
            return {"status": str(status), "headers": headers, "body": said}
        case TimedOut(status):
            return _no_answer("timed out", status)
        case Failed(reason) | Refused(reason):
            return _no_answer(reason)


def _no_answer(reason: str, status: int | None = None) -> dict[str, Any]:
    return {"status": None if status is None else str(status), "headers": {}, "body": None, "error": reason}


def _class_name(object_type: str) -> str:
    """`payout_method` and `PayoutMethod` alike are a `PayoutMethod` in logs."""
    return "".join(part[:1].upper() + part[1:] for part in object_type.split("_"))
