import asyncio
from uuid import uuid4

import pytest

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values import json
from bitpesa.payments.senders import operations, queries, wire
from bitpesa.payments.senders.fields import PHONE_E164
from bitpesa.payments.senders.model import Decision
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import AppSettings
from tests.payments.senders.conftest import LATER, NOW
from tests.payments.senders.people import PERSON, person


async def create(database, app, **changes):
    return await database.run(operations.create, app, person(**changes), NOW)


async def change(database, app, sender, **submitted):
    return await database.run(operations.change, app, sender.id, submitted, LATER)


async def find(database, sender):
    async with database.reading() as conn:
        return await queries.find(conn, sender.app_id, sender.id)


async def count(database, app, **filters):
    async with database.reading() as conn:
        return (await queries.list_page(conn, app.id, limit=1, offset=0, **filters))[1]


async def events_of(database, app):
    async with database.reading() as conn:
        rows = await conn.fetch("select name, payload from events where app_id = $1 order by seq", app.id)
    return [(row["name"], json.decode(row["payload"])["state"]) for row in rows]


async def force_state(database, sender, state):
    async with database.work() as work:
        await work.conn.execute("update senders set state = $2 where id = $1", sender.id, state)


async def decide(database, sender, decision, client_note=None):
    _, decided = await database.run(
        operations.decide, sender.app_id, sender.id, Decision(decision), LATER, client_note=client_note
    )
    return decided


async def stored(database, kyc_mode, **more):
    """An app that is there, with its own organisation."""

    async def make(work):
        organisation = await organisations.create_organisation(work, "Acme")
        return await organisations.create_app(work, organisation.id, "sandbox", AppSettings(kyc_mode=kyc_mode, **more))

    return await database.run(make)


def refused(refusal):
    return {name: errors[0]["error"] for name, errors in refusal.value.object["errors"].items()}


# -- creation


async def test_a_sender_is_stored_approved_and_reported(database, app):
    sender = await create(database, app, external_id="S-1", metadata={"a": None})
    assert sender == await find(database, sender)
    assert (sender.state, sender.onboarding_status, sender.external_id) == ("approved", "new", "S-1")
    assert (sender.metadata, sender.created_at, sender.updated_at) == ({"a": None}, NOW, NOW)
    assert await events_of(database, app) == [("sender.created", "approved"), ("sender.approved", "approved")]


async def test_where_kyc_is_asked_for_a_new_sender_waits(database, make_app):
    app = make_app(kyc_mode="approval")
    assert (await create(database, app)).state == "initial"
    assert await events_of(database, app) == [("sender.created", "initial")]


async def test_free_text_comes_back_byte_for_byte(database, app):
    name = "  Nguyễn Thị 李 O'Brien 👩🏽 e\u0301 "
    sender = await find(database, await create(database, app, first_name=name, metadata={name: name}))
    assert wire.sender_json(sender)["first_name"] == name
    assert sender.metadata == {name: name}


async def test_what_nobody_sees_is_kept_in_metadata_only(database, app):
    name = "\u202eAda\u200b"
    sender = await find(database, await create(database, app, first_name=name, metadata={name: name}))
    assert wire.sender_json(sender)["first_name"] == "Ada"
    assert sender.metadata == {name: name}
    with pytest.raises(Invalid) as refusal:
        await create(database, app, first_name="\u3164", last_name="\u200b")
    assert refused(refusal) == {"first_name": "blank", "last_name": "blank"}


async def test_a_phone_number_is_echoed_as_sent_and_kept_in_e164(database, app):
    sender = await find(database, await create(database, app, phone_number="0712 345678", phone_country="KE"))
    assert sender.profile[PHONE_E164] == "+254712345678"
    said = wire.sender_json(sender)
    assert (said["phone_number"], said["phone_country"]) == ("0712 345678", "KE")
    assert PHONE_E164 not in said


async def test_nothing_is_stored_of_a_sender_with_faults(database, app):
    with pytest.raises(Invalid) as refusal:
        await create(database, app, city=None, first_name="a\x00b", foo="x", metadata=[], gender="F")
    assert refused(refusal) == {"city": "blank", "first_name": "invalid", "metadata": "invalid"}
    assert refusal.value.object["gender"] == "F"
    assert "foo" not in refusal.value.object
    assert refusal.value.meta is None
    assert await count(database, app) == 0
    assert await events_of(database, app) == []


@pytest.mark.parametrize("also", [{}, {"external_id": "S-1"}])
async def test_our_id_is_not_the_clients_to_choose(database, app, also):
    with pytest.raises(Invalid) as refusal:
        await create(database, app, id=str(uuid4()), **also)
    assert refused(refusal) == {"id": "invalid"}


async def test_a_taken_external_id_shows_who_has_it(database, app, make_app):
    stored = await create(database, app, external_id="S-1")
    with pytest.raises(Invalid) as refusal:
        await create(database, app, external_id="S-1", city="Rome")
    assert refused(refusal) == {"external_id": "taken"}
    assert refusal.value.object["city"] == "Rome"
    assert refusal.value.meta == {"existing": {"sender": wire.sender_json(stored)}}
    await create(database, app, external_id="s-1")
    await create(database, make_app(), external_id="S-1")


async def test_an_external_id_alone_is_answered_with_its_owner_too(database, app):
    stored = await create(database, app, external_id="S-1")
    with pytest.raises(Invalid) as refusal:
        await database.run(operations.create, app, {"external_id": "S-1"}, NOW)
    assert refused(refusal)["external_id"] == "taken"
    assert refused(refusal)["first_name"] == "blank"
    assert refusal.value.meta["existing"]["sender"]["id"] == str(stored.id)


async def test_a_disabled_sender_keeps_its_external_id(database, app):
    stored = await create(database, app, external_id="S-1")
    await database.run(operations.disable, app, stored.id, NOW)
    with pytest.raises(Invalid) as refusal:
        await create(database, app, external_id="S-1")
    assert refusal.value.meta["existing"]["sender"]["state"] == "disabled"


async def test_of_20_who_want_one_external_id_at_once_one_gets_it(database, app):
    answers = await asyncio.gather(
        *(create(database, app, external_id="S-2") for _ in range(20)), return_exceptions=True
    )
    [winner] = [answer for answer in answers if not isinstance(answer, Exception)]
    losers = [answer for answer in answers if isinstance(answer, Invalid)]
    assert len(losers) == 19
    assert {loser.meta["existing"]["sender"]["id"] for loser in losers} == {str(winner.id)}
    assert {str(loser.object["errors"]) for loser in losers} == {"{'external_id': [{'error': 'taken'}]}"}
    assert await count(database, app, external_id="S-2") == 1
    assert [name for name, _ in await events_of(database, app)] == ["sender.created", "sender.approved"]


async def test_politically_exposed_people_are_numbered_and_dated(database, app):
    people = [{"name": "Jane Doe", "position": "Minister", "started_date": "2010-01-01", "foo": 1, "id": 9}]
    sender = await create(database, app, politically_exposed_people=people)
    moment = "2030-01-01T12:00:00.000Z"
    assert wire.sender_json(sender)["politically_exposed_people"] == [
        {
            "id": 1,
            "name": "Jane Doe",
            "position": "Minister",
            "started_date": "2010-01-01T00:00:00.000Z",
            "created_at": moment,
            "updated_at": moment,
        }
    ]
    changed = await change(database, app, sender, politically_exposed_people=[{"name": "A"}, {"name": "B"}])
    assert [each["name"] for each in changed.profile["politically_exposed_people"]] == ["A", "B"]


# -- changes


async def test_only_the_fields_that_were_sent_change(database, app):
    sender = await create(database, app, external_id="S-1", metadata={"a": 1})
    changed = await change(database, app, sender, city="Rome", birth_date="1980-01-01T00:00:00.000Z", documents=[])
    assert changed == await find(database, sender)
    assert changed.profile == {**sender.profile, "city": "Rome", "birth_date": "1980-01-01"}
    assert (changed.metadata, changed.external_id, changed.state) == ({"a": 1}, "S-1", "approved")
    assert (changed.created_at, changed.updated_at) == (NOW, LATER)
    assert len(await events_of(database, app)) == 2


async def test_a_change_of_nothing_changes_nothing(database, app):
    sender = await create(database, app)
    assert await change(database, app, sender, city=PERSON["city"], id=str(uuid4()), state="banned") == sender
    assert await change(database, app, sender) == sender


async def test_a_change_is_judged_on_the_whole_sender(database, app):
    sender = await create(database, app)
    with pytest.raises(Invalid) as refusal:
        await change(database, app, sender, city=None, email="nobody", type="business")
    assert refused(refusal) == {"city": "blank", "email": "invalid", "type": "invalid"}
    assert await find(database, sender) == sender


async def test_some_changes_redo_kyc(database, make_app):
    app = make_app(kyc_mode="approval")
    sender = await create(database, app)
    await decide(database, sender, "approve")
    assert (await change(database, app, sender, city="Rome")).state == "approved"
    assert (await change(database, app, sender, last_name="Roe")).state == "initial"


async def test_an_incomplete_sender_becomes_initial_when_it_is_completed(database, app):
    sender = await create(database, app)
    asked = await decide(database, sender, "ask", "where do you live?")
    assert (asked.state, asked.state_reason) == ("incomplete", "where do you live?")
    unmoved = await change(database, app, sender, metadata={"a": 1})
    assert (unmoved.state, unmoved.state_reason) == ("incomplete", "where do you live?")
    moved = await change(database, app, sender, city="Rome")
    assert (moved.state, moved.state_reason) == ("initial", None)
    assert moved == await find(database, sender)
    assert len(await events_of(database, app)) == 2


async def test_an_external_id_is_given_once(database, app):
    sender = await create(database, app)
    given = await change(database, app, sender, external_id="S-1")
    assert given == await find(database, sender)
    assert (given.external_id, given.updated_at) == ("S-1", LATER)
    assert await change(database, app, sender, external_id="S-1", city="Rome")
    assert (await change(database, app, sender, external_id=None)).external_id == "S-1"
    with pytest.raises(Invalid) as refusal:
        await change(database, app, sender, external_id="S-2")
    assert refused(refusal) == {"external_id": "invalid"}


async def test_an_external_id_that_another_sender_has_is_not_given(database, app):
    owner = await create(database, app, external_id="S-1")
    sender = await create(database, app)
    with pytest.raises(Invalid) as refusal:
        await change(database, app, sender, external_id="S-1")
    assert refused(refusal) == {"external_id": "taken"}
    assert refusal.value.meta["existing"]["sender"]["id"] == str(owner.id)
    assert await find(database, sender) == sender


async def test_of_several_senders_that_are_given_one_external_id_at_once_one_gets_it(database, app):
    senders = [await create(database, app) for _ in range(8)]
    answers = await asyncio.gather(
        *(change(database, app, sender, external_id="S-1") for sender in senders), return_exceptions=True
    )
    [winner] = [answer for answer in answers if not isinstance(answer, Exception)]
    losers = [answer for answer in answers if isinstance(answer, Invalid)]
    assert {loser.meta["existing"]["sender"]["id"] for loser in losers} == {str(winner.id)}
    assert len(losers) == 7


async def test_changes_at_once_take_turns(database, app):
    sender = await create(database, app)
    await asyncio.gather(
        change(database, app, sender, city="Rome"),
        change(database, app, sender, street="Via Appia"),
        change(database, app, sender, metadata={"a": 1}),
        database.run(operations.note_first_payment, sender, LATER),
    )
    changed = await find(database, sender)
    assert (changed.profile["city"], changed.profile["street"], changed.metadata) == ("Rome", "Via Appia", {"a": 1})
    assert changed.onboarding_status == "completed_first_transaction"


async def test_senders_of_other_apps_are_not_found(database, app, make_app):
    sender, stranger = await create(database, app), make_app()
    for operation, *args in (
        (operations.change, stranger, sender.id, {"city": "Rome"}, NOW),
        (operations.disable, stranger, sender.id, NOW),
    ):
        with pytest.raises(NotFound):
            await database.run(operation, *args)
    for decision in Decision:
        with pytest.raises(NotFound):
            await database.run(operations.decide, stranger.id, sender.id, decision, NOW, client_note=None)
    with pytest.raises(NotFound):
        await database.run(operations.dismiss_hits, stranger, sender.id, NOW)
    async with database.reading() as conn:
        with pytest.raises(NotFound):
            await queries.find(conn, stranger.id, sender.id)
        with pytest.raises(NotFound):
            await queries.find(conn, app.id, None)
        assert await queries.find_many(conn, stranger.id, [sender.id]) == {}
        assert await queries.find_many(conn, app.id, [sender.id, uuid4()]) == {sender.id: sender}


# -- states


async def test_a_sender_is_disabled_once(database, app):
    sender = await create(database, app)
    disabled = await database.run(operations.disable, app, sender.id, LATER)
    assert (disabled.state, disabled.updated_at) == ("disabled", LATER)
    assert await database.run(operations.disable, app, sender.id, LATER) == disabled
    assert (await events_of(database, app))[2:] == [("sender.disabled", "disabled")]
    with pytest.raises(Invalid) as refusal:
        await change(database, app, sender, city="Rome")
    assert refused(refusal) == {"base": "Sender is disabled"}
    assert await count(database, app) == 1


async def test_staff_turn_a_sender_away_and_reinstate_it(database, make_app):
    app = make_app(kyc_mode="approval")
    sender = await create(database, app)
    rejected = await decide(database, sender, "reject", "an identity card that is legible")
    assert (rejected.state, rejected.state_reason) == ("rejected", "an identity card that is legible")
    reinstated = await decide(database, sender, "reinstate", "thank you")
    assert (reinstated.state, reinstated.state_reason) == ("approved", "thank you")
    assert await find(database, sender) == reinstated
    await decide(database, sender, "ban")
    assert (await events_of(database, app))[1:] == [
        ("sender.rejected", "rejected"),
        ("sender.approved", "approved"),
        ("sender.rejected", "banned"),
    ]


@pytest.mark.parametrize(
    ("state", "decision"), [("disabled", "ban"), ("incomplete", "approve"), ("approved", "approve"), ("banned", "ban")]
)
async def test_what_cannot_be_decided_so_stays_as_it_is(database, app, state, decision):
    sender = await create(database, app)
    await force_state(database, sender, state)
    with pytest.raises(Invalid) as refusal:
        await decide(database, sender, decision)
    assert refused(refusal)["base"].startswith(f"Sender is {state} and cannot be ")
    assert (await find(database, sender)).state == state
    assert len(await events_of(database, app)) == 2


async def test_senders_wait_for_staff_where_they_are_checked(database):
    async def waiting(app_id=None):
        async with database.reading() as conn:
            found, total = await queries.list_waiting(conn, app_id, limit=10)
        assert total == len(found)
        return [each.id for each in found]

    checked, waived = (
        await stored(database, "approval"),
        await stored(database, "waived", waived_sender_state="initial"),
    )
    first = await create(database, checked)
    second = await create(database, checked)
    await force_state(database, second, "verified")
    for state in ("incomplete", "approved", "rejected", "banned", "disabled"):
        await force_state(database, await create(database, checked), state)
    await create(database, waived)
    assert await waiting() == await waiting(checked.id) == [first.id, second.id]
    assert await waiting(waived.id) == []


async def test_the_first_payment_is_noted_once(database, app):
    sender = await create(database, app)
    noted = await database.run(operations.note_first_payment, sender, LATER)
    assert (noted.onboarding_status, noted.updated_at) == ("completed_first_transaction", LATER)
    assert await database.run(operations.note_first_payment, noted, NOW) == noted
    assert await find(database, sender) == noted
