"""A payin method of a transaction (flows 7)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec


class PayinMethodState(StrEnum):
    """Where a collection stands (flows 5.4)."""

    INCOMPLETE = "incomplete"
    INITIAL = "initial"
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    ERROR = "error"
    MISPAID = "mispaid"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    EXCEPTION = "exception"


class PayinMethod(msgspec.Struct, frozen=True, kw_only=True):
    """One way of collecting a transaction's money from its sender."""

    app_id: UUID
    id: UUID
    transaction_id: UUID
    type: str
    ux_flow: str | None = None
    state: PayinMethodState
    in_details: dict[str, Any] = {}
    created_at: datetime
    updated_at: datetime
