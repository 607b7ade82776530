"""What a key may look like, and what makes two requests the same. Decides from plain values."""

import hashlib
import re
from uuid import UUID

from bitpesa.idempotency.model import KeyedRequest
from bitpesa.kernel.problems import Malformed

LONGEST_KEY = 255

_PRINTABLE = re.compile(r"[!-~]+(?: +[!-~]+)*")


def read_request(key: bytes, method: str, raw_path: bytes, query_string: bytes, body: bytes) -> KeyedRequest:
    """Read a write under a key; the same bytes at the same place are the same write. Raises Malformed.

    A key that cannot be kept is refused rather than passed over: its sender relies on it.
    """
    text = key.decode("ascii", "replace").strip()
    if len(text) > LONGEST_KEY or not _PRINTABLE.fullmatch(text):
        raise Malformed
    digest = hashlib.sha256()
    for part in (method.encode(), raw_path, query_string, body):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return KeyedRequest(text, digest.digest())


def lock_number(app_id: UUID, key: str) -> int:
    """The number of the lock that one key of one app takes: 64 bits, so that no two keys meet in practice."""
    digest = hashlib.blake2b(app_id.bytes + key.encode(), digest_size=8, person=b"idempotency")
    return int.from_bytes(digest.digest(), "big", signed=True)
