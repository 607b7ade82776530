"""Tokens: random texts that open something for whoever holds them. Only their hashes are stored.

A hash without salt and stretching is enough: nobody guesses 256 random bits.
"""

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """Make a token of 256 bits that can stand in an address or a cookie."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored in place of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
