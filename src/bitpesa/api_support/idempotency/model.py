"""A write that a client may send again, and the answer that it got."""

from uuid import UUID

import msgspec


class KeyedRequest(msgspec.Struct, frozen=True):
    """A write under a key of the client's own; `fingerprint` tells it from every write that says something else."""

    key: str
    fingerprint: bytes
    bytes_fingerprint: bytes
    """What tells it from every write in other bytes: older answers are kept under this."""


class KeptAnswer(msgspec.Struct, frozen=True):
    """The first answer, byte for byte. `app_id`: whom it is kept for, when the write made that another app."""

    status: int
    body: bytes
    app_id: UUID | None = None
