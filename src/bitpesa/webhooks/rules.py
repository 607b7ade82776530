"""What a webhook may be, whether an attempt succeeded, and when to try again. Decides from plain values (flows 9)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from bitpesa.kernel.outbound.addresses import may_be_called
from bitpesa.kernel.outbox.events import Untold
from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values.metadata import read_metadata
from bitpesa.kernel.values.timestamps import read_end, read_moment
from bitpesa.webhooks.event_names import ACCEPTED, TEST
from bitpesa.webhooks.lanes import endpoint_of
from bitpesa.webhooks.model import Definition, Listener, Room, Subscriber, Webhook

LONGEST_URL = 2000
GONE = 410
"""What a receiver answers that wants to hear nothing more, as the Standard Webhooks convention has it."""

_MAX_DIGITS = 10


def read_definition(
    submitted: Mapping[str, Any], errors: FieldErrors, *, live: bool, allow_private: bool
) -> Definition:
    """Read the fields of a webhook, noting what is wrong. The result is of use only without errors."""
    return Definition(
        url=_read_url(submitted.get("url"), errors, live=live, allow_private=allow_private),
        events=_read_events(submitted.get("events"), errors),
        metadata=read_metadata(submitted, errors) or {},
    )


def read_range(submitted: Mapping[str, Any], errors: FieldErrors) -> tuple[datetime | None, datetime | None]:
    """Read `from` and `to`, both inclusive, dates or times; without `to` the range goes on until now."""
    since, before = submitted.get("from"), submitted.get("to")
    if since in (None, ""):
        add_error(errors, "from", "blank")
    return _read_time(since, errors, "from", read_moment), _read_time(before, errors, "to", read_end)


def hears(subscriber: Subscriber, event: Untold) -> bool:
    """Whether a webhook is told of an event of its app. A test is heard by the webhook that it tries."""
    webhook = subscriber.webhook
    return listens(Listener(webhook.app_id, webhook.id, webhook.events, subscriber.after_event), event)


def listens(listener: Listener, event: Untold) -> bool:
    """The same, of what is known of a webhook whose row cannot be read."""
    if event.name == TEST:
        return event.subject_id == listener.id
    return event.name in listener.events and event.seq > listener.after_event


def may_go_at_once(told: Sequence[tuple[Untold, Webhook]], room: Room) -> list[bool]:
    """Of events that webhooks are told of, in order, those that there is room for: the first of each story only."""
    left, stories = room.in_all, set()
    busy, apps, endpoints = Counter(room.busy), Counter(room.busy_apps), Counter(room.busy_endpoints)
    decided = []
    for event, webhook in told:
        story, endpoint = (webhook.id, event.subject_id), endpoint_of(webhook)
        goes = (
            story not in stories
            and busy[webhook.id] < room.per_webhook
            and apps[webhook.app_id] < left
            and endpoints[endpoint] < room.per_endpoint
            and endpoint not in room.slow
        )
        stories.add(story)
        left -= goes
        busy[webhook.id] += goes
        apps[webhook.app_id] += goes
        endpoints[endpoint] += goes
        decided.append(goes)
    return decided


def succeeded(status: int) -> bool:
    """Whether an answer means that the receiver has the event."""
    return status // 100 == 2  # noqa: PLR2004 - 2xx


def wait_after(
    tries: int, delays: Sequence[timedelta], spread: float, asked_for: timedelta = timedelta()
) -> timedelta | None:
    """How long to wait after the given number of failed tries; None: that was the last. `spread`: share of the wait.

    A receiver may ask for a longer wait, and not for a shorter one.
    """
    if tries > len(delays):
        return None
    return max(delays[tries - 1] * (1 + spread), asked_for)


def read_retry_after(text: str | None, now: datetime, longest: timedelta) -> timedelta:
    """The wait that a `Retry-After` header asks for, in seconds or as an HTTP date, up to `longest`; 0 if for none.

    `now` is the real time, by which HTTP dates are written.
    """
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:_MAX_DIGITS])), longest)  # more digits ask for centuries anyway
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta()
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), longest)


def count_timeouts(before: int, timed_out: Iterable[bool], most: int) -> tuple[int, bool]:
    """Go on counting time-outs in a row over attempts in the order they ended; tells whether `most` was reached."""
    count, reached = before, False
    for each in timed_out:
        count = count + 1 if each else 0
        reached = reached or count >= most
    return count, reached


def _read_time(value: Any, errors: FieldErrors, field: str, read: Callable[[str], datetime | None]) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        if isinstance(value, str):
            return read(value)
    except ValueError:
        pass
    add_error(errors, field, "invalid")
    return None


def _read_url(value: Any, errors: FieldErrors, *, live: bool, allow_private: bool) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        add_error(errors, "url", "blank")
    elif not isinstance(value, str) or not may_be_called(value, live=live, allow_private=allow_private):
        add_error(errors, "url", "invalid")
    elif len(value) > LONGEST_URL:
        add_error(errors, "url", "too_long")
    else:
        return value
    return ""


def _read_events(value: Any, errors: FieldErrors) -> tuple[str, ...]:
    """Read the names asked for, each once, in the order given."""
    if value in (None, "", []):
        add_error(errors, "events", "blank")
    elif not isinstance(value, list) or not all(isinstance(name, str) and name in ACCEPTED for name in value):
        add_error(errors, "events", "inclusion")
    else:
        return tuple(dict.fromkeys(value))
    return ()
