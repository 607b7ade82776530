"""The JSON form of a document, shared by API answers and webhook payloads (flows 3.8)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import FieldErrors
from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import read_id
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.payments.documents.model import Document, DocumentDraft

ECHOED = ("id", "upload_file_name", "document_type", "document_id", "expiry_date", "source", "metadata")
"""What is repeated of a refused document: never the file itself."""


def document_json(document: Document) -> dict[str, Any]:
    """A stored document. Whoever sends it away puts a fresh link where none is yet: see `sign_links`."""
    d = document
    return {
        "id": str(d.id),
        "upload": None,
        "url": None,
        "upload_file_name": d.file_name,
        "upload_content_type": d.content_type,
        "upload_file_size": d.size_bytes,
        "category": d.category,
        "side": d.side,
        "document_type": d.document_type,
        "issuing_country": d.issuing_country,
        "document_id": d.document_number,
        "expiry_date": d.expiry_date,
        "source": d.source,
        "metadata": d.metadata,
        "state": "enabled" if d.is_enabled else "disabled",
        "created_at": to_wire(d.created_at),
        "errors": {} if d.fetch_problem is None else {"upload": [{"error": d.fetch_problem}]},
    }


def draft_json(draft: DocumentDraft) -> dict[str, Any]:
    """A document that was not stored: as it was submitted, or as it is stored where it was named by its id."""
    if draft.document is not None and not draft.is_new and not draft.errors:
        return document_json(draft.document)
    return refused_json(draft.submitted, draft.errors)


def refused_json(submitted: Mapping[str, Any], errors: FieldErrors) -> dict[str, Any]:
    """The echo of a refused document; unknown fields are not echoed (flows 11.1)."""
    return {**{name: submitted[name] for name in ECHOED if name in submitted}, "errors": errors}


def event(name: str, document: Document) -> Event:
    """The event that reports a document as it is now; it is part of its sender's story."""
    return Event(name, "Document", document.id, document.sender_id or document.id, json.encode(document_json(document)))


def unsigned(shown: Any) -> Iterator[dict[str, Any]]:
    """The documents without a link in the JSON of documents, senders and transactions, one or several of them."""
    if isinstance(shown, list):
        for each in shown:
            yield from unsigned(each)
    elif isinstance(shown, dict):
        if "upload_file_name" in shown and shown.get("upload", "") is None:
            yield shown
        else:
            yield from unsigned(shown.get("documents"))
            yield from unsigned(shown.get("sender"))


def sign_links(shown: Any, link_to: Callable[[UUID], str]) -> None:
    """Put a link into every document that has none yet."""
    for document in unsigned(shown):
        document_id = read_id(document.get("id"))
        if document_id is not None:
            document["upload"] = document["url"] = link_to(document_id)
