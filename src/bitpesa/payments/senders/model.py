"""A sender, and the states of its KYC (flows 3)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.payments.documents.model import Document, DocumentDraft


class SenderState(StrEnum):
    """Where a sender stands with KYC (flows 3.5)."""

    INCOMPLETE = "incomplete"
    INITIAL = "initial"
    VERIFIED = "verified"
    APPROVED = "approved"
    BANNED = "banned"
    REJECTED = "rejected"
    DISABLED = "disabled"


class Decision(StrEnum):
    """What staff decide about a sender (flows 3.5)."""

    APPROVE = "approve"
    ASK = "ask"
    """For more than it said so far."""
    REJECT = "reject"
    BAN = "ban"
    REINSTATE = "reinstate"

    @property
    def done(self) -> str:
        """What was done to the sender, in one word."""
        return {"approve": "approved", "ask": "asked", "reject": "rejected", "ban": "banned"}.get(
            self.value, "reinstated"
        )


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """A person or business of an app. `profile` holds the fields of `fields.py` that were given, as they were sent.

    Of documents it holds the ids; they themselves stand in `documents`, in that order.
    """

    app_id: UUID
    id: UUID
    external_id: str | None
    type: str
    state: SenderState
    state_reason: str | None = None
    onboarding_status: str = "new"
    profile: dict[str, Any]
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    documents: tuple[Document, ...] = ()
    is_under_review: bool = False
    """Whether it is so like somebody listed that what it pays waits until staff have looked."""
    state_before_listed: SenderState | None = None
    """The state that it had before a list had it rejected, and has again if that was wrong."""
    screened_for: int | None = None
    """The edition of the lists under which it was looked up last."""


class Draft(msgspec.Struct, kw_only=True):
    """A sender as a request describes it: what would be stored, what is wrong with it, what was stored before."""

    sender: Sender | None
    stored: Sender | None
    submitted: dict[str, Any]
    errors: dict[str, list[dict[str, str]]]
    duplicate_of: Sender | None = None
    documents: list[DocumentDraft] = msgspec.field(default_factory=list)
    """Those the request names or brings along; the ones that the sender has already need not be among them."""

    @property
    def is_new(self) -> bool:
        """Whether nothing is stored yet."""
        return self.stored is None

    @property
    def is_changed(self) -> bool:
        """Whether the request changes a stored sender."""
        return self.stored is not None and self.sender is not None and self.sender != self.stored
