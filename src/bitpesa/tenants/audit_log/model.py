"""An actor, and what is written of what it did."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec


class ActorKind(StrEnum):
    """What sort of somebody acts."""

    STAFF = "staff"
    """The operator's people."""
    USER = "user"
    """A client's people."""
    SYSTEM = "system"
    """The platform itself, and the controls of the sandbox."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts. `name` is what people call it; `id` is set where there is an account of its own."""

    kind: ActorKind
    name: str
    id: UUID | None = None


def staff(name: str, staff_id: UUID | None = None) -> Actor:
    """One of the operator's people."""
    return Actor(kind=ActorKind.STAFF, name=name, id=staff_id)


def user(name: str, user_id: UUID | None = None) -> Actor:
    """One of a client's people."""
    return Actor(kind=ActorKind.USER, name=name, id=user_id)


SANDBOX = Actor(kind=ActorKind.SYSTEM, name="sandbox")
"""Whoever holds the keys of a sandbox app: there the client plays staff to itself."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the trail. `before` and `after` say what the object was, as far as the action changed it."""

    id: UUID
    organisation_id: UUID | None
    app_id: UUID | None
    actor: Actor
    action: str
    object_type: str
    object_id: str
    reason: str | None
    before: Any
    after: Any
    details: dict[str, Any]
    created_at: datetime
    app_time: datetime | None = None
    """The same moment on the clock of the app, where the entry is about one."""


class ClientEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the trail as the client that it is about may see it (decision 0068).

    Of acts of the client's own people everything; of an act of staff that it happened, in neutral words.
    """

    id: UUID
    actor: str
    what: str
    object_type: str
    object_id: str
    reason: str | None = None
    before: Any = None
    after: Any = None
    details: dict[str, Any] = {}
    created_at: datetime
    app_time: datetime | None = None


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are looked for; what is not set does not matter."""

    organisation_id: UUID | None = None
    app_id: UUID | None = None
    actor_kind: ActorKind | None = None
    actor: str | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None
