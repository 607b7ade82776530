"""The signature scheme of requests and webhooks: HMAC-SHA-512 over nonce, method, URL and body digest (flows 2.1)."""

import hashlib
import hmac


def string_to_sign(nonce: str, method: str, url: str, body: bytes) -> str:
    """The text that is signed; `url` is absolute and exactly as the client wrote it."""
    return "&".join((nonce, method.upper(), url, hashlib.sha512(body).hexdigest()))


def signature(secret: str, nonce: str, method: str, url: str, body: bytes) -> str:
    """Sign a request: 128 lower-case hex digits."""
    message = string_to_sign(nonce, method, url, body)
    return hmac.new(secret.encode(), message.encode("utf-8", "surrogateescape"), hashlib.sha512).hexdigest()


def matches(given: str, secret: str, nonce: str, method: str, url: str, body: bytes) -> bool:
    """Compare a signature in constant time."""
    expected = signature(secret, nonce, method, url, body)
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
