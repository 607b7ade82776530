"""Passwords: kept as Argon2id hashes in PHC form, which say by themselves how they were made (RFC 9106).

Hashing takes a twentieth of a second and 46 MiB on purpose. It runs in a thread, few at a time, so that whoever tries
many passwords at once takes neither the event loop nor the memory.
"""

import asyncio
import os
import unicodedata
from functools import partial

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

ITERATIONS = 1
MEMORY_KIB = 47_104
"""The first choice of OWASP's page on storing passwords."""
LANES = 1
"""More than one makes OpenSSL start threads of its own, and two hashes at once then wait for each other for ever."""

AT_ONCE = 2

_SALT_BYTES = 16
_HASH_BYTES = 32

_HEAD = f"$argon2id$v=19$m={MEMORY_KIB},t={ITERATIONS},p={LANES}$"


class Passwords:
    """Hashes and checks passwords, few at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._of_nobody = _HEAD + "AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43

    async def hash(self, password: str) -> str:
        """Make what is kept of a password."""
        async with self._turn:
            return await asyncio.to_thread(_hash, password)

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether a password is the one that was kept. None: nobody's, which takes just as long."""
        async with self._turn:
            return await asyncio.to_thread(partial(_matches, password, self._of_nobody if kept is None else kept))


def is_up_to_date(kept: str) -> bool:
    """Whether a hash was made as they are made now; others are made anew when the password is next given."""
    return kept.startswith(_HEAD)


def _hash(password: str) -> str:
    made: str = Argon2id(
        salt=os.urandom(_SALT_BYTES), length=_HASH_BYTES, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB
    ).derive_phc_encoded(_bytes(password))
    return made


def _matches(password: str, kept: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(_bytes(password), kept)
    except (InvalidKey, ValueError):  # the second: a hash that is none, such as of a user nobody may log in as
        return False
    return True


def _bytes(password: str) -> bytes:
    """The same bytes whichever way a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
