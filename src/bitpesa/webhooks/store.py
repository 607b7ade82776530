"""The rows of webhooks, deliveries and logs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.database.undecodable import read_all
from bitpesa.kernel.outbox.events import Untold
from bitpesa.kernel.values.ids import new_id
from bitpesa.webhooks.model import (
    AttemptCount,
    Definition,
    Delivery,
    Listener,
    Room,
    Subscriber,
    Webhook,
    WebhookLog,
)

FORGOTTEN_PER_APP = 100
"""How many deliveries of one app are forgotten at a time: as many are looked at, of every app that has an old one."""

_sql = load(__package__, "webhooks.sql")

WebhookKey = tuple[UUID, UUID]
"""App and webhook."""


async def insert(
    conn: Connection, app_id: UUID, api_key_id: UUID, definition: Definition, *, sandbox: bool, after_event: int
) -> Webhook:
    """Store a new webhook, made at the app's time."""
    row = await _sql.insert_webhook.one(
        conn,
        app_id,
        new_id(),
        api_key_id,
        sandbox,
        definition.url,
        definition.events,
        definition.metadata,
        after_event,
    )
    return _webhook(row)


async def find(conn: Connection, app_id: UUID, webhook_id: UUID) -> Webhook | None:
    """Find a webhook that was not deleted."""
    row = await _sql.webhook_by_id.row(conn, app_id, webhook_id)
    return None if row is None else _webhook(row)


async def list_page(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Webhook], int]:
    """One page of webhooks, newest first, and how many there are in all."""
    rows = await _sql.list_webhooks.rows(conn, app_id, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_webhooks.value(conn, app_id)
    return [_webhook(row) for row in rows], int(total)


async def count(conn: Connection, app_id: UUID) -> int:
    """How many webhooks an app has; disabled ones are among them. Two that are made at once take turns."""
    await _sql.take_turn_to_register.run(conn, f"webhooks of {app_id}")
    return int(await _sql.count_webhooks.value(conn, app_id))


async def delete(conn: Connection, app_id: UUID, webhook_id: UUID) -> Webhook | None:
    """Mark a webhook as deleted; None when there is none."""
    row = await _sql.delete_webhook.row(conn, app_id, webhook_id)
    return None if row is None else _webhook(row)


async def enable(conn: Connection, app_id: UUID, webhook_id: UUID) -> Webhook | None:
    """Mark a webhook as not disabled; None when there is none."""
    row = await _sql.enable_webhook.row(conn, app_id, webhook_id)
    return None if row is None else _webhook(row)


async def share(conn: Connection, app_id: UUID, webhook_id: UUID) -> Webhook | None:
    """Find a webhook that was not deleted; it stays as it is until the work ends."""
    row = await _sql.share_webhook.row(conn, app_id, webhook_id)
    return None if row is None else _webhook(row)


async def send_again(conn: Connection, app_id: UUID, delivery_id: UUID) -> int:
    """Have a delivery made once more from the first try on; answers 0 while a process is at it."""
    return await _sql.send_again.run(conn, app_id, delivery_id)


async def replay_deliveries(conn: Connection, deliveries: Sequence[tuple[Untold, UUID]]) -> int:
    """Have these events delivered to these webhooks, whether or not they were before; answers how many are."""
    return await _sql.replay_deliveries.run(
        conn,
        [event.app_id for event, _ in deliveries],
        [new_id() for _ in deliveries],
        [webhook_id for _, webhook_id in deliveries],
        [event.seq for event, _ in deliveries],
        [event.subject_id for event, _ in deliveries],
    )


async def drop_waiting(conn: Connection, webhooks: Collection[WebhookKey]) -> None:
    """Give up every delivery that waits for these webhooks."""
    await _sql.drop_waiting.run(conn, [app_id for app_id, _ in webhooks], [each for _, each in webhooks])


async def share_subscribers(conn: Connection, app_ids: Collection[UUID]) -> list[Subscriber]:
    """The webhooks of these apps that hear anything, kept as they are until the work ends. Raises UnreadableRows."""
    return await read_all(conn, _sql.share_subscribers, (list(app_ids),), _subscriber)


async def share_listeners(conn: Connection, app_id: UUID) -> list[Listener]:
    """The same of one app, as far as it takes to find out who hears what."""
    rows = await _sql.share_listeners.rows(conn, app_id)
    return [Listener(row["app_id"], row["id"], tuple(row["events"]), row["after_event"]) for row in rows]


async def begin_deliveries(conn: Connection, told: Sequence[tuple[Untold, Listener]]) -> None:
    """Store that these events are to be delivered to these webhooks, from now on, and claim none."""
    await _sql.insert_deliveries.run(
        conn,
        [listener.app_id for _, listener in told],
        [new_id() for _ in told],
        [listener.id for _, listener in told],
        [event.seq for event, _ in told],
        [event.subject_id for event, _ in told],
        [False] * len(told),
        timedelta(0),
    )


async def insert_deliveries(
    conn: Connection, told: Sequence[tuple[Untold, Webhook]], at_once: Sequence[bool], lease: timedelta
) -> list[Delivery]:
    """Store that these events are to be delivered to these webhooks, from now on.

    Answers those of `at_once` that nothing earlier stands in the way of: they are claimed, as `claim` would.
    """
    new = [
        Delivery(id=new_id(), webhook=webhook, event_seq=event.seq, subject_id=event.subject_id, tries=0)
        for event, webhook in told
    ]
    rows = await _sql.insert_deliveries.rows(
        conn,
        [each.webhook.app_id for each in new],
        [each.id for each in new],
        [each.webhook.id for each in new],
        [each.event_seq for each in new],
        [each.subject_id for each in new],
        at_once,
        lease,
    )
    claimed = {row["id"] for row in rows}
    return [each for each in new if each.id in claimed]


async def claim(conn: Connection, room: Room, lease: timedelta, *, only_slow: bool) -> list[Delivery]:
    """Claim deliveries that are due, as many as there is room for, in turns between apps.

    Those of endpoints that are slow, or all others. Nobody else claims them while the lease lasts.
    Raises UnreadableRows.
    """
    asked = (
        room.in_all,
        room.per_webhook,
        list(room.busy),
        list(room.busy.values()),
        lease,
        list(room.busy_apps),
        list(room.busy_apps.values()),
        room.per_endpoint,
        list(room.busy_endpoints),
        list(room.busy_endpoints.values()),
        list(room.slow),
        only_slow,
    )
    return await read_all(conn, _sql.claim_deliveries, asked, _delivery)


async def claim_following(conn: Connection, tried: Sequence[Delivery], lease: timedelta) -> list[Delivery]:
    """Claim what waited for the first try of these, and is now the next of its story. Raises UnreadableRows."""
    asked = (
        [each.webhook.app_id for each in tried],
        [each.webhook.id for each in tried],
        [each.subject_id for each in tried],
        lease,
    )
    return await read_all(conn, _sql.claim_following, asked, _delivery)


async def lock_timeouts(conn: Connection, timed_out: Mapping[WebhookKey, bool]) -> dict[WebhookKey, int]:
    """Lock the webhooks whose count of time-outs in a row may change, and tell the counts."""
    rows = await _sql.lock_timeouts.rows(
        conn, [app_id for app_id, _ in timed_out], [each for _, each in timed_out], list(timed_out.values())
    )
    return {(row["app_id"], row["id"]): row["timeouts_in_a_row"] for row in rows}


async def update_timeouts(conn: Connection, counted: Mapping[WebhookKey, tuple[int, bool]]) -> None:
    """Store counts of time-outs in a row, and disable the webhooks that are marked so."""
    await _sql.update_timeouts.run(
        conn,
        [app_id for app_id, _ in counted],
        [each for _, each in counted],
        [count for count, _ in counted.values()],
        [disabled for _, disabled in counted.values()],
    )


async def record_attempts(conn: Connection, attempts: Sequence[tuple[Delivery, str, timedelta | None]]) -> set[UUID]:
    """Store what attempts led to: the delivery's state, and the wait until the next one. Answers which were ours."""
    rows = await _sql.record_attempts.rows(
        conn,
        [delivery.webhook.app_id for delivery, _, _ in attempts],
        [delivery.id for delivery, _, _ in attempts],
        [delivery.tries for delivery, _, _ in attempts],
        [state for _, state, _ in attempts],
        [wait for _, _, wait in attempts],
    )
    return {row["id"] for row in rows}


async def insert_logs(conn: Connection, logs: Sequence[tuple[Delivery, str, dict[str, Any]]]) -> None:
    """Store the logs of attempts: delivery, message, metadata."""
    await _sql.insert_logs.run(
        conn,
        [delivery.webhook.app_id for delivery, _, _ in logs],
        [new_id() for _ in logs],
        [delivery.webhook.id for delivery, _, _ in logs],
        [delivery.event_seq for delivery, _, _ in logs],
        [message for _, message, _ in logs],
        [metadata for _, _, metadata in logs],
    )


async def find_log(conn: Connection, app_id: UUID, log_id: UUID) -> WebhookLog | None:
    """Find the log of one attempt."""
    row = await _sql.log_by_id.row(conn, app_id, log_id)
    return None if row is None else _log(row)


async def list_logs(
    conn: Connection,
    app_id: UUID,
    *,
    webhook_id: UUID | None,
    since: datetime | None,
    before: datetime | None,
    limit: int,
    offset: int,
) -> tuple[list[WebhookLog], int]:
    """One page of logs, newest first, and how many there are in all."""
    filters = (app_id, webhook_id, since, before)
    rows = await _sql.list_logs.rows(conn, *filters, limit, offset)
    return [_log(row) for row in rows], int(await _sql.count_logs.value(conn, *filters))


async def newest_messages(conn: Connection, app_id: UUID, most: int) -> dict[UUID, str]:
    """What sums up the newest attempt at each webhook, among the newest of the app."""
    rows = await _sql.newest_messages.rows(conn, app_id, most)
    return {row["webhook_id"]: row["message"] for row in rows}


async def attempts_by_day(conn: Connection, app_id: UUID, webhook_id: UUID, since: datetime) -> list[AttemptCount]:
    """Count the attempts at a webhook by day."""
    rows = await _sql.attempts_by_day.rows(conn, app_id, webhook_id, since)
    return [AttemptCount(row["day"], row["attempts"], row["delivered"]) for row in rows]


async def first_delivered(conn: Connection, app_id: UUID, prefix: str) -> WebhookLog | None:
    """Find the log of the first delivery of an event whose name begins like this."""
    row = await _sql.first_delivered.row(conn, app_id, prefix)
    return None if row is None else _log(row)


async def delete_old_logs(conn: Connection, age: timedelta, most: int) -> int:
    """Delete logs older than this on their app's clock; answers how many."""
    return await _sql.delete_old_logs.run(conn, age, most)


async def delete_old_deliveries(conn: Connection, age: timedelta, most: int) -> int:
    """Delete deliveries that ended and are older than this on their app's clock; answers how many."""
    return await _sql.delete_old_deliveries.run(conn, age, most, min(most, FORGOTTEN_PER_APP))


def _subscriber(row: Row) -> Subscriber:
    return Subscriber(_webhook(row), row["after_event"])


def _webhook(row: Row) -> Webhook:
    return Webhook(
        app_id=row["app_id"],
        id=row["id"],
        api_key_id=row["api_key_id"],
        sandbox=row["sandbox"],
        url=row["url"],
        events=tuple(row["events"]),
        metadata=row["metadata"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["delivery_id"],
        webhook=_webhook(row),
        event_seq=row["event_seq"],
        subject_id=row["subject_id"],
        tries=row["tries"],
    )


def _log(row: Row) -> WebhookLog:
    return WebhookLog(
        row["id"], row["webhook_id"], row["event_seq"], row["message"], row["metadata"], row["created_at"]
    )
