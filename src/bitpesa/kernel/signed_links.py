"""Signed links: a path that opens for whoever holds the link, until a moment, and for nobody else.

The keys come from the master keys, so that links survive a rotation as secrets do: the first signs, all check.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE = b"bitpesa signed links"
_KEY_BYTES = 32


def link_keys(master_keys: Sequence[str]) -> tuple[bytes, ...]:
    """The keys that links are signed with, one for each master key, useless for anything else."""
    return tuple(
        HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_PURPOSE).derive(key.encode())
        for key in master_keys
    )


def sign(path: str, expires_at: datetime, keys: Sequence[bytes]) -> str:
    """The path, percent-encoded, with the query that opens it until then."""
    expires = int(expires_at.timestamp())
    query = {"expires": expires, "signature": _signature(keys[0], path, expires)}
    return f"{quote(path)}?{urlencode(query)}"


def opens(path: str, query: Mapping[str, str], now: datetime, keys: Sequence[bytes]) -> bool:
    """Whether a query opens a path now. Every comparison takes constant time."""
    text = query.get("expires", "")
    if not (text.isascii() and text.isdigit()) or len(text) > len("253402300799") or now.timestamp() >= int(text):
        return False
    given = query.get("signature", "").encode()
    return any(hmac.compare_digest(given, _signature(key, path, int(text)).encode()) for key in keys)


def _signature(key: bytes, path: str, expires: int) -> str:
    return hmac.digest(key, f"{expires}\n{path}".encode(), "sha256").hex()
