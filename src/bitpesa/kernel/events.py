"""Events: what happened, written in the transaction in which it happened (design decision 6).

An event carries the JSON that the API would have answered at that moment, so what a webhook says never depends on when
it is sent. Nouns record events; `worker/subscriptions.py` says who hears them.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bitpesa.kernel.database import Work
from bitpesa.kernel.ids import new_id
from bitpesa.kernel.statements import load

TOPIC = "events"

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


async def record(work: Work, app_id: UUID, events: Sequence[Event]) -> None:
    """Write events, in order, beside the state change that they report."""
    if not events:
        return
    await _sql.record_events.run(
        work.conn,
        app_id,
        [new_id() for _ in events],
        [e.name for e in events],
        [e.object_type for e in events],
        [e.object_id for e in events],
        [e.subject_id for e in events],
        [e.payload.decode() for e in events],
    )
    work.wake(TOPIC)
