"""The courier: tells webhooks of events and delivers what is due to them, signed, many at a time (flows 9.3, 9.4)."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self, assert_never
from uuid import UUID, uuid4

import structlog

from bitpesa.kernel import clock
from bitpesa.kernel.crypto import standard_webhooks
from bitpesa.kernel.crypto.signing import signature
from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.due_work import do_each, failure_of_pair
from bitpesa.kernel.database.places import Free, Turns
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.database.quarantine import Failure
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.observability.metrics import counter
from bitpesa.kernel.outbound.http_client import Delivered, Failed, OutboundHttp, Outcome, Refused, TimedOut
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Recorded
from bitpesa.tenants.organisations.model import Credential, Environment
from bitpesa.webhooks import operations, rules, wire
from bitpesa.webhooks.lanes import Lane, Paces, endpoint_of
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
        self._lane = Lane(settings.concurrent, settings.concurrent_per_webhook, settings.concurrent_per_endpoint)
        self._slow_lane = Lane(
            min(settings.concurrent_slow, settings.concurrent),
            settings.concurrent_per_slow_endpoint,
            settings.concurrent_per_slow_endpoint,
        )
        self._paces = Paces(settings.slow_seconds)
        self._turns = Turns()
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
        """Turn the oldest untold events into deliveries, and start sending what may go at once; answers how many.

        Apps take turns. What cannot be told with others is told by itself.
        """
        free = self._turns.free(most)
        async with self._claiming:
            try:
                told = await self._database.run(operations.tell, free, self._lane.room(self._paces.slow), self._lease)
            except UNREACHABLE:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
                log.warning("webhooks.told_apart", problem=repr(problem))
                return await self._tell_apart(free)
            self._turns.served(told.apps)
            await self._set_off(told.claimed)
        return told.events

    async def _tell_apart(self, free: Free) -> int:
        """Tell of each story by itself; one that fails is left out for a while, so that its order is kept."""
        async with self._database.reading() as conn:
            stories = await events.untold_stories(conn, free, operations.EVENTS_PER_APP)

        async def tell_story(story: tuple[UUID, UUID]) -> bool:
            return await self._database.run(operations.tell_story, *story) > 0

        self._turns.served({app_id for app_id, _ in stories})
        return await do_each(self._database, events.TOPIC, stories, tell_story, failure=failure_of_pair)

    async def deliver(self) -> int:
        """Claim what is due, as far as there is room, and start sending it; answers how much was claimed.

        Waits for room, and not for the receivers: their answers are recorded as they come.
        """
        await asyncio.sleep(max(self._look_again_at - time.monotonic(), 0))
        if not self._lane.free and self._under_way:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        async with self._claiming:
            slow = self._paces.slow
            claimed = await self._claim(self._lane.room(slow), only_slow=False)
            if slow and self._slow_lane.free:
                claimed += await self._claim(self._slow_lane.room(slow), only_slow=True)
            await self._set_off(claimed)
        if not claimed:
            self._look_again_at = time.monotonic() + SECONDS_BETWEEN_LOOKS
        return len(claimed)

    async def finish(self) -> None:
        """Wait until everything that was claimed is sent and recorded."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _claim(self, room: Room, *, only_slow: bool) -> list[Delivery]:
        return await quarantine.claim(
            self._database, operations.TOPIC, operations.claim_due, room, self._lease, only_slow=only_slow
        )

    async def _set_off(self, claimed: Sequence[Delivery]) -> None:
        """Start sending what was claimed. Whatever keeps it from that, it is due again when its lease ends."""
        if claimed:
            async with self._database.reading() as conn:
                parcels, failures = await self._make_ready(conn, claimed)
            for parcel in parcels:
                self._start(parcel)
            await quarantine.put(self._database, operations.TOPIC, failures)

    async def _make_ready(self, conn: Connection, claimed: Sequence[Delivery]) -> tuple[list[Parcel], list[Failure]]:
        """The deliveries that can be sent, and those that cannot be made ready."""
        recorded = await events.read(conn, [(each.webhook.app_id, each.event_seq) for each in claimed])
        keys = await self._signing_keys(conn, {_key_of(each) for each in claimed})
        parcels, failures = [], []
        for delivery in claimed:
            try:
                event = recorded[delivery.webhook.app_id, delivery.event_seq]
                body = wire.body(delivery.webhook.id, await self._linked(conn, delivery, event))
                parcels.append(self._parcel(delivery, event, body, keys.get(_key_of(delivery))))
            except UNREACHABLE:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
                failures.append(Failure(str(delivery.id), delivery.webhook.app_id, problem))
        return parcels, failures

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
        webhook = parcel.delivery.webhook
        lane = self._slow_lane if self._paces.is_slow(endpoint_of(webhook)) else self._lane
        lane.enter(webhook)
        task = asyncio.create_task(self._deliver(parcel))
        self._under_way.add(task)
        task.add_done_callback(partial(self._end, parcel, lane))

    def _end(self, parcel: Parcel, lane: Lane, done: "asyncio.Task[None]") -> None:
        self._under_way.discard(done)
        lane.leave(parcel.delivery.webhook)
        problem = None if done.cancelled() else done.exception()
        if problem is not None:
            log.error("webhooks.attempt_failed", exc_info=problem, **_named(parcel))
        self._database.wakeups.wake({operations.TOPIC})  # there is room again

    async def _deliver(self, parcel: Parcel) -> None:
        structlog.contextvars.clear_contextvars()  # of this task alone: it may follow what another request made
        structlog.contextvars.bind_contextvars(**_named(parcel))
        begun_at = time.monotonic()
        outcome = await self._send(parcel)
        self._paces.note(endpoint_of(parcel.delivery.webhook), time.monotonic() - begun_at)
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
                following = await self._record(ended)
                for attempt in ended:
                    DELIVERIES.labels(_ending(attempt.outcome)).inc()
                await self._set_off(following)
            except UNREACHABLE as problem:
                log.warning("webhooks.database_unreachable", attempts=len(ended), problem=repr(problem))

    async def _record(self, ended: Sequence[Attempt]) -> list[Delivery]:
        """Record attempts together, and each by itself where that fails; answers what waited for them."""
        try:
            return await self._database.run(operations.record_attempts, ended, self._settings, self._lease)
        except UNREACHABLE:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
            log.warning("webhooks.recorded_apart", attempts=len(ended), problem=repr(problem))

        async def record(attempt: Attempt) -> bool:
            await self._database.run(operations.record_attempts, [attempt], self._settings, self._lease, goes_on=False)
            return True

        await do_each(self._database, operations.TOPIC, ended, record, failure=_failure)
        return []


def _failure(attempt: Attempt, problem: Exception) -> Failure:
    delivery = attempt.parcel.delivery
    return Failure(str(delivery.id), delivery.webhook.app_id, problem)


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
