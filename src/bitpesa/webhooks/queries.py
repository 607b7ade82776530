"""Questions about webhooks and their logs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import NotFound
from bitpesa.webhooks import store, wire
from bitpesa.webhooks.model import AttemptCount, Webhook, WebhookLog

NEWEST_ATTEMPTS = 500
"""How many attempts of an app are looked at to see which of its webhooks fail."""


async def find(conn: Connection, app_id: UUID, webhook_id: UUID | None) -> Webhook:
    """One webhook of the app, disabled or not. Raises NotFound, also when it was deleted."""
    webhook = None if webhook_id is None else await store.find(conn, app_id, webhook_id)
    if webhook is None:
        raise NotFound
    return webhook


async def is_there(conn: Connection, app_id: UUID, webhook_id: UUID) -> bool:
    """Whether the app has the webhook, disabled or not: what it was sent is kept after it was deleted."""
    return await store.find(conn, app_id, webhook_id) is not None


async def list_page(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Webhook], int]:
    """One page of the app's webhooks, newest first, and how many there are in all."""
    return await store.list_page(conn, app_id, limit=limit, offset=offset)


async def find_log(conn: Connection, app_id: UUID, log_id: UUID | None) -> WebhookLog:
    """The log of one attempt. Raises NotFound."""
    log = None if log_id is None else await store.find_log(conn, app_id, log_id)
    if log is None:
        raise NotFound
    return (await _with_bodies(conn, app_id, [log]))[0]


async def list_logs(
    conn: Connection,
    app_id: UUID,
    *,
    webhook_id: UUID | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int,
    offset: int,
) -> tuple[list[WebhookLog], int]:
    """One page of the logs of the app's attempts, newest first, and how many match in all."""
    logs, total = await store.list_logs(
        conn, app_id, webhook_id=webhook_id, since=since, before=before, limit=limit, offset=offset
    )
    return await _with_bodies(conn, app_id, logs), total


async def failing(conn: Connection, app_id: UUID) -> set[UUID]:
    """The webhooks whose newest attempt did not deliver, as far as it is among the newest of the app."""
    messages = await store.newest_messages(conn, app_id, NEWEST_ATTEMPTS)
    return {webhook_id for webhook_id, message in messages.items() if not message.endswith(" delivered!")}


async def attempts_by_day(conn: Connection, app_id: UUID, webhook_id: UUID, since: datetime) -> list[AttemptCount]:
    """How the attempts at a webhook went from a moment on, day by day; days without any are absent."""
    return await store.attempts_by_day(conn, app_id, webhook_id, since)


async def delivered_of_each(conn: Connection, app_id: UUID, prefixes: Sequence[str]) -> dict[str, WebhookLog]:
    """The first delivery of an event beginning with each prefix, as far as there was one and its log is kept."""
    found = {prefix: await store.first_delivered(conn, app_id, prefix) for prefix in prefixes}
    return {prefix: log for prefix, log in found.items() if log is not None}


async def _with_bodies(conn: Connection, app_id: UUID, logs: Sequence[WebhookLog]) -> list[WebhookLog]:
    """The logs with what was sent, of which only the event is written down."""
    recorded = await events.read(conn, [(app_id, log.event_seq) for log in logs if log.event_seq is not None])
    return [
        log if log.event_seq is None else wire.with_body(log, recorded.get((app_id, log.event_seq))) for log in logs
    ]
