"""The trail keeps what was done, in order, and nobody can change it."""

from datetime import timedelta

import asyncpg
import pytest

from bitpesa.kernel.values.ids import new_id
from bitpesa.tenants.audit_log import model
from bitpesa.tenants.audit_log.model import ActorKind, Filters
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.queries import list_page

APP, OTHER_APP, ORGANISATION = new_id(), new_id(), new_id()
AMINA = model.staff("amina")


async def trail(database, filters: Filters | None = None, *, limit: int = 10, offset: int = 0):
    async with database.reading() as conn:
        return await list_page(conn, filters, limit=limit, offset=offset)


async def write(database, *, action="sender.banned", actor=AMINA, object_type="Sender", object_id="1", **more):
    async with database.work() as work:
        await record(work.conn, actor=actor, action=action, object_type=object_type, object_id=object_id, **more)


async def test_a_line_says_who_did_what_and_why(database):
    sender_id, user_id = new_id(), new_id()
    await write(
        database,
        actor=model.user("ben@example.com", user_id),
        object_id=sender_id,
        organisation_id=ORGANISATION,
        app_id=APP,
        reason="forged papers",
        before={"state": "approved"},
        after={"state": "banned"},
        details={"transactions": 2},
    )
    (entry,), total = await trail(database)
    assert total == 1
    assert (entry.actor.kind, entry.actor.name, entry.actor.id) == (ActorKind.USER, "ben@example.com", user_id)
    assert (entry.action, entry.object_type, entry.object_id) == ("sender.banned", "Sender", str(sender_id))
    assert (entry.organisation_id, entry.app_id, entry.reason) == (ORGANISATION, APP, "forged papers")
    assert (entry.before, entry.after, entry.details) == (
        {"state": "approved"},
        {"state": "banned"},
        {"transactions": 2},
    )


async def test_lines_are_shown_by_the_page_newest_first(database):
    for number in range(5):
        await write(database, object_id=str(number))
    entries, total = await trail(database, limit=2, offset=1)
    assert ([entry.object_id for entry in entries], total) == (["3", "2"], 5)


async def test_lines_are_found_by_what_they_say(database):
    await write(database, app_id=APP, organisation_id=ORGANISATION, object_id="a")
    await write(database, app_id=OTHER_APP, object_id="b", action="sender.approved")
    await write(database, actor=model.user("ben"), object_type="ApiKey", object_id="c", action="api_key.revoked")
    (newest, *_), _ = await trail(database)
    second = timedelta(seconds=1)
    for filters, found in {
        Filters(app_id=APP): "a",
        Filters(organisation_id=ORGANISATION): "a",
        Filters(actor_kind=ActorKind.STAFF): "ba",
        Filters(actor="ben"): "c",
        Filters(action="sender.approved"): "b",
        Filters(object_type="Sender"): "ba",
        Filters(object_type="Sender", object_id="a"): "a",
        Filters(since=newest.created_at): "c",
        Filters(before=newest.created_at): "ba",
        Filters(since=newest.created_at + second): "",
    }.items():
        entries, total = await trail(database, filters)
        assert ("".join(entry.object_id for entry in entries), total) == (found, len(found)), filters


@pytest.mark.parametrize(
    "statement",
    ["update audit_trail set actor = 'nobody'", "delete from audit_trail", "truncate audit_trail"],
)
async def test_the_trail_is_append_only(database, statement):
    await write(database)
    async with database.reading() as conn:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await conn.execute(statement)


async def test_what_is_rolled_back_was_never_done(database):
    async def fail(work):
        await record(work.conn, actor=AMINA, action="sender.banned", object_type="Sender", object_id="1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(fail)
    assert await trail(database) == ([], 0)
