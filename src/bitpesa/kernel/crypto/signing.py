"""The signature scheme of requests and webhooks: HMAC-SHA-512 over nonce, method, URL and body digest (flows 2.1)."""

import hashlib
import hmac
from collections.abc import Iterable


def body_digest(body: bytes) -> str:
    """The digest of a body, which is signed in the body's place; an empty body has one too."""
    return hashlib.sha512(body).hexdigest()


def string_to_sign(nonce: str, method: str, url: str, digest: str) -> str:
    """The text that is signed; `url` is absolute and exactly as the client wrote it."""
    return f"{nonce}&{method.upper()}&{url}&{digest}"


def sign(secret: str, message: str) -> str:
    """Sign a text: 128 lower-case hex digits. The secret's own text is the key; nothing is decoded first."""
    # Header bytes that are no UTF-8 travel through text as surrogates, and are signed as the bytes that they were.
    return hmac.digest(secret.encode(), message.encode("utf-8", "surrogateescape"), "sha512").hex()


def signature(secret: str, nonce: str, method: str, url: str, body: bytes) -> str:
    """Sign a request."""
    return sign(secret, string_to_sign(nonce, method, url, body_digest(body)))


def matches(given: str, secret: str, nonce: str, method: str, url: str, body: bytes) -> bool:
    """Compare a signature in constant time."""
    return matches_any(given, secret, nonce, method, [url], body)


def matches_any(given: str, secret: str, nonce: str, method: str, urls: Iterable[str], body: bytes) -> bool:
    """Compare a signature with that of each URL the client may have signed; each comparison takes constant time."""
    digest = body_digest(body)
    offered = given.encode("utf-8", "surrogateescape")
    return any(
        hmac.compare_digest(offered, sign(secret, string_to_sign(nonce, method, url, digest)).encode()) for url in urls
    )
