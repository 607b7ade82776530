"""Signatures of the Standard Webhooks convention, which stand beside our own: HMAC-SHA-256 under a derived secret.

Verifying one takes no API secret, only the secret that is derived from it and cannot be turned back.
"""

import base64
import hmac

PREFIX = "whsec_"

_DERIVED_FOR = b"standard-webhooks"


def secret_of(api_secret: str) -> str:
    """The secret under which webhooks of an API key are verified, as libraries of the convention take it."""
    return PREFIX + base64.b64encode(_key_of(api_secret)).decode()


def headers(api_secret: str, message_id: str, timestamp_seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; the id stays the same for every attempt, the time is that of the attempt."""
    signed = b".".join((message_id.encode(), str(timestamp_seconds).encode(), body))
    digest = hmac.digest(_key_of(api_secret), signed, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key_of(api_secret: str) -> bytes:
    return hmac.digest(api_secret.encode(), _DERIVED_FOR, "sha256")
