"""What a key may look like, and what makes two requests the same. Decides from plain values."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from bitpesa.api_support.idempotency.model import KeyedRequest
from bitpesa.kernel.problems import Malformed
from bitpesa.kernel.values import json

LONGEST_KEY = 255

_CANONICAL = b"canonical JSON"
"""Begins what is digested, so that no such fingerprint is one of bytes."""
_PRINTABLE = re.compile(r"[!-~]+(?: +[!-~]+)*")


def read_request(
    keys: Sequence[bytes], method: str, raw_path: bytes, query_string: bytes, body: bytes, content: Any
) -> KeyedRequest:
    """Read a write under the key of its header lines; `content` is the JSON that its body says. Raises Malformed.

    The same JSON at the same place is the same write, however it is written: clients serialise it anew to repeat it.
    A key that cannot be kept is refused rather than passed over: its sender relies on it.
    """
    place = (method.encode(), raw_path, query_string)
    return KeyedRequest(
        _read_key(keys),
        _digest((_CANONICAL, *place, b"" if content is None else json.canonical(content))),
        _digest((*place, body)),
    )


def is_same(request: KeyedRequest, kept_fingerprint: bytes) -> bool:
    """Whether a kept answer is one to this request."""
    return kept_fingerprint in (request.fingerprint, request.bytes_fingerprint)


def _read_key(lines: Sequence[bytes]) -> str:
    """The key of its header lines, which HTTP takes for one list. Proxies repeat or join lines: the same key is one."""
    text = ", ".join(line.decode("ascii", "replace").strip() for line in lines)
    parts = {part.strip() for part in text.split(",")}
    if len(parts) == 1:
        text = parts.pop()
    if len(text) > LONGEST_KEY or not _PRINTABLE.fullmatch(text):
        raise Malformed
    return text


def _digest(parts: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def lock_number(app_id: UUID, key: str) -> int:
    """The number of the lock that one key of one app takes: 64 bits, so that no two keys meet in practice."""
    digest = hashlib.blake2b(app_id.bytes + key.encode(), digest_size=8, person=b"idempotency")
    return int.from_bytes(digest.digest(), "big", signed=True)
