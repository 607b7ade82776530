"""The JSON form of a sender, shared by API answers and webhook payloads."""

from typing import Any

from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.values import json
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.payments.documents import wire as documents
from bitpesa.payments.senders.fields import FIELDS
from bitpesa.payments.senders.model import Draft, Sender


def sender_json(sender: Sender) -> dict[str, Any]:
    """A stored sender: the fields it has, and what the platform says of it."""
    return {
        "id": str(sender.id),
        "type": sender.type,
        "state": sender.state,
        "state_reason": sender.state_reason,
        "external_id": sender.external_id,
        "onboarding_status": sender.onboarding_status,
        "lang": "en",
        **{name: sender.profile[name] for name in FIELDS if name in sender.profile},
        "documents": [documents.document_json(each) for each in sender.documents if each.is_enabled],
        "politically_exposed_people": sender.profile.get("politically_exposed_people") or [],
        "providers": {},
        "metadata": sender.metadata,
        "created_at": to_wire(sender.created_at),
        "errors": {},
    }


def draft_json(draft: Draft) -> dict[str, Any]:
    """A sender that was not stored: as it would be, or as it was submitted where that is wrong."""
    known = sender_json(draft.sender) if draft.sender is not None else {}
    if draft.is_new:
        for name in ("id", "state", "state_reason", "created_at", "onboarding_status", "providers"):
            known.pop(name, None)
    faulty = {
        name: value
        for name, value in submitted_json(draft.submitted).items()
        if draft.sender is None or name in draft.errors
    }
    if draft.documents:
        faulty["documents"] = _drafted_documents(draft)
    return {**known, **faulty, "errors": draft.errors}


def submitted_json(submitted: dict[str, Any]) -> dict[str, Any]:
    """What a client submitted, as far as it is a sender's: neither unknown fields nor files are echoed (flows 11.1)."""
    known = {name: submitted[name] for name in ("id", "type", "external_id", "metadata", *FIELDS) if name in submitted}
    if isinstance(known.get("documents"), list):
        known["documents"] = [
            documents.refused_json(each, {}) if isinstance(each, dict) else None for each in known["documents"]
        ]
    return known


def refused_json(draft: Draft) -> dict[str, Any]:
    """The echo of a refused sender; its documents carry their own errors."""
    echo = submitted_json(draft.submitted)
    if draft.documents:
        echo["documents"] = [documents.draft_json(each) for each in draft.documents]
    return {**echo, "errors": draft.errors}


def _drafted_documents(draft: Draft) -> list[dict[str, Any]]:
    """The documents that a sender would have: those it has, and those the request adds."""
    named = {each.document.id for each in draft.documents if each.document is not None}
    before = draft.stored.documents if draft.stored is not None else ()
    kept = [documents.document_json(each) for each in before if each.is_enabled and each.id not in named]
    return [*kept, *(documents.draft_json(each) for each in draft.documents)]


def event(name: str, sender: Sender) -> Event:
    """The event that reports a sender as it is now."""
    return Event(name, "Sender", sender.id, sender.id, json.encode(sender_json(sender)))
