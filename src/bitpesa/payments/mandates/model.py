"""A mandate, and how far its signing has come."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class MandateStatus(StrEnum):
    """How far the signing has come. Nobody is asked for a bypassed one."""

    PENDING = "pending"
    NOTIFIED = "notified"
    SIGNED = "signed"
    FAILED = "failed"
    BYPASSED = "bypassed"


RELEASING = frozenset({MandateStatus.SIGNED, MandateStatus.BYPASSED})
"""With these the recipient may be paid."""


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """The consent of a recipient for a calendar year. `beneficiary` tells its name and bank account from others'."""

    app_id: UUID
    id: UUID
    beneficiary: str
    year: int
    status: MandateStatus
    type_id: int
    reference: str
    signed_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def releases(self) -> bool:
        """Whether its recipient may be paid."""
        return self.status in RELEASING
