"""Links that open one file for a while, to whoever has them: signed by us, read without any header (flows 12.1).

The signature covers what the link is for, its path and its end. Its keys are derived from the master keys; the first
signs and all check, so that links outlive the rotation of a master key.
"""

import hmac
import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_BYTES = 32
_QUERY = re.compile(rb"expires=(?P<ends>[0-9]{1,15})&signature=(?P<signature>[0-9a-f]{64})")


class SignedLinks:
    """Signs and checks links for one purpose: a link for one kind of file opens none of another kind."""

    def __init__(self, master_keys: Sequence[str], purpose: str) -> None:
        self._keys = [_derived(key, purpose) for key in master_keys]

    def query(self, path: str, ends_at: datetime) -> str:
        """The query that makes a link of a path."""
        ends = _milliseconds(ends_at)
        return f"expires={ends}&signature={_signature(self._keys[0], path, ends)}"

    def end_of(self, path: str, query: bytes) -> datetime | None:
        """When the link ends whose path and query these are; None when it is none of ours.

        The caller compares it with the time of whoever the file belongs to: from that very millisecond on it is over.
        """
        found = _QUERY.fullmatch(query)
        if found is None:
            return None
        ends, offered = int(found["ends"]), found["signature"]
        signatures = [_signature(key, path, ends).encode() for key in self._keys]
        if not any(hmac.compare_digest(offered, signature) for signature in signatures):
            return None
        return _EPOCH + timedelta(milliseconds=ends)


def _derived(master_key: str, purpose: str) -> bytes:
    """A key of this purpose alone: whoever learns it can neither decrypt anything nor sign other links."""
    derivation = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=f"bitpesa links: {purpose}".encode())
    return derivation.derive(urlsafe_b64decode(master_key))


def _signature(key: bytes, path: str, ends: int) -> str:
    return hmac.digest(key, f"{ends}\n{path}".encode("utf-8", "surrogateescape"), "sha256").hex()


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
