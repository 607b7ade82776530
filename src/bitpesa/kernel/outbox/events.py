"""Events: what happened, written in the transaction in which it happened (design decision 6).

An event carries the JSON that the API would have answered at that moment, so what a webhook says never depends on when
it is sent. Nouns record events; `worker/subscriptions.py` says who hears them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.ids import new_id

TOPIC = "events"

FORGOTTEN_PER_APP = 100
"""How many of one app are forgotten at a time: as many are looked at, of every app that has an old one."""

_TURN_TO_TELL = 7_216_450_118  # any constant of our own

_sql = load(__package__, "events.sql")


class Event(msgspec.Struct, frozen=True):
    """Something that happened to an object of an app.

    `subject_id` names the story the event belongs to (a recipient's event belongs to its transaction): events of one
    story are delivered in the order in which they happened.
    """

    name: str
    object_type: str
    object_id: UUID
    subject_id: UUID
    payload: bytes


async def record(work: Work, app_id: UUID, events: Sequence[Event], *, at: datetime | None = None) -> None:
    """Write events, in order, beside the state change that they report. `at`: the app's time, if it is known."""
    if not events:
        return
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    rows = [
        {
            "app_id": app_id,
            "id": new_id(),
            "name": event.name,
            "object_type": event.object_type,
            "object_id": event.object_id,
            "subject_id": event.subject_id,
            "payload": event.payload.decode(),
            "created_at": at,
            "request_id": request_id,
        }
        for event in events
    ]
    await work.write((_sql.record_events, rows), (_sql.queue_events, [{}] * len(rows)))
    work.wake(TOPIC)


class Untold(msgspec.Struct, frozen=True):
    """An event nobody was told of yet, as far as it takes to find who wants to hear it."""

    app_id: UUID
    seq: int
    name: str
    subject_id: UUID


class Recorded(msgspec.Struct, frozen=True):
    """An event as it was recorded. `payload` is the text that was written, byte for byte.

    `request_id` names the request that it happened in, for logs; None when it was due work.
    """

    name: str
    object_type: str
    object_id: UUID
    payload: str
    request_id: UUID | None = None


async def take_untold(work: Work, free: Free, most_per_app: int) -> list[Untold]:
    """Take the oldest events that nobody was told of, of each app in turn; with the commit they count as told.

    Empty as well while another process is at it: that one is woken by the same events.
    """
    if not await _sql.take_turn_to_tell.value(work.conn, _TURN_TO_TELL):
        return []
    return _untold(await _sql.take_untold.rows(work.conn, free.after, free.places, most_per_app))


async def untold_stories(conn: Connection, free: Free, most_per_app: int) -> list[tuple[UUID, UUID]]:
    """The stories (app and subject) that `take_untold` would take events of."""
    rows = await _sql.untold_stories.rows(conn, free.after, free.places, most_per_app)
    return [(row["app_id"], row["subject_id"]) for row in rows]


async def take_untold_of(work: Work, app_id: UUID, subject_id: UUID) -> list[Untold]:
    """Take the events of one story that nobody was told of, as `take_untold` does."""
    if not await _sql.take_turn_to_tell.value(work.conn, _TURN_TO_TELL):
        return []
    return _untold(await _sql.take_untold_of.rows(work.conn, app_id, subject_id))


def _untold(rows: Sequence[Row]) -> list[Untold]:
    return [Untold(row["app_id"], row["seq"], row["name"], row["subject_id"]) for row in rows]


async def newest(conn: Connection, app_id: UUID) -> int:
    """The number of the app's newest event that can be seen, 0 when there is none."""
    return int(await _sql.newest_event.value(conn, app_id))


async def between(
    conn: Connection,
    app_id: UUID,
    names: Sequence[str],
    *,
    since: datetime | None,
    before: datetime | None,
    most: int,
) -> list[Untold]:
    """The app's events of these names in a range of its time, in order, as far as they were told already."""
    rows = await _sql.events_between.rows(conn, app_id, names, since, before, most)
    return [Untold(row["app_id"], row["seq"], row["name"], row["subject_id"]) for row in rows]


async def forget(conn: Connection, age: timedelta, most: int) -> int:
    """Delete events that were told and are older than this on their app's clock; answers how many."""
    return await _sql.delete_old_events.run(conn, age, most, min(most, FORGOTTEN_PER_APP))


async def read(conn: Connection, numbers: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], Recorded]:
    """Read events by app and number."""
    rows = await _sql.events_by_seq.rows(conn, [app_id for app_id, _ in numbers], [seq for _, seq in numbers])
    return {
        (row["app_id"], row["seq"]): Recorded(
            row["name"], row["object_type"], row["object_id"], row["payload"], row["request_id"]
        )
        for row in rows
    }
