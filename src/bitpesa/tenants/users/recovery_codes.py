"""Recovery codes: they stand in for an authenticator that was lost, once each. They are random enough to be hashed."""

import base64
import os
import re

HOW_MANY = 10

_BYTES = 10
_GROUP = 4
_CODE = re.compile(r"[a-z2-7]{16}")


def new_recovery_codes() -> list[str]:
    """Make a set, in groups of four letters that people can copy: `abcd-efgh-ijkl-mnop`."""
    return [_grouped(base64.b32encode(os.urandom(_BYTES)).decode().lower()) for _ in range(HOW_MANY)]


def read_recovery_code(text: str) -> str | None:
    """A code in its one form, however it was typed; None when it is none, such as a code of the authenticator."""
    letters = "".join(text.split()).replace("-", "").lower()
    return _grouped(letters) if _CODE.fullmatch(letters) else None


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
