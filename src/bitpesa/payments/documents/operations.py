"""What happens to documents: they are stored, given to senders, and withdrawn."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Overtaken, Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import Invalid, add_error
from bitpesa.kernel.values.ids import new_id, read_id
from bitpesa.payments.documents import rules, store, wire
from bitpesa.payments.documents.model import Document, DocumentDraft
from bitpesa.payments.documents.uploads import Kept

TOPIC = "document_fetches"


async def create(work: Work, app_id: UUID, submitted: dict[str, Any]) -> Document:
    """Store a document that belongs to nobody yet. Raises Invalid."""
    draft = _draft_new(app_id, submitted, await clock.now(work.conn, app_id))
    if submitted.get("id") not in (None, ""):
        add_error(draft.errors, "id", "invalid")
    if draft.errors or draft.document is None:
        raise Invalid(wire.refused_json(submitted, draft.errors))
    await _store(work, app_id, [draft.document])
    return draft.document


async def draft_many(
    conn: Connection, app_id: UUID, submitted: Sequence[dict[str, Any]], now: datetime, *, sender_id: UUID | None
) -> list[DocumentDraft]:
    """The documents that a sender names by their id or brings along; `sender_id` is the sender's, once it has one."""
    ids = [found for each in submitted if (found := read_id(each.get("id"))) is not None]
    stored = await store.find_many(conn, app_id, ids) if ids else {}
    by_text = {str(document_id): document for document_id, document in stored.items()}
    return [
        _draft_new(app_id, each, now)
        if each.get("id") in (None, "")
        else _draft_stored(by_text.get(str(read_id(each["id"]))), each, sender_id)
        for each in submitted
    ]


async def give_to_sender(work: Work, app_id: UUID, sender_id: UUID, drafts: Sequence[DocumentDraft]) -> None:
    """Store what is new among faultless drafts, and note that all of them are the sender's.

    Raises Overtaken when another sender got one first.
    """
    documents = [draft.document for draft in drafts if draft.document is not None and draft.is_new]
    named = sorted(draft.document.id for draft in drafts if draft.document is not None and not draft.is_new)
    if named:
        locked = await store.lock_many(work.conn, app_id, named)
        if any(not each.is_enabled or each.sender_id not in (None, sender_id) for each in locked.values()):
            raise Overtaken  # it was free when it was drafted: now that is judged again
        await store.give_to_sender(work.conn, app_id, named, sender_id)
    await _store(work, app_id, [msgspec.structs.replace(document, sender_id=sender_id) for document in documents])


async def withdraw(work: Work, app_id: UUID, ids: Sequence[UUID], now: datetime) -> list[Document]:
    """Withdraw documents: their links lead nowhere from now on. Answers those that were not withdrawn before."""
    if not ids:
        return []
    await store.lock_many(work.conn, app_id, ids)
    disabled = await store.disable(work.conn, app_id, ids, now)
    await events.record(work, app_id, [wire.event("document.disabled", document) for document in disabled])
    return disabled


def _draft_stored(document: Document | None, submitted: dict[str, Any], sender_id: UUID | None) -> DocumentDraft:
    """A document named by its id: one of the app's, which no other sender has (flows 3.8)."""
    draft = DocumentDraft(submitted=submitted, document=document, is_new=False)
    if document is None or not document.is_enabled:
        add_error(draft.errors, "id", "not_found")
    elif document.sender_id not in (None, sender_id):
        add_error(draft.errors, "id", "taken")
    return draft


def _draft_new(app_id: UUID, submitted: Mapping[str, Any], now: datetime) -> DocumentDraft:
    draft = DocumentDraft(submitted=dict(submitted))
    said = rules.read_document(submitted, draft.errors)
    if draft.errors or said.upload is None:
        return draft
    kept = said.upload if isinstance(said.upload, Kept) else None
    draft.document = Document(
        app_id=app_id,
        id=new_id() if kept is None else kept.id,
        file_name=said.file_name,
        content_type=None if kept is None else kept.content_type,
        size_bytes=None if kept is None else kept.size_bytes,
        source_url=None if isinstance(said.upload, Kept) else said.upload.url,
        document_type=said.texts.get("document_type"),
        document_number=said.texts.get("document_id"),
        expiry_date=said.expiry_date,
        source=said.texts.get("source", "Manual"),
        metadata=said.metadata,
        created_at=now,
    )
    return draft


async def _store(work: Work, app_id: UUID, documents: Sequence[Document]) -> None:
    here = [document.id for document in documents if document.content_type is not None]
    if here and await store.claim_files(work.conn, app_id, here) != len(here):
        raise AssertionError("a file was swept away while its request was under way")
    for document in documents:
        await store.insert(work.conn, document)
        if document.source_url is not None:
            work.wake(TOPIC)
    await events.record(work, app_id, [wire.event("document.created", document) for document in documents])
