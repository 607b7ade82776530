"""One bad row of one app: that row fails, alone. Every other app goes on, in the sandbox and live.

Every kind of due work is tried, as the worker has it: one that is added without its poison here is missed. Rows are
spoilt by SQL, as nobody can through the API, since what spoils the next one is not known yet.
"""

# ruff: noqa: S608 - every statement is put together from constants of this file
import ast
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest
import structlog

from bitpesa.cli.client import Client
from bitpesa.kernel.database import quarantine
from bitpesa.payments.documents.operations import TOPIC as FETCHES
from bitpesa.tenants.organisations.model import App
from bitpesa.worker.loops import all_due_work
from tests.house.code import modules
from tests.journeys.collecting import XOF, to_balance
from tests.journeys.world import PERSON, World, ok, open_world

NOT_JSON_OF_OURS = """'{"a": "\\ud800"}'"""
"""PostgreSQL takes it for JSON, and no reader can turn it into text."""
AFTER_EVERY_CALENDAR = "'20000-01-01'"
BEFORE_EVERY_CALENDAR = "'4000-01-01 BC'"


class Tenant(msgspec.Struct, frozen=True):
    """An app with its client."""

    app: App
    client: Client


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of due work: how one row of an app comes due, how it is spoilt, and how it shows that it was done."""

    prepare: Callable[[World, Tenant], Awaitable[None]]
    spoil: tuple[str, ...]
    done: str
    fails: bool = True
    """Whether the spoilt row must be in quarantine; there are spoilt rows that are done all the same."""


async def run(world: World, statement: str, *args: Any) -> None:
    async with world.platform.database.reading() as conn:
        await conn.execute(statement, *args)


async def post_transaction(_world: World, tenant: Tenant, **more: Any) -> dict[str, Any]:
    asked = {"input_currency": "USD", "sender": PERSON, "recipients": [ok("08")], **more}
    answer = await tenant.client.post("/transactions", {"transaction": asked})
    assert answer.status == 201, answer.body
    return answer.object


async def fund(world: World, tenant: Tenant) -> None:
    created = await post_transaction(world, tenant)
    answer = await tenant.client.post("/accounts/debits", {"debit": {"to_id": created["id"], "to_type": "Transaction"}})
    assert answer.status == 201, answer.body


def then(prepare: Callable[[World, Tenant], Awaitable[Any]], *statements: str) -> Any:
    """Prepare, and run statements about the app."""

    async def both(world: World, tenant: Tenant) -> None:
        await prepare(world, tenant)
        for statement in statements:
            await run(world, statement, tenant.app.id)

    return both


async def collect(_world: World, tenant: Tenant) -> None:
    payin = {
        "type": XOF["type"],
        "in_details": {name: value for name, value in XOF.items() if name != "type"},
    }
    asked = {"input_currency": "XOF", "sender": PERSON, "recipients": to_balance(1000), "payin_methods": [payin]}
    answer = await tenant.client.post("/transactions", {"transaction": asked})
    assert answer.status == 201, answer.body


async def nothing(_world: World, _tenant: Tenant) -> None:
    """All that is needed is said in SQL."""


WEBHOOK = (
    "insert into webhooks (app_id, id, api_key_id, sandbox, url, events, after_event, created_at)"
    " select $1, gen_random_uuid(), k.id, false, 'http://127.0.0.1:9/', '{transaction.created}', 0, clock_now($1)"
    " from api_keys k where k.app_id = $1 limit 1"
)
BEGIN_DELIVERIES = (
    "insert into webhook_deliveries (app_id, id, webhook_id, event_seq, subject_id, state, due_at, created_at)"
    " select e.app_id, gen_random_uuid(), w.id, e.seq, e.subject_id, 'waiting', clock_now($1), clock_now($1)"
    " from events e join webhooks w on w.app_id = e.app_id where e.app_id = $1 and e.name = 'transaction.created'"
)
DOCUMENT = (
    "insert into documents (app_id, id, file_name, source, source_url, fetch_due_at, created_at)"
    " values ($1, gen_random_uuid(), 'f', 's', 'http://127.0.0.1:9/', clock_now($1), clock_now($1))"
)


async def write_mail(world: World, tenant: Tenant) -> None:
    """Leave a mail that is to be sent on behalf of the app."""
    statement = (
        "insert into mails (id, recipient, subject, sealed_text, on_behalf_of, due_at)"
        " values (gen_random_uuid(), 'ada@example.com', 's', $2, $1, clock_timestamp())"
    )
    async with world.platform.database.reading() as conn:
        await conn.execute(statement, tenant.app.id, world.platform.vault.seal("Dear Ada"))


KINDS = {
    "payout_attempts": Kind(
        prepare=fund,
        spoil=(
            f"update recipients set details = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update recipients set created_at = {AFTER_EVERY_CALENDAR} where app_id = $1",
            f"update recipients set updated_at = {BEFORE_EVERY_CALENDAR} where app_id = $1",
            "update recipients set attempt_due_at = '-infinity', pending_since = '20000-01-01' where app_id = $1",
        ),
        done="select attempts > 0 from recipients where app_id = $1",
    ),
    "payout_questions": Kind(
        prepare=then(
            fund,
            "update recipients set attempt_id = gen_random_uuid(), attempts = 1, attempt_due_at = null,"
            " ask_due_at = clock_now(app_id) where app_id = $1",
        ),
        spoil=(
            f"update recipients set system_metadata = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update recipients set pending_since = {AFTER_EVERY_CALENDAR} where app_id = $1",
        ),
        done="select coalesce(ask_due_at > clock_now(app_id), true) from recipients where app_id = $1",
    ),
    "refunds": Kind(
        prepare=then(
            fund, "update recipients set attempt_due_at = null, refund_due_at = clock_now(app_id) where app_id = $1"
        ),
        spoil=(
            f"update recipients set metadata = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update transactions set created_at = {AFTER_EVERY_CALENDAR} where app_id = $1",
        ),
        done="select state = 'refunded' from recipients where app_id = $1",
    ),
    "expiry": Kind(
        prepare=then(post_transaction, "update transactions set expires_at = clock_now(app_id) where app_id = $1"),
        spoil=(
            f"update transactions set metadata = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update transactions set updated_at = {BEFORE_EVERY_CALENDAR} where app_id = $1",
            f"update senders set profile = {NOT_JSON_OF_OURS} where app_id = $1",
        ),
        done="select state = 'canceled' from transactions where app_id = $1",
    ),
    "events": Kind(
        prepare=then(post_transaction, WEBHOOK),
        spoil=("update untold_events set seq = seq + 1000000 where app_id = $1",),  # of what never happened
        done="select count(*) > 0 from webhook_deliveries where app_id = $1",
    ),
    "events, a webhook": Kind(
        prepare=then(post_transaction, WEBHOOK),
        spoil=(f"update webhooks set metadata = {NOT_JSON_OF_OURS} where app_id = $1",),
        done="select count(*) > 0 from webhook_deliveries where app_id = $1",
        fails=False,
    ),
    "deliveries": Kind(
        prepare=then(post_transaction, "delete from untold_events where app_id = $1", WEBHOOK, BEGIN_DELIVERIES),
        spoil=(
            f"update webhooks set metadata = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update webhooks set created_at = {AFTER_EVERY_CALENDAR} where app_id = $1",
        ),
        done="select tries > 0 from webhook_deliveries where app_id = $1",
    ),
    "deliveries, an event": Kind(
        prepare=then(post_transaction, "delete from untold_events where app_id = $1", WEBHOOK, BEGIN_DELIVERIES),
        spoil=("""update events set payload = '"upload_file_name":' where app_id = $1""",),
        done="select tries > 0 from webhook_deliveries where app_id = $1",
    ),
    "collection_starts": Kind(
        prepare=collect,
        spoil=(
            f"update payin_methods set in_details = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update payin_methods set created_at = {AFTER_EVERY_CALENDAR} where app_id = $1",
        ),
        done="select attempts > 0 from payin_methods where app_id = $1",
    ),
    "collection_questions": Kind(
        prepare=then(
            collect,
            "update payin_methods set attempt_id = gen_random_uuid(), start_due_at = null,"
            " ask_due_at = clock_now(app_id) where app_id = $1",
        ),
        spoil=(
            f"update payin_methods set out_details = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update transactions set metadata = {NOT_JSON_OF_OURS} where app_id = $1",
        ),
        done="select coalesce(ask_due_at > clock_now(app_id), true) from payin_methods where app_id = $1",
    ),
    FETCHES: Kind(
        prepare=then(nothing, DOCUMENT),
        spoil=(
            f"update documents set metadata = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update documents set created_at = {AFTER_EVERY_CALENDAR} where app_id = $1",
        ),
        done="select fetches > 0 from documents where app_id = $1",
    ),
    "screening": Kind(
        prepare=then(post_transaction, "update senders set screen_due_at = clock_timestamp() where app_id = $1"),
        spoil=(
            f"update senders set profile = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update senders set created_at = {AFTER_EVERY_CALENDAR} where app_id = $1",
            "update senders set state = 'nonsense' where app_id = $1",
        ),
        done="select screen_due_at is null from senders where app_id = $1",
    ),
    "reports": Kind(
        prepare=then(
            nothing,
            "insert into report_schedules (app_id, cadence, next_on, due_at)"
            " select $1, 'daily', (clock_now($1) - interval '2 days')::date, clock_now($1) - interval '1 day'",
        ),
        spoil=("update report_schedules set next_on = '20000-01-01' where app_id = $1",),
        done="select count(*) > 0 from reports where app_id = $1",
        fails=False,  # it lies ahead of its app, as after its clock was moved back: it is set anew
    ),
    "reports, of a new app": Kind(
        prepare=post_transaction,
        spoil=(f"update transactions set created_at = {BEFORE_EVERY_CALENDAR} where app_id = $1",),
        done="select count(*) > 0 from report_schedules where app_id = $1",
        fails=False,
    ),
    "recipient_screening": Kind(
        prepare=then(post_transaction, "update recipients set screen_due_at = clock_timestamp() where app_id = $1"),
        spoil=(
            f"update recipients set details = {NOT_JSON_OF_OURS} where app_id = $1",
            f"update recipients set created_at = {AFTER_EVERY_CALENDAR} where app_id = $1",
            "update recipients set state = 'nonsense' where app_id = $1",
        ),
        done="select screen_due_at is null from recipients where app_id = $1",
    ),
    "mail": Kind(
        prepare=write_mail,
        spoil=("update mails set sealed_text = '\\x00' where on_behalf_of = $1",),
        done="select tries > 0 from mails where on_behalf_of = $1",  # the mailer of this world takes none
        fails=False,
    ),
}
"""By topic; what stands behind a comma is another poison of the same."""

ONLY_DELETES = {
    "old mail",
    "old sessions",
    "old logs",
    "old deliveries",
    "old events",
    "useless nonces",
    "old calls",
    "old counts",
    "old answers",
    "old quarantine",
}
"""What reads nothing that could not be read: `test_what_is_old_is_forgotten_whatever_its_time_says` tries them."""

OTHERWISE_TRIED = {"unclaimed files": "test_a_file_that_cannot_be_removed_keeps_no_other"}


@pytest.fixture
async def world(fresh_database_url: str) -> AsyncIterator[World]:
    """A world whose books nobody looks at in the end: they are spoilt. Drawing what it logs would take seconds."""
    with structlog.testing.capture_logs():
        async with _open(fresh_database_url) as world:
            yield world


@asynccontextmanager
async def _open(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as world:
        await world.client.delete(f"/webhooks/{world.webhook['id']}")
        yield world


async def tenant(world: World) -> Tenant:
    app, client = await world.open_app()
    for amount, code in (("1000", "USD"), ("100000", "XOF")):
        await world.give(amount, code, app)
    return Tenant(app, client)


async def go_live(world: World, each: Tenant) -> None:
    """Have an app be live from now on, in real time. What is live comes to be so another way, and is due alike."""
    await run(world, "update apps set environment = 'live' where id = $1", each.app.id)
    await run(world, "delete from app_clocks where app_id = $1", each.app.id)


async def do(world: World, topic: str, times: int = 6) -> None:
    """Do the due work of a topic as its loop would, which outlives every failure."""
    for work in all_due_work(world.platform, world._hands):
        if work.topic == topic:
            for _ in range(times):
                try:
                    await work.do_batch()
                except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
                    print(f"the loop of {topic} logged {problem!r}")
                await world._hands.finish()


async def is_done(world: World, kind: Kind, each: Tenant) -> bool:
    async with world.platform.database.reading() as conn:
        rows = await conn.fetch(kind.done, each.app.id)
    return bool(rows) and all(row[0] for row in rows)


async def in_quarantine(world: World) -> list[quarantine.Quarantined]:
    async with world.platform.database.reading() as conn:
        return await quarantine.listed(conn)


def test_every_kind_of_due_work_is_tried() -> None:
    tried = {name.split(",")[0] for name in KINDS} | ONLY_DELETES | OTHERWISE_TRIED.keys()

    assert topics_in_code() == tried


def topics_in_code() -> set[str]:
    """The topics of every `DueWork(...)` of the worker, read from its source."""
    (loops,) = (module for module in modules() if module.name == "bitpesa.worker.loops")
    namespace = __import__(loops.name, fromlist=["x"]).__dict__
    calls = [node for node in ast.walk(loops.tree) if isinstance(node, ast.Call)]
    named = [node.args[0] for node in calls if isinstance(node.func, ast.Name) and node.func.id == "DueWork"]
    return {eval(ast.unparse(node), dict(namespace)) for node in named}  # noqa: S307 - a name or a text of our own


CASES = [(name, position) for name, kind in KINDS.items() for position in range(len(kind.spoil))]


@pytest.mark.parametrize(("name", "position"), CASES, ids=[f"{name} {position}" for name, position in CASES])
async def test_a_spoilt_row_fails_alone(world: World, name: str, position: int) -> None:
    kind, topic = KINDS[name], name.split(",", maxsplit=1)[0]
    spoilt, *victims = [await tenant(world) for _ in range(3)]
    for each in (spoilt, *victims):
        await kind.prepare(world, each)
    await go_live(world, victims[-1])
    await run(world, kind.spoil[position], spoilt.app.id)
    await do(world, topic)
    assert [await is_done(world, kind, each) for each in victims] == [True, True]
    left_out = await in_quarantine(world)
    assert {each.app_id for each in left_out} == ({spoilt.app.id} if kind.fails else set())
    assert all(each.retry_at is not None for each in left_out)
    assert {each.failures for each in left_out} <= {1}, "what failed once is counted once"


@pytest.mark.parametrize(
    "spoil",
    [
        "update apps set settings = '{\"kyc_mode\": 5}' where id = $1",
        f"update apps set settings = {NOT_JSON_OF_OURS} where id = $1",
        "update app_clocks set stopped_at = '200000-01-01' where app_id = $1",
        "update app_clocks set stopped_at = '-infinity' where app_id = $1",
        "update api_keys set sealed_secret = '\\x00' where app_id = $1",
        f"update senders set profile = {NOT_JSON_OF_OURS} where app_id = $1",
    ],
)
async def test_callers_that_are_let_in_together_are_not_let_down_together(world: World, spoil: str) -> None:
    """Requests of several apps share a statement and a commit: what is wrong with one is answered to it alone."""
    spoilt, *victims = [await tenant(world) for _ in range(3)]
    for each in (spoilt, *victims):
        await post_transaction(world, each)
    for each in victims:
        await world.run_clock_right(each.app)
    await run(world, spoil, spoilt.app.id)

    async def call(each: Tenant) -> list[int]:
        asked = {"input_currency": "USD", "sender": PERSON, "recipients": [ok("08")]}
        path = "/transactions/create_and_fund"
        answers = [await each.client.get("/accounts/USD")]
        answers += [await each.client.post(path, {"transaction": {**asked, "external_id": f"T-{n}"}}) for n in range(3)]
        return [answer.status for answer in answers]

    _, *got = await asyncio.gather(*(call(each) for each in [spoilt] * 3 + victims * 2), return_exceptions=True)
    for statuses in got[-2 * len(victims) :]:
        assert set(statuses) <= {200, 201, 422}  # 422: the other of the same app was first with an external_id
        assert statuses[0] == 200


async def test_what_is_old_is_forgotten_whatever_its_time_says(world: World) -> None:
    spoilt, victim = await tenant(world), await tenant(world)
    for each in (spoilt, victim):
        await fund(world, each)
        await run(world, WEBHOOK, each.app.id)
        await run(world, BEGIN_DELIVERIES, each.app.id)
    await world.drain()
    await world.write_log()
    aged = {
        "api_logs": "created_at",
        "webhook_logs": "created_at",
        "kept_answers": "created_at",
        "call_counts": "since",
    }
    for table, column in aged.items():
        await run(world, f"update {table} set {column} = clock_now(app_id) - interval '1 year'")
        for moment in ("infinity", "4000-01-01 BC"):
            await run(world, f"update {table} set {column} = '{moment}' where app_id = $1", spoilt.app.id)
            for topic in sorted(ONLY_DELETES):
                for work in all_due_work(world.platform, world._hands):
                    if work.topic == topic:
                        await work.do_batch()
        async with world.platform.database.reading() as conn:
            assert await conn.fetchval(f"select count(*) from {table} where app_id = $1", victim.app.id) == 0, table


async def test_a_file_that_cannot_be_removed_keeps_no_other(world: World) -> None:
    spoilt, victim = await tenant(world), await tenant(world)
    for each in (spoilt, victim):
        await run(
            world,
            "insert into unclaimed_files (app_id, id, kept_at)"
            " values ($1, gen_random_uuid(), clock_timestamp() - interval '1 day')",
            each.app.id,
        )
    shelf = world.platform.files.shelf

    async def remove(app_id: UUID, file_id: UUID) -> None:
        if app_id == spoilt.app.id:
            raise PermissionError(file_id)

    shelf.remove = remove
    await do(world, "unclaimed files", times=1)
    async with world.platform.database.reading() as conn:
        assert [row["app_id"] for row in await conn.fetch("select app_id from unclaimed_files")] == [spoilt.app.id]
    assert [each.app_id for each in await in_quarantine(world)] == [spoilt.app.id]


async def test_a_quiet_app_is_served_in_the_first_claim_beside_a_backlog(world: World) -> None:
    """Also where its neighbour's clock was moved back, so that all of its rows are due at earlier times."""
    noisy, quiet = await tenant(world), await tenant(world)
    for _ in range(40):
        await fund(world, noisy)
    await run(
        world, "update app_clocks set stopped_at = stopped_at - interval '300 days' where app_id = $1", noisy.app.id
    )
    await run(
        world,
        "update recipients set attempt_due_at = attempt_due_at - interval '301 days' where app_id = $1",
        noisy.app.id,
    )
    await fund(world, quiet)
    await world._hands.payer.make_attempts()
    await world._hands.payer.finish()
    async with world.platform.database.reading() as conn:
        assert await conn.fetchval("select attempts from recipients where app_id = $1", quiet.app.id) == 1
        left = await conn.fetchval("select count(*) from recipients where app_id = $1 and attempts = 0", noisy.app.id)
    assert left > 0
