"""A write that a client may send again, and the answer that it got."""

import msgspec


class KeyedRequest(msgspec.Struct, frozen=True):
    """A write under a key of the client's own; `fingerprint` tells it from every other write."""

    key: str
    fingerprint: bytes


class KeptAnswer(msgspec.Struct, frozen=True):
    """The first answer, byte for byte."""

    status: int
    body: bytes
