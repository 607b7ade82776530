"""An app with a webhook, a receiver, and what it takes to deliver to it."""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.outbound.http_client import OutboundHttp
from bitpesa.kernel.outbox.events import Event, record
from bitpesa.kernel.values import json
from bitpesa.tenants.organisations.model import App, AppSettings, Credential
from bitpesa.webhooks import operations, queries
from bitpesa.webhooks.dispatcher import Courier
from bitpesa.webhooks.model import DeliverySettings, KeyName, Webhook, WebhookLog
from tests.webhooks.receiver import Receiver, open_receiver

SECRET = "test-secret"
ALLOWED = DeliverySettings(allow_private_in_sandbox=True)
WITHOUT_ROOM = DeliverySettings(concurrent=0)
"""A courier that only tells: what it begins is left to others."""


class World:
    """One sandbox app of a database, seen from outside."""

    def __init__(self, database: Database, http: OutboundHttp, receiver: Receiver) -> None:
        self.database = database
        self.http = http
        self.receiver = receiver
        self.app = App(uuid4(), uuid4(), "sandbox", AppSettings())
        self.api_key_id = uuid4()

    async def register(self, *events: str, url: str | None = None, app: App | None = None) -> Webhook:
        submitted = {"url": url or self.receiver.url, "events": list(events or ("transaction.created",))}
        return await self.database.run(
            operations.register, app or self.app, self.api_key_id, submitted, allow_private=True
        )

    async def happen(
        self, name: str = "transaction.created", *, subject: UUID | None = None, payload: Any = None
    ) -> Event:
        object_id = uuid4()
        event = Event(
            name, "Transaction", object_id, subject or object_id, json.encode(payload or {"id": str(object_id)})
        )
        await self.database.run(record, self.app.id, [event])
        return event

    def courier(self, settings: DeliverySettings = ALLOWED, **changes: Any) -> Courier:
        return Courier(
            changes.get("database", self.database), self.http, changes.get("signing_keys", self.signing_keys), settings
        )

    async def signing_keys(self, _conn: Connection, wanted: Collection[KeyName]) -> dict[KeyName, Credential]:
        return {name: Credential(name[1], name[0], "sandbox", "test-key", SECRET) for name in wanted}

    async def tell(self) -> None:
        """Have deliveries begun of all that happened, and send none."""
        while await self.courier(WITHOUT_ROOM).tell():
            pass

    async def deliver(self, settings: DeliverySettings = ALLOWED, **changes: Any) -> None:
        """Send what is due now, and what comes due by that, until there is nothing."""
        await self.tell()
        async with self.courier(settings, **changes) as courier:
            while await courier.deliver():
                await courier.finish()

    async def pass_time(self, by: timedelta) -> None:
        async with self.database.reading() as conn:
            await clock.move(conn, self.app.id, by)

    async def webhook(self, webhook: Webhook) -> Webhook:
        async with self.database.reading() as conn:
            return await queries.find(conn, self.app.id, webhook.id)

    async def logs(self) -> list[WebhookLog]:
        """Every log, oldest first."""
        async with self.database.reading() as conn:
            logs, _ = await queries.list_logs(conn, self.app.id, limit=100, offset=0)
        return logs[::-1]

    async def states(self) -> list[str]:
        """The states of all deliveries, in the order of their events."""
        async with self.database.reading() as conn:
            rows = await conn.fetch("select state from webhook_deliveries order by event_seq")
        return [row["state"] for row in rows]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


@pytest.fixture
async def http() -> AsyncIterator[OutboundHttp]:
    async with OutboundHttp() as http:
        yield http


@pytest.fixture
async def world(database: Database, http: OutboundHttp, receiver: Receiver) -> World:
    return World(database, http, receiver)


@pytest.fixture
def impatient() -> Callable[..., DeliverySettings]:
    """Settings under which a silent receiver soon times out, and a busy machine still gets through to it."""

    def settings(**changes: Any) -> DeliverySettings:
        return DeliverySettings(
            **{"connect_seconds": 5, "total_seconds": 0.5, "allow_private_in_sandbox": True, **changes}
        )

    return settings
