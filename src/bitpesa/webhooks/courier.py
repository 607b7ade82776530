"""The courier: tells webhooks of events and delivers what is due to them, signed, many at a time (flows 9.3, 9.4)."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self, assert_never
from uuid import UUID, uuid4

import structlog

from bitpesa.kernel import clock, events, standard_webhooks
from bitpesa.kernel.database import UNREACHABLE, Database
from bitpesa.kernel.events import Recorded
from bitpesa.kernel.figures import counter
from bitpesa.kernel.outbound_http import Delivered, Failed, OutboundHttp, Outcome, Refused, TimedOut
from bitpesa.kernel.signing import signature
from bitpesa.kernel.statements import Connection
from bitpesa.organisations.model import Credential, Environment
from bitpesa.webhooks import operations, rules, store, wire
from bitpesa.webhooks.model import Attempt, Delivery, DeliverySettings, KeyName, Parcel, Room, SigningKeys

EVENTS_AT_A_TIME = 200
SECONDS_BETWEEN_LOOKS = 0.02
"""Between a claim that found nothing and the next one: whoever tells or records claims by itself what follows."""

log = structlog.get_logger()

DELIVERIES = counter("deliveries", "Attempts to deliver an event to a webhook, by how they ended.", "outcome")


class Courier:
    """Delivers what is due: many at a time, few to the same webhook, so that a slow one holds back nobody else.

    What is told goes out at once where it can, and so does the next event of a story once the one before was tried.
    Only what has to wait is looked for: retries, what there was no room for, what another process left behind.
    """

    def __init__(
        self, database: Database, http: OutboundHttp, signing_keys: SigningKeys, settings: DeliverySettings
    ) -> None:
        self._database = database
        self._http = http
        self._signing_keys = signing_keys
        self._settings = settings
        self._lease = timedelta(seconds=settings.total_seconds + settings.lease_margin_seconds)
        self._under_way: set[asyncio.Task[None]] = set()
        self._busy: Counter[UUID] = Counter()
        self._ended: list[Attempt] = []
        self._recording = asyncio.Lock()
        self._claiming = asyncio.Lock()
        """Held while room is given away, so that nobody else gives away the same."""
        self._look_again_at = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of everything at once: what was under way is due again when its lease ends."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def tell(self, most: int = EVENTS_AT_A_TIME) -> int:
        """Turn the oldest untold events into deliveries, and start sending what may go at once; answers how many."""
        async with self._claiming:
            told = await self._database.run(operations.tell, most, self._room(), self._lease)
            await self._set_off(told.claimed)
        return told.events

    async def deliver(self) -> int:
        """Claim what is due, as far as there is room, and start sending it; answers how much was claimed.

        Waits for room, and not for the receivers: their answers are recorded as they come.
        """
        await asyncio.sleep(max(self._look_again_at - time.monotonic(), 0))
        if len(self._under_way) >= self._settings.concurrent:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        async with self._claiming:
            async with self._database.reading() as conn:
                claimed = await store.claim(conn, self._room(), self._lease)
            await self._set_off(claimed)
        if not claimed:
            self._look_again_at = time.monotonic() + SECONDS_BETWEEN_LOOKS
        return len(claimed)

    async def finish(self) -> None:
        """Wait until everything that was claimed is sent and recorded."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _room(self) -> Room:
        left = max(self._settings.concurrent - len(self._under_way), 0)
        return Room(left, self._settings.concurrent_per_webhook, dict(self._busy))

    async def _set_off(self, claimed: Sequence[Delivery]) -> None:
        """Start sending what was claimed. Whatever keeps it from that, it is due again when its lease ends."""
        if claimed:
            async with self._database.reading() as conn:
                parcels = await self._make_ready(conn, claimed)
            for parcel in parcels:
                self._start(parcel)

    async def _make_ready(self, conn: Connection, claimed: Sequence[Delivery]) -> list[Parcel]:
        recorded = await events.read(conn, [(each.webhook.app_id, each.event_seq) for each in claimed])
        keys = await self._signing_keys(conn, {_key_of(each) for each in claimed})
        parcels = []
        for delivery in claimed:
            event = recorded[delivery.webhook.app_id, delivery.event_seq]
            body = wire.body(delivery.webhook.id, await self._linked(conn, delivery, event))
            parcels.append(self._parcel(delivery, event, body, keys.get(_key_of(delivery))))
        return parcels

    async def _linked(self, conn: Connection, delivery: Delivery, event: Recorded) -> Recorded:
        """The event as it is sent: each attempt has fresh links to documents, which are written down nowhere."""
        links, webhook = self._settings.links, delivery.webhook
        if links is None or not wire.may_show_documents(event):
            return event
        now = await clock.now(conn, webhook.app_id)
        environment: Environment = "sandbox" if webhook.sandbox else "live"
        return wire.with_links(event, lambda document_id: links.link(environment, webhook.app_id, document_id, now))

    def _parcel(self, delivery: Delivery, event: Recorded, body: bytes, credential: Credential | None) -> Parcel:
        return Parcel(
            delivery=delivery,
            event=event,
            body=body,
            headers=self._headers(delivery, body, credential) if credential else {},
            signed_by=credential.key_id if credential else None,
        )

    def _headers(self, delivery: Delivery, body: bytes, credential: Credential) -> dict[str, str]:
        """Sign a body as clients sign their requests, under a nonce of this attempt alone (flows 9.3).

        And once more as the Standard Webhooks convention has it: in real time, by which receivers judge what is old.
        """
        nonce = str(uuid4())
        return {
            "Authorization-Nonce": nonce,
            "Authorization-Key": credential.key,
            "Authorization-Signature": signature(credential.secret, nonce, "POST", delivery.webhook.url, body),
            **standard_webhooks.headers(credential.secret, str(delivery.id), int(time.time()), body),
            "Content-Type": "application/json",
            "User-Agent": self._settings.user_agent,
        }

    def _start(self, parcel: Parcel) -> None:
        task = asyncio.create_task(self._deliver(parcel))
        self._under_way.add(task)
        self._busy[parcel.delivery.webhook.id] += 1
        task.add_done_callback(partial(self._end, parcel))

    def _end(self, parcel: Parcel, done: "asyncio.Task[None]") -> None:
        webhook_id = parcel.delivery.webhook.id
        self._under_way.discard(done)
        self._busy[webhook_id] -= 1
        if not self._busy[webhook_id]:
            del self._busy[webhook_id]
        problem = None if done.cancelled() else done.exception()
        if problem is not None:
            log.error("webhooks.attempt_failed", exc_info=problem, **_named(parcel))
        self._database.wakeups.wake({operations.TOPIC})  # there is room again

    async def _deliver(self, parcel: Parcel) -> None:
        structlog.contextvars.clear_contextvars()  # of this task alone: it may follow what another request made
        structlog.contextvars.bind_contextvars(**_named(parcel))
        outcome = await self._send(parcel)
        self._ended.append(Attempt(parcel, outcome))  # only now: the list is another one after every recording
        await self._record_ended()

    async def _send(self, parcel: Parcel) -> Outcome:
        if not parcel.headers:
            return Failed("no active API key to sign with")
        webhook = parcel.delivery.webhook
        return await self._http.post(
            webhook.url,
            parcel.body,
            parcel.headers,
            connect_seconds=self._settings.connect_seconds,
            total_seconds=self._settings.total_seconds,
            allow_private=webhook.sandbox and self._settings.allow_private_in_sandbox,
        )

    async def _record_ended(self) -> None:
        """Record, in one transaction, every attempt that ended while those before were being recorded.

        Then send what waited for them. What cannot be recorded is sent again when its lease ends.
        """
        async with self._recording:
            ended, self._ended = self._ended, []
            if not ended:
                return
            try:
                following = await self._database.run(operations.record_attempts, ended, self._settings, self._lease)
                for attempt in ended:
                    DELIVERIES.labels(_ending(attempt.outcome)).inc()
                await self._set_off(following)
            except UNREACHABLE as problem:
                log.warning("webhooks.database_unreachable", attempts=len(ended), problem=repr(problem))


def _key_of(delivery: Delivery) -> KeyName:
    return delivery.webhook.app_id, delivery.webhook.api_key_id


def _ending(outcome: Outcome) -> str:
    match outcome:
        case Delivered(status):
            return "delivered" if rules.succeeded(status) else "refused"
        case TimedOut():
            return "timed_out"
        case Failed():
            return "failed"
        case Refused():
            return "not_called"
        case _:
            assert_never(outcome)


def _named(parcel: Parcel) -> dict[str, str]:
    """What the log calls a delivery, and the request that it goes back to."""
    webhook, cause = parcel.delivery.webhook, parcel.event.request_id
    names = {"app_id": webhook.app_id, "webhook_id": webhook.id, "delivery_id": parcel.delivery.id}
    return {name: str(value) for name, value in (names | ({"request_id": cause} if cause else {})).items()}
