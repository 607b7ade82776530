"""The checks, how they stand, and requests for live access (flows 2)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class CheckName(StrEnum):
    """The five things that an integration must show, in order."""

    AUTHENTICATES = "authenticates"
    SENDERS = "senders"
    FUNDS = "funds"
    LEARNS = "learns"
    FAILURES = "failures"


class Check(msgspec.Struct, frozen=True):
    """What is asked for, what counts as having shown it, and what to do about it."""

    name: CheckName
    title: str
    counts: str
    next_step: str


class Evidence(msgspec.Struct, frozen=True):
    """Something in the app that shows it. `kind`: `api_log`, `webhook_log`, `sender`, `transaction`."""

    kind: str
    id: UUID
    about: str


class Tick(msgspec.Struct, frozen=True):
    """A check that was passed."""

    name: CheckName
    evidence: tuple[Evidence, ...]
    ticked_at: datetime


class RequestState(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    APPROVED = "approved"
    RETURNED = "returned"


class LiveRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for live access. `answer` is what staff wrote to it."""

    organisation_id: UUID
    id: UUID
    asked_by: str
    asked_at: datetime
    reason: str | None
    state: RequestState
    decided_by: str | None
    decided_at: datetime | None
    answer: str | None


class Progress(msgspec.Struct, frozen=True):
    """How far an organisation is: passed checks by name, and its last request for live access.

    `missing`: what is missing of checks that were seen in part, when somebody looked.
    """

    ticks: dict[CheckName, Tick]
    request: LiveRequest | None
    missing: dict[CheckName, tuple[str, ...]] = {}
