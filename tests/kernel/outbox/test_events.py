from uuid import uuid4

import pytest
import structlog

from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Event


def event(name="transaction.created", payload=b'{"a":1}'):
    object_id = uuid4()
    return Event(name, "Transaction", object_id, object_id, payload)


async def test_events_are_taken_once_and_in_order(database):
    app_id = uuid4()
    happened = [event(f"transaction.{number}") for number in range(5)]
    await database.run(events.record, app_id, happened[:2])
    await database.run(events.record, app_id, happened[2:])
    taken = []
    while batch := await database.run(events.take_untold, Turns().free(2), 10):
        taken += batch
    assert [each.name for each in taken] == [each.name for each in happened]
    assert [each.subject_id for each in taken] == [each.subject_id for each in happened]
    assert {each.app_id for each in taken} == {app_id}


async def test_a_payload_is_kept_byte_for_byte(database):
    app_id = uuid4()
    payload = '{ "name":"Nguyễn 👩🏽", "b" :1.10, "nul":"\\u0000" }'
    happened = event(payload=payload.encode())
    await database.run(events.record, app_id, [happened])
    async with database.reading() as conn:
        number = await events.newest(conn, app_id)
        recorded = await events.read(conn, [(app_id, number), (app_id, number + 1), (uuid4(), number)])
    assert list(recorded) == [(app_id, number)]
    assert recorded[app_id, number].payload == payload
    assert recorded[app_id, number].object_id == happened.object_id


async def test_an_app_without_events_has_no_newest(database):
    await database.run(events.record, uuid4(), [event()])
    async with database.reading() as conn:
        assert await events.newest(conn, uuid4()) == 0


async def test_what_is_rolled_back_did_not_happen(database):
    class Refused(Exception):
        pass

    async def record_and_refuse(work):
        await events.record(work, uuid4(), [event()])
        raise Refused

    with pytest.raises(Refused):
        await database.run(record_and_refuse)
    assert await database.run(events.take_untold, Turns().free(10), 10) == []


async def test_recording_wakes_those_who_tell_and_recording_nothing_wakes_nobody(database):
    async with database.work() as work:
        await events.record(work, uuid4(), [])
        assert work.topics == set()
        await events.record(work, uuid4(), [event()])
        assert work.topics == {events.TOPIC}


async def test_only_one_at_a_time_takes_events(database):
    await database.run(events.record, uuid4(), [event()])
    async with database.work() as first:
        assert len(await events.take_untold(first, Turns().free(10), 10)) == 1
        async with database.work() as second:
            assert await events.take_untold(second, Turns().free(10), 10) == []
    assert await database.run(events.take_untold, Turns().free(10), 10) == []


async def test_an_event_keeps_the_request_it_happened_in(database):
    app_id, request_id = uuid4(), uuid4()
    with structlog.contextvars.bound_contextvars(request_id=str(request_id)):
        await database.run(events.record, app_id, [event()])
    await database.run(events.record, app_id, [event()])
    async with database.reading() as conn:
        second = await events.newest(conn, app_id)
        recorded = await events.read(conn, [(app_id, second - 1), (app_id, second)])
    assert [each.request_id for each in recorded.values()] == [request_id, None]


async def test_an_event_is_written_once_and_never_again(database):
    """It holds a whole transaction, which to mark as told would be to write it once more."""
    await database.run(events.record, uuid4(), [event(), event()])
    async with database.reading() as conn:
        before = await conn.fetch("select seq, xmin, ctid from events order by seq")
    async with database.work() as work:
        assert len(await events.take_untold(work, Turns().free(10), 10)) == 2
    async with database.reading() as conn:
        assert await conn.fetch("select seq, xmin, ctid from events order by seq") == before
        assert await conn.fetchval("select count(*) from untold_events") == 0


async def test_what_is_taken_by_work_that_fails_is_still_untold(database):
    class Refused(Exception):
        pass

    async def take_and_fail(work):
        assert len(await events.take_untold(work, Turns().free(10), 10)) == 1
        raise Refused

    app = uuid4()
    await database.run(events.record, app, [event()])
    with pytest.raises(Refused):
        await database.run(take_and_fail)
    assert [each.app_id for each in await database.run(events.take_untold, Turns().free(10), 10)] == [app]


async def test_apps_take_turns_in_telling(database):
    noisy, quiet = uuid4(), uuid4()
    await database.run(events.record, noisy, [event() for _ in range(50)])
    await database.run(events.record, quiet, [event()])
    taken = await database.run(events.take_untold, Turns().free(10), 40)
    assert [each.app_id for each in taken].count(quiet) == 1
    assert len(taken) == 6  # its share of ten, and the one of the other
    alone = await database.run(events.take_untold, Turns().free(200), 40)
    assert len(alone) == 40  # never more than so many of one app
