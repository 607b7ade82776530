"""What was done to an account of staff by somebody else that lets somebody else use it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class AccessKind(StrEnum):
    """What was done to an account. Each of them puts the account into the hands of whoever follows next."""

    CREATED = "created"
    REOPENED = "reopened"
    PASSWORD_LINK = "password_link"  # noqa: S105 - the name of an act, no password
    MFA_RESET = "mfa_reset"

    @property
    def told(self) -> str:
        """The act as a participle, for a sentence about the account."""
        return _TOLD[self]


_TOLD = {
    AccessKind.CREATED: "created",
    AccessKind.REOPENED: "opened again",
    AccessKind.PASSWORD_LINK: "given a link to a new password",
    AccessKind.MFA_RESET: "given a new second factor",
}


class AccessChange(msgspec.Struct, frozen=True, kw_only=True):
    """One such act. `changed_by`: the account of who did it, None at the terminal; `changer`: that person's name."""

    user_id: UUID
    kind: AccessKind
    changed_by: UUID | None
    changer: str
    changed_at: datetime


class Person(msgspec.Struct, frozen=True):
    """Somebody with an account of staff. `name` is the address, which also names a person at the terminal."""

    id: UUID
    name: str
