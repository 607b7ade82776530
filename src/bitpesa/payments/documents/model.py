"""A document: a file about a sender, and what is said of it (flows 3.8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document. Its bytes lie under `app_id` and `id` on the shelf.

    Without a `content_type` the bytes are not there: they are still to be fetched from `source_url`, or could not be
    had, which `fetch_problem` says.
    """

    app_id: UUID
    id: UUID
    sender_id: UUID | None = None
    file_name: str
    content_type: str | None = None
    size_bytes: int | None = None
    category: str = "uncategorised"
    side: str | None = None
    issuing_country: str | None = None
    document_type: str | None = None
    document_number: str | None = None
    expiry_date: str | None = None
    source: str = "Manual"
    metadata: dict[str, Any]
    source_url: str | None = None
    fetches: int = 0
    fetch_problem: str | None = None
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether nobody withdrew it."""
        return self.disabled_at is None


class DocumentDraft(msgspec.Struct, kw_only=True):
    """A document as a request describes it, new or named by its id, and what is wrong with it."""

    submitted: dict[str, Any]
    document: Document | None = None
    is_new: bool = True
    errors: dict[str, list[dict[str, str]]] = msgspec.field(default_factory=dict)
