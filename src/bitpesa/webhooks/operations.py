"""What happens to webhooks: they are registered, enabled and removed, told again, and attempts are recorded."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.outbound.http_client import Delivered, TimedOut
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import FieldErrors, Invalid, NotFound, add_error, refused
from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.organisations.model import App
from bitpesa.webhooks import rules, store, wire
from bitpesa.webhooks.event_names import TEST
from bitpesa.webhooks.model import Attempt, Delivery, DeliverySettings, Replay, Room, Subscriber, Told, Webhook

TOPIC = "deliveries"

MOST_REPLAYED = 10_000

EVENTS_PER_APP = 40
"""How many events of one app are told at a time: with fifty webhooks, two thousand deliveries."""

MOST_PER_APP = 50

_SPREAD = random.Random()  # noqa: S311 - spreads retries, guards nothing


async def register(
    work: Work,
    app: App,
    api_key_id: UUID,
    submitted: Mapping[str, Any],
    *,
    allow_private: bool,
    most: int = MOST_PER_APP,
) -> Webhook:
    """Store a webhook that hears of what happens from now on. Raises Invalid, also beyond the `most` an app may have.

    `allow_private` is the setting for the sandbox; it never helps a live app. An event of work that is not yet
    committed may be heard or missed: it is heard if it was recorded after the newest one that can be seen now.
    """
    errors: FieldErrors = {}
    definition = rules.read_definition(
        submitted, errors, live=not app.is_sandbox, allow_private=allow_private and app.is_sandbox
    )
    if errors:
        raise Invalid(wire.refused_json(submitted, errors))
    if await store.count(work.conn, app.id) >= most:
        raise refused("url", "too_many", **{name: submitted[name] for name in wire.KNOWN_FIELDS if name in submitted})
    after_event = await events.newest(work.conn, app.id)
    return await store.insert(
        work.conn, app.id, api_key_id, definition, sandbox=app.is_sandbox, after_event=after_event
    )


async def remove(work: Work, app_id: UUID, webhook_id: UUID | None) -> Webhook:
    """Delete a webhook and what still waited for it; answers its last definition. Raises NotFound."""
    webhook = None if webhook_id is None else await store.delete(work.conn, app_id, webhook_id)
    if webhook is None:
        raise NotFound
    await store.drop_waiting(work.conn, [(app_id, webhook.id)])
    return webhook


async def enable(work: Work, app_id: UUID, webhook_id: UUID | None) -> Webhook:
    """Let a webhook hear again of what happens from now on. Raises NotFound."""
    webhook = None if webhook_id is None else await store.enable(work.conn, app_id, webhook_id)
    if webhook is None:
        raise NotFound
    return webhook


async def send_test(work: Work, app_id: UUID, webhook_id: UUID | None) -> Webhook:
    """Send a webhook a test, which goes the way of every event: signed, retried, logged. Raises NotFound, Invalid."""
    webhook = await _share_enabled(work, app_id, webhook_id)
    payload = json.encode(wire.webhook_json(webhook))
    await events.record(work, app_id, [Event(TEST, "Webhook", webhook.id, webhook.id, payload)])
    return webhook


async def replay_attempt(work: Work, app_id: UUID, log_id: UUID | None) -> Replay:
    """Deliver once more what an attempt was about. Raises NotFound, Invalid."""
    log = None if log_id is None else await store.find_log(work.conn, app_id, log_id)
    if log is None:
        raise NotFound
    webhook = await _share_enabled(work, app_id, log.webhook_id)
    delivery_id = read_id(log.metadata.get("attempt_id"))
    again = 0 if delivery_id is None else await store.send_again(work.conn, app_id, delivery_id)
    work.wake(TOPIC)
    return Replay(webhook, again)


async def replay_range(work: Work, app_id: UUID, webhook_id: UUID | None, submitted: Mapping[str, Any]) -> Replay:
    """Deliver once more everything that happened in a range of time and that the webhook asks for.

    What it missed is among that, because it was disabled or not there yet. Raises NotFound, Invalid.
    """
    webhook = await _share_enabled(work, app_id, webhook_id)
    errors: FieldErrors = {}
    since, before = rules.read_range(submitted, errors)
    if errors:
        raise Invalid(wire.refused_range_json(submitted, errors))
    found = await events.between(work.conn, app_id, webhook.events, since=since, before=before, most=MOST_REPLAYED + 1)
    if len(found) > MOST_REPLAYED:
        add_error(errors, "to", "too_long")
        raise Invalid(wire.refused_range_json(submitted, errors))
    again = await store.replay_deliveries(work.conn, [(event, webhook.id) for event in found])
    work.wake(TOPIC)
    return Replay(webhook, again)


async def _share_enabled(work: Work, app_id: UUID, webhook_id: UUID | None) -> Webhook:
    """A webhook that is not disabled, and stays so until the work ends. Raises NotFound, Invalid."""
    webhook = None if webhook_id is None else await store.share(work.conn, app_id, webhook_id)
    if webhook is None:
        raise NotFound
    if webhook.disabled_at is not None:
        raise refused("base", "Webhook is disabled", **wire.webhook_json(webhook))
    return webhook


async def tell(work: Work, free: Free, room: Room, lease: timedelta) -> Told:
    """Turn the oldest untold events of each app into deliveries for the webhooks that asked for them.

    What there is room for, and no earlier event of its story stands in the way of, is claimed with that: it need not be
    looked for, nor wait for another commit.
    """
    untold = await events.take_untold(work, free, EVENTS_PER_APP)
    if not untold:
        return Told(0, ())
    apps = frozenset(event.app_id for event in untold)
    by_app: dict[UUID, list[Subscriber]] = {}
    for subscriber in await store.share_subscribers(work.conn, {event.app_id for event in untold}):
        by_app.setdefault(subscriber.webhook.app_id, []).append(subscriber)
    told = [
        (event, subscriber.webhook)
        for event in untold
        for subscriber in by_app.get(event.app_id, ())
        if rules.hears(subscriber, event)
    ]
    if not told:
        return Told(len(untold), (), apps)
    claimed = await store.insert_deliveries(work.conn, told, rules.may_go_at_once(told, room), lease)
    if len(claimed) < len({(webhook.id, event.subject_id) for event, webhook in told}):
        work.wake(TOPIC)  # a story of which the first is claimed goes on by itself
    return Told(len(untold), claimed, apps)


async def tell_story(work: Work, app_id: UUID, subject_id: UUID) -> int:
    """Turn the untold events of one story into deliveries, by itself; answers how many events.

    Whatever is wrong with a webhook besides what it hears shows when it is to be sent something.
    """
    untold = await events.take_untold_of(work, app_id, subject_id)
    listeners = await store.share_listeners(work.conn, app_id) if untold else []
    told = [(event, each) for event in untold for each in listeners if rules.listens(each, event)]
    if told:
        await store.begin_deliveries(work.conn, told)
        work.wake(TOPIC)
    return len(untold)


async def claim_due(work: Work, room: Room, lease: timedelta, *, only_slow: bool) -> list[Delivery]:
    """Claim deliveries that are due, those of slow endpoints or all others. Raises UnreadableRows."""
    return await store.claim(work.conn, room, lease, only_slow=only_slow)


async def record_attempts(
    work: Work, attempts: Sequence[Attempt], settings: DeliverySettings, lease: timedelta, *, goes_on: bool = True
) -> list[Delivery]:
    """Record what became of attempts, in the order they ended: webhooks disabled, next tries, logs (flows 9.4).

    Answers what waited for them and is claimed now: the next event of each story that was tried for the first time.
    Unless it `goes_on`, nothing: then that is looked for like everything else.
    """
    disabled = await _disable(work, attempts, settings)
    decided = [_decide(attempt, settings, gone=_key(attempt) in disabled) for attempt in attempts]
    ours = await store.record_attempts(work.conn, decided)
    if disabled:
        await store.drop_waiting(work.conn, disabled)
    await store.insert_logs(
        work.conn,
        [
            (
                delivery,
                wire.log_message(attempt.parcel.event, _ending(state, is_ours=delivery.id in ours)),
                wire.log_metadata(attempt),
            )
            for attempt, (delivery, state, _) in zip(attempts, decided, strict=True)
        ],
    )
    tried = [delivery for delivery, _, _ in decided if delivery.tries == 0 and delivery.id in ours]
    if not goes_on:
        work.wake(TOPIC)
        return []
    return await store.claim_following(work.conn, tried, lease) if tried else []


async def _disable(work: Work, attempts: Sequence[Attempt], settings: DeliverySettings) -> set[store.WebhookKey]:
    """Disable the webhooks that timed out too often in a row, and those whose receiver is gone; answers which.

    A webhook that was enabled again since the attempt began is disabled as well: its receiver is as gone as before.
    """
    by_webhook: dict[store.WebhookKey, list[bool]] = {}
    for attempt in attempts:
        by_webhook.setdefault(_key(attempt), []).append(_got_no_answer_in_time(attempt))
    gone = {_key(attempt) for attempt in attempts if _says_gone(attempt)}
    before = await store.lock_timeouts(work.conn, {key: key in gone or any(each) for key, each in by_webhook.items()})
    if not before:
        return set()
    counted = {}
    for key, count_before in before.items():
        count, reached = rules.count_timeouts(count_before, by_webhook[key], settings.timeouts_until_disabled)
        counted[key] = count, reached or key in gone
    await store.update_timeouts(work.conn, counted)
    return {key for key, (_, reached) in counted.items() if reached}


def _decide(attempt: Attempt, settings: DeliverySettings, *, gone: bool) -> tuple[Delivery, str, timedelta | None]:
    """What an attempt leads to: the delivery's state, and the wait until it is tried again."""
    delivery = attempt.parcel.delivery
    if isinstance(attempt.outcome, Delivered) and rules.succeeded(attempt.outcome.status):
        return delivery, "delivered", None
    spread = _SPREAD.uniform(-settings.delay_spread, settings.delay_spread)
    asked_for = _asked_for(attempt, settings)
    wait = rules.wait_after(delivery.tries + 1, settings.delays, spread, asked_for)
    if wait is None or gone:
        return delivery, "dropped", None
    return delivery, "waiting", wait


def _ending(state: str, *, is_ours: bool) -> str:
    """How the log of an attempt ends. `failed`: a failure after others had decided what becomes of the delivery."""
    if state == "delivered":
        return "delivered"
    if not is_ours:
        return "failed"
    return "pending" if state == "waiting" else "dropped"


def _got_no_answer_in_time(attempt: Attempt) -> bool:
    return isinstance(attempt.outcome, TimedOut) and attempt.outcome.status is None


def _says_gone(attempt: Attempt) -> bool:
    return isinstance(attempt.outcome, Delivered) and attempt.outcome.status == rules.GONE


def _asked_for(attempt: Attempt, settings: DeliverySettings) -> timedelta:
    """The wait that the receiver asks for."""
    if not isinstance(attempt.outcome, Delivered):
        return timedelta()
    return rules.read_retry_after(attempt.outcome.retry_after, datetime.now(UTC), settings.longest_retry_after)


def _key(attempt: Attempt) -> store.WebhookKey:
    webhook = attempt.parcel.delivery.webhook
    return webhook.app_id, webhook.id
