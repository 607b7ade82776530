"""A stored payout method."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class PayoutMethod(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody can be paid. A recipient that uses it has its own copy, which no later change touches."""

    app_id: UUID
    id: UUID
    sender_id: UUID | None
    type: str
    details: dict[str, Any]
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether nobody deleted it."""
        return self.disabled_at is None


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /v1/payout_methods may ask for (flows 11.2)."""

    states: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    sender_id: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None
