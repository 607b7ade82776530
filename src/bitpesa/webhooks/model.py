"""Webhooks, deliveries and their attempts."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.outbound.http_client import Outcome
from bitpesa.kernel.outbox.events import Recorded
from bitpesa.payments.documents.links import Links
from bitpesa.tenants.organisations.model import Credential

KeyName = tuple[UUID, UUID | None]
"""App and API key."""

SigningKeys = Callable[[Connection, Collection[KeyName]], Awaitable[dict[KeyName, Credential]]]
"""Finds the keys to sign with, given app and API key of each: that key or, once it is revoked, the app's newest active
one (flows 2). Who has none that can be used is missing. `organisations.keyring.KeyRing.to_sign_with` is one."""


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How patiently webhooks are delivered (flows 9.4)."""

    connect_seconds: float = 5
    total_seconds: float = 15
    lease_margin_seconds: float = 5
    delays: tuple[timedelta, ...] = (
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=2),
    )
    """The waits between attempts; there is one attempt more than waits."""
    delay_spread: float = 0.1
    """Each wait is up to this share shorter or longer: a receiver coming back is not met by everything at once."""
    longest_retry_after: timedelta = timedelta(days=1)
    """The longest wait that a receiver can ask for (`Retry-After`)."""
    timeouts_until_disabled: int = 10
    concurrent: int = 128
    concurrent_per_webhook: int = 8
    concurrent_per_endpoint: int = 16
    """How many deliveries of an app may be under way to one scheme, host and port."""
    slow_seconds: float = 2
    """From which average on an endpoint is slow: it is served in a lane of its own, so that it keeps nobody waiting."""
    concurrent_slow: int = 16
    concurrent_per_slow_endpoint: int = 2
    allow_private_in_sandbox: bool = False
    links: Links | None = None
    """How documents in a webhook are linked to; None leaves them without a link."""
    user_agent: str = "bitpesa-webhooks/1"


class Definition(msgspec.Struct, frozen=True):
    """What a client asks for when it makes a webhook."""

    url: str
    events: tuple[str, ...]
    metadata: dict[str, Any]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where an app wants to hear of which events. `api_key_id` made it, and signs what it is sent."""

    app_id: UUID
    id: UUID
    api_key_id: UUID
    sandbox: bool
    url: str
    events: tuple[str, ...]
    metadata: dict[str, Any]
    created_at: datetime
    disabled_at: datetime | None = None


class Subscriber(msgspec.Struct, frozen=True):
    """A webhook that hears of events, and the last one before it was made."""

    webhook: Webhook
    after_event: int


class Listener(msgspec.Struct, frozen=True):
    """The same, as far as it takes to find out what it hears: that can be read where the rest of its row cannot."""

    app_id: UUID
    id: UUID
    events: tuple[str, ...]
    after_event: int


class Room(msgspec.Struct, frozen=True):
    """How many deliveries may be claimed: in all, and of each webhook and endpoint so many less those under way.

    No app takes more than half of the places that are free to it. Endpoints that are `slow` have a lane of their own.
    """

    in_all: int
    per_webhook: int
    busy: Mapping[UUID, int]
    per_endpoint: int = 16
    busy_apps: Mapping[UUID, int] = {}
    busy_endpoints: Mapping[str, int] = {}
    slow: frozenset[str] = frozenset()


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one webhook, claimed for its next attempt; `tries` counts those already made."""

    id: UUID
    webhook: Webhook
    event_seq: int
    subject_id: UUID
    tries: int


class Told(msgspec.Struct, frozen=True):
    """How many events were told, of which apps, and the deliveries of them that are claimed already."""

    events: int
    claimed: Sequence[Delivery]
    apps: frozenset[UUID] = frozenset()


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery made ready to be sent. Nobody signed it when the app has no active key: then it has no headers."""

    delivery: Delivery
    event: Recorded
    body: bytes
    headers: dict[str, str]
    signed_by: UUID | None


class Attempt(msgspec.Struct, frozen=True):
    """What became of sending a parcel once."""

    parcel: Parcel
    outcome: Outcome


class Replay(msgspec.Struct, frozen=True):
    """What is delivered once more: how many deliveries to which webhook."""

    webhook: Webhook
    deliveries: int


class AttemptCount(msgspec.Struct, frozen=True):
    """How many attempts were made on a day of the app's time in UTC, and how many of them delivered."""

    day: date
    attempts: int
    delivered: int


class WebhookLog(msgspec.Struct, frozen=True):
    """The record of one attempt. `event_seq` is the event that was sent, None where the metadata hold it themselves."""

    id: UUID
    webhook_id: UUID
    event_seq: int | None
    message: str
    metadata: dict[str, Any]
    created_at: datetime
