"""Encryption at rest: API secrets are needed in clear to verify and to sign, so they are stored encrypted.

Keys are Fernet keys; the first encrypts, all decrypt, so a master key is rotated by putting a new one in front
(design decision 11).
"""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotDecrypt(Exception):
    """No master key in use opens this secret: the deployment runs with the wrong `BITPESA_MASTER_KEYS`."""


class Vault:
    """Seals and opens secrets with the deployment's master keys."""

    def __init__(self, master_keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in master_keys])
        self._newest = Fernet(master_keys[0])

    def seal(self, secret: str) -> bytes:
        """Encrypt a secret under the newest master key."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt a secret. Raises CannotDecrypt."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as problem:
            raise CannotDecrypt("no master key opens this secret") from problem

    def seal_again(self, sealed: bytes) -> bytes:
        """Re-encrypt under the newest master key, for rotation. Raises CannotDecrypt."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as problem:
            raise CannotDecrypt("no master key opens this secret") from problem

    def is_sealed_by_newest(self, sealed: bytes) -> bool:
        """Whether the newest master key opens a secret: then no other is needed for it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def new_master_key() -> str:
    """Make a master key."""
    return Fernet.generate_key().decode()
