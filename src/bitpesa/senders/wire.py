"""The JSON form of a sender, shared by API answers and webhook payloads."""

from typing import Any

from bitpesa.kernel import json
from bitpesa.kernel.events import Event
from bitpesa.kernel.problems import FieldErrors
from bitpesa.kernel.timestamps import to_wire
from bitpesa.senders.fields import FIELDS
from bitpesa.senders.model import Draft, Sender


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
        "documents": sender.profile.get("documents") or [],
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
    return {**known, **faulty, "errors": draft.errors}


def submitted_json(submitted: dict[str, Any]) -> dict[str, Any]:
    """What a client submitted, as far as it is a sender's: unknown fields are not echoed (flows 11.1)."""
    return {name: submitted[name] for name in ("id", "type", "external_id", "metadata", *FIELDS) if name in submitted}


def refused_json(submitted: dict[str, Any], errors: FieldErrors) -> dict[str, Any]:
    """The echo of a refused sender."""
    return {**submitted_json(submitted), "errors": errors}


def event(name: str, sender: Sender) -> Event:
    """The event that reports a sender as it is now."""
    return Event(name, "Sender", sender.id, sender.id, json.encode(sender_json(sender)))
