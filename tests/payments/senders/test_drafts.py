import asyncio

import pytest

from bitpesa.kernel.problems import Invalid
from bitpesa.payments.senders import operations, queries, wire
from tests.payments.senders.conftest import LATER, NOW
from tests.payments.senders.people import person


@pytest.fixture
async def stored(database, app):
    return await database.run(operations.create, app, person(external_id="S-1"), NOW)


async def draft(database, app, submitted, *, keep=False):
    async with database.work() as work:
        found = work if keep else None
        return await operations.draft_for_transaction(work.conn, app, submitted, LATER, keep=found)


async def use(work, app, submitted):
    """What creating a transaction does with its sender."""
    drafted = await operations.draft_for_transaction(work.conn, app, submitted, LATER, keep=work)
    if drafted.errors:
        raise operations.refusal(drafted)
    return await operations.save(work, drafted)


async def find(database, sender):
    async with database.reading() as conn:
        return await queries.find(conn, sender.app_id, sender.id)


def faults(drafted):
    return {name: errors[0]["error"] for name, errors in drafted.errors.items()}


async def test_an_id_alone_names_a_sender(database, app, stored):
    drafted = await draft(database, app, {"id": str(stored.id)})
    assert (drafted.sender, drafted.is_new, drafted.is_changed, drafted.errors) == (stored, False, False, {})
    assert await database.run(use, app, {"id": str(stored.id).upper()}) == stored


@pytest.mark.parametrize("unknown", ["9d4d7b73-a94c-4979-ab57-09074fd55d33", "S-1", 5, ["x"], {}, True])
@pytest.mark.usefixtures("stored")
async def test_an_unknown_id_is_told(database, app, unknown):
    for also in ({}, {"city": "Rome"}):
        drafted = await draft(database, app, {"id": unknown, **also})
        assert (drafted.sender, faults(drafted)) == (None, {"id": "not_found"})


async def test_a_foreign_id_is_as_unknown_as_any(database, make_app, stored):
    assert faults(await draft(database, make_app(), {"id": str(stored.id)})) == {"id": "not_found"}


async def test_an_id_with_fields_updates_the_sender(database, app, stored):
    used = await database.run(use, app, {"id": str(stored.id), "city": "Rome", "documents": []})
    assert used == await find(database, stored)
    assert used.profile == {**stored.profile, "city": "Rome"}
    assert used.updated_at == LATER


async def test_an_external_id_alone_names_a_sender(database, app, stored):
    assert await database.run(use, app, {"external_id": "S-1"}) == stored
    assert await database.run(use, app, {"external_id": "S-1", "id": None, "documents": [], "foo": 1}) == stored


@pytest.mark.usefixtures("stored")
async def test_an_unknown_external_id_alone_is_told(database, app):
    for submitted in ({"external_id": "S-2"}, {"external_id": "s-1"}, {"external_id": "S-2", "type": "person"}):
        drafted = await draft(database, app, submitted)
        assert (drafted.sender, faults(drafted)) == (None, {"external_id": "not_found"})


async def test_a_new_external_id_with_fields_makes_a_sender(database, app):
    made = await database.run(use, app, person(external_id="S-2"))
    assert (made.external_id, made.state) == ("S-2", "approved")
    assert await find(database, made) == made
    assert faults(await draft(database, app, {"external_id": "S-3", "email": "nobody"}))["email"] == "invalid"


async def test_a_known_external_id_with_fields_updates_the_sender(database, app, stored):
    used = await database.run(use, app, {"external_id": "S-1", "city": "Rome"})
    assert (used.id, used.profile) == (stored.id, {**stored.profile, "city": "Rome"})
    assert await find(database, stored) == used


async def test_or_is_refused_as_a_duplicate_where_the_app_wants_that(database, make_app):
    app = make_app(sender_external_id_on_transaction="reject")
    stored = await database.run(operations.create, app, person(external_id="S-1"), NOW)
    drafted = await draft(database, app, {"external_id": "S-1", "city": "Rome"})
    assert faults(drafted) == {"external_id": "taken"}
    assert drafted.duplicate_of == stored
    assert operations.refusal(drafted).object["errors"] == {"external_id": [{"error": "taken"}]}
    assert (await draft(database, app, {"external_id": "S-1"})).errors == {}


@pytest.mark.parametrize("keep", [False, True])
async def test_both_ids_at_once_are_never_clear(database, app, stored, keep):
    drafted = await draft(database, app, {"id": str(stored.id), "external_id": "S-1"}, keep=keep)
    assert (drafted.sender, faults(drafted)) == (None, {"external_id": "invalid"})


async def test_neither_id_makes_a_sender(database, app, stored):
    made = await database.run(use, app, person())
    assert made.id != stored.id
    assert made.external_id is None


async def test_an_update_is_judged_on_the_whole_sender(database, app, stored):
    drafted = await draft(database, app, {"external_id": "S-1", "city": None, "email": "nobody"})
    assert faults(drafted) == {"city": "blank", "email": "invalid"}
    said = wire.draft_json(drafted)
    assert (said["email"], said["first_name"], said["id"]) == ("nobody", "Jane", str(stored.id))


async def test_a_simulated_update_is_seen_and_not_stored(database, app, stored):
    drafted = await draft(database, app, {"external_id": "S-1", "city": "Rome", "foo": 1})
    assert drafted.is_changed
    said = wire.draft_json(drafted)
    assert (said["city"], said["id"]) == ("Rome", str(stored.id))
    assert "foo" not in said
    assert await find(database, stored) == stored


async def test_a_simulated_sender_has_no_id_yet(database, app):
    said = wire.draft_json(await draft(database, app, person(birth_date="1974-12-24T00:00:00.000Z", foo=1)))
    assert not {"id", "state", "created_at", "foo"} & set(said)
    assert (said["first_name"], said["birth_date"], said["errors"]) == ("Jane", "1974-12-24", {})


async def test_the_update_is_rolled_back_with_the_work_it_belongs_to(database, app, stored):
    class Refused(Exception):
        pass

    async def use_and_refuse(work):
        await use(work, app, {"external_id": "S-1", "city": "Rome"})
        raise Refused

    with pytest.raises(Refused):
        await database.run(use_and_refuse)
    assert await find(database, stored) == stored


@pytest.mark.parametrize("state", ["disabled", "banned", "rejected"])
async def test_a_barred_sender_cannot_be_used(database, app, stored, state):
    async with database.work() as work:
        await work.conn.execute("update senders set state = $2 where id = $1", stored.id, state)
    for submitted in ({"id": str(stored.id)}, {"external_id": "S-1"}, {"external_id": "S-1", "city": "Rome"}):
        assert faults(await draft(database, app, submitted, keep=True)) == {"base": f"Sender is {state}"}


async def test_a_sender_that_is_relied_on_is_not_disabled_meanwhile(database, app, stored):
    relied, ended = asyncio.Event(), []

    async def rely(work):
        await use(work, app, {"external_id": "S-1"})
        relied.set()
        while not await database_waits(database):
            pass
        ended.append("used")

    async def disable():
        await relied.wait()
        await database.run(operations.disable, app, stored.id, LATER)
        ended.append("disabled")

    async with asyncio.timeout(20):
        await asyncio.gather(database.run(rely), disable())
    assert ended == ["used", "disabled"]


async def database_waits(database):
    """Whether anybody waits for a lock."""
    async with database.reading() as conn:
        return await conn.fetchval(
            "select exists (select from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock')"
        )


async def test_a_race_for_a_new_external_id_has_one_winner(database, app):
    answers = await asyncio.gather(
        *(database.run(use, app, person(external_id="S-9")) for _ in range(10)), return_exceptions=True
    )
    senders = {answer.id for answer in answers if not isinstance(answer, Exception)}
    losers = [answer for answer in answers if isinstance(answer, Invalid)]
    assert len(senders) == 1
    assert {loser.meta["existing"]["sender"]["id"] for loser in losers} <= {str(each) for each in senders}
    assert not [answer for answer in answers if isinstance(answer, Exception) and answer not in losers]
