"""How PostgreSQL goes about what is asked for most: few rows are looked at, however many there are.

Where it has no statistics yet it guesses; what it guesses must not make it read a whole backlog for each claim.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.outbox import events
from bitpesa.kernel.values import json
from bitpesa.payments.recipients import store as recipients
from bitpesa.payments.senders import store as senders
from bitpesa.payments.transactions import store as transactions
from bitpesa.tenants.organisations import store as organisations
from bitpesa.webhooks import store as webhooks
from tests.journeys.world import World, ok, open_world

MANY = 5000


@pytest.fixture
async def world(fresh_database_url):
    async with open_world(fresh_database_url) as world:
        yield world


def rows_read(plan: dict[str, Any], table: str) -> int:
    """How many rows of a table a plan had in its hands."""
    here = (plan.get("Actual Rows", 0) + plan.get("Rows Removed by Filter", 0)) * plan.get("Actual Loops", 1)
    mine = here if plan.get("Relation Name") == table and "Scan" in plan["Node Type"] else 0
    return int(mine) + sum(rows_read(each, table) for each in plan.get("Plans", ()))


async def explained(conn: Any, text: str, *args: Any) -> dict[str, Any]:
    """The plan of a statement that is carried out and undone: one that is made without looking at its parameters."""
    async with conn.transaction():
        await conn.execute("set local plan_cache_mode = force_generic_plan")
        plan: dict[str, Any] = (await conn.fetchval(f"explain (analyze, format json) {text}", *args))[0]["Plan"]
    return plan


async def multiply(conn: Any, table: str, **changed: str) -> None:
    """Have a row of a table many times; `changed` are expressions for what each copy has of its own."""
    built = ", ".join(f"'{column}', {expression}" for column, expression in changed.items())
    copies = f"select (jsonb_populate_record(t, jsonb_build_object({built}))).* from {table} t, generate_series(1, $1)"  # noqa: S608 - all our own
    await conn.execute(f"insert into {table} overriding system value {copies}", MANY)


async def test_a_claim_looks_at_few_of_a_backlog_even_before_anybody_counted_it(world: World) -> None:
    assert (await world.debit(await world.transaction(ok("00")))).status == 201
    async with world.platform.database.reading() as conn:
        await multiply(conn, "recipients", id="gen_random_uuid()")
        free = Turns().free(20)
        asked = (free.after, free.places, [], [])
        plan = await explained(conn, recipients._sql.claim_attempts.text, *asked, timedelta(seconds=60))
    assert plan["Actual Rows"] == 10  # half of the places: the other half is left to others
    assert rows_read(plan, "recipients") <= 100


CLAIMS = {
    "payout_attempts": (recipients._sql.claim_attempts, "recipients", "attempt_due_at", True),
    "payout_questions": (recipients._sql.claim_questions, "recipients", "ask_due_at", True),
    "refunds": (recipients._sql.due_refunds, "recipients", "refund_due_at", False),
    "expiry": (transactions._sql.expired, "transactions", "expires_at", False),
}


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("topic", CLAIMS)
async def test_claims_jump_over_the_backlogs_of_others(world: World, topic: str, *, counted: bool) -> None:
    """However much waits, of each app only what is claimed is looked at, and nothing of what is due later."""
    await world.transaction(ok("00"))
    statement, table, due, leased = CLAIMS[topic]
    # A backlog for each of seven apps, and as much that is not due yet of an eighth.
    app = "case when generate_series % 8 = 0 then app_id else md5((generate_series % 8)::text)::uuid end"
    time = "clock_now(app_id) + case when generate_series % 8 = 0 then interval '1 day' else interval '-9000 h' end"
    changed = {"id": "gen_random_uuid()", "app_id": app, due: time}
    if table == "transactions":
        changed |= {"external_id": "gen_random_uuid()::text", "state": "'approved'"}
    elif topic == "payout_questions":
        changed |= {"attempt_id": "gen_random_uuid()"}
    async with world.platform.database.reading() as conn:
        await conn.execute("alter table recipients drop constraint a_recipient_belongs_to_a_transaction")
        await conn.execute("alter table transactions drop constraint a_transaction_has_a_sender")
        await multiply(conn, table, **changed)
        if counted:
            await conn.execute("analyze")
        free = Turns().free(16)
        asked = (free.after, free.places, [], [], *([timedelta(seconds=60)] if leased else []))
        plan = await explained(conn, statement.text, *asked)
    assert 6 <= plan["Actual Rows"] <= 16  # three of each of the first apps; the others are served by the next claim
    assert rows_read(plan, table) <= 250


@pytest.mark.parametrize("counted", [False, True])
async def test_rows_that_are_handed_over_are_looked_up_one_by_one(world: World, *, counted: bool) -> None:
    app_id = world.app.id
    await world.debit(await world.transaction(ok("00")))
    async with world.platform.database.reading() as conn:
        await multiply(conn, "recipients", id="gen_random_uuid()", attempt_due_at="null::timestamptz")
        await multiply(conn, "transactions", id="gen_random_uuid()", external_id="gen_random_uuid()::text")
        await multiply(conn, "senders", id="gen_random_uuid()", external_id="gen_random_uuid()::text")
        if counted:
            await conn.execute("analyze")
        for table, statement in (
            ("recipients", recipients._sql.update_unchanged_recipients),
            ("transactions", transactions._sql.update_unchanged_transactions),
            ("senders", senders._sql.share_unchanged),
        ):
            names = {"app_id": app_id, "id": uuid4(), "of_app": app_id, "of_id": uuid4(), "version": "0"}
            plan = await explained(conn, statement.text, json.encode([names] * 6))
            assert rows_read(plan, table) <= 100, table


@pytest.mark.parametrize("counted", [False, True])
async def test_what_a_worker_asks_for_by_key_is_looked_up_one_by_one(world: World, *, counted: bool) -> None:
    await world.debit(await world.transaction(ok("00")))
    apps, ids = [world.app.id] * 6, [uuid4() for _ in range(6)]
    async with world.platform.database.reading() as conn:
        await multiply(conn, "transactions", id="gen_random_uuid()", external_id="gen_random_uuid()::text")
        await multiply(conn, "events", id="gen_random_uuid()", seq="nextval(pg_get_serial_sequence('events', 'seq'))")
        await conn.execute(
            "insert into webhook_deliveries (app_id, id, webhook_id, event_seq, subject_id, state, due_at, created_at) "
            "select app_id, gen_random_uuid(), $1, seq, gen_random_uuid(), 'waiting', now(), now() from events",
            UUID(world.webhook["id"]),
        )
        if counted:
            await conn.execute("analyze")
        for table, statement, args in (
            ("transactions", transactions._sql.wanting_account_check, (apps, ids)),
            ("events", events._sql.events_by_seq, (apps, range(6))),
            ("webhook_deliveries", webhooks._sql.claim_following, (apps, ids, ids, timedelta(seconds=20))),
            ("webhook_deliveries", webhooks._sql.record_attempts, (apps, ids, [0] * 6, ["delivered"] * 6, [None] * 6)),
        ):
            plan = await explained(conn, statement.text, *args)
            assert rows_read(plan, table) <= 100, statement.name


async def test_a_caller_is_let_in_without_a_look_at_all_keys(world: World) -> None:
    async with world.platform.database.reading() as conn:
        await multiply(conn, "api_keys", id="gen_random_uuid()", key="gen_random_uuid()::text")
        await conn.execute("analyze")
        asked = {"app_id": world.app.id, "api_key_id": uuid4(), "hash": "AAAA", "version": "0"}
        for statement in (organisations._sql.burn_nonces, organisations._sql.admit):
            plan = await explained(conn, statement.text, json.encode([asked] * 6))
            assert rows_read(plan, "api_keys") <= 100
