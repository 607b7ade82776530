"""The check finds nothing in a small world where all went well, and each fault that is planted in a copy of it."""

import asyncio
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from experiments.chaos import flows
from experiments.chaos.check import Finding, check, read_promises
from experiments.chaos.flows import FLOWS
from experiments.chaos.journal import Heard, Journal, Operation, read_journal
from experiments.chaos.load import Played
from experiments.chaos.report import work_done
from experiments.chaos.settling import DAY_SECONDS
from tests.conftest import cloned
from tests.experiments.chaos.playing import caller_in
from tests.journeys.world import open_world

HOUR_SECONDS = 3_600
TRIES_OF_THE_DEAF = 6


class Quiet(msgspec.Struct):
    """A database in which everything has come to its end, and what was written down meanwhile."""

    database_url: str
    operations: list[Operation]
    heard: list[Heard]


@pytest.fixture(scope="module")
def quiet(server_url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quiet]:
    directory = tmp_path_factory.mktemp("chaos")
    with cloned(server_url, database_url) as url:
        heard = asyncio.run(_play_everything(url, directory / "journal"))
        yield Quiet(url, read_journal(directory / "journal"), heard)


@pytest.fixture
def copy(server_url: str, quiet: Quiet) -> Iterator[Quiet]:
    with cloned(server_url, quiet.database_url) as url:
        yield Quiet(url, list(quiet.operations), list(quiet.heard))


async def _play_everything(database_url: str, path: Path) -> list[Heard]:
    """Play every flow, those of chance a few times; then let two days pass."""
    journal = Journal(path)
    chance = random.Random(4)
    async with open_world(database_url) as world, caller_in(world, journal) as caller:
        async with world.working():
            for _, flow in FLOWS:
                for _ in range(10 if flow is flows.collect else 2):
                    await flow(caller, chance)
        for seconds in (DAY_SECONDS, *[HOUR_SECONDS] * TRIES_OF_THE_DEAF, DAY_SECONDS):
            await caller.move_clock(seconds)
            await world.drain()
        heard = [_heard(each.headers["webhook-id"], each.content["webhook"], each.body) for each in world.heard()]
    journal.close()
    return heard


def _heard(delivery_id: str, webhook_id: str, body: bytes) -> Heard:
    return Heard(delivery_id, webhook_id, hashlib.sha256(body).hexdigest(), 200)


async def broken(world: Quiet) -> set[str]:
    return {each.sentence for each in await check(world.database_url, world.operations, world.heard) if each.broken}


async def test_an_empty_database_keeps_every_promise(fresh_database_url: str) -> None:
    findings = await check(fresh_database_url, [], [])
    assert [each for each in findings if each.broken] == []


async def test_a_quiet_world_keeps_every_promise_and_has_something_of_everything(quiet: Quiet) -> None:
    findings = await check(quiet.database_url, quiet.operations, quiet.heard)
    assert [each for each in findings if each.broken] == []
    done = {each.kind for each in quiet.operations if each.is_acknowledged}
    assert done == {"create", "create_and_fund", "debit", "cancel", "edit", "payin", "payout", "payment", "clock"}
    assert any(each.status == 422 for each in quiet.operations)
    conn = await asyncpg.connect(quiet.database_url)
    try:
        states = set(await conn.fetchval("select array_agg(distinct state) from webhook_deliveries"))
    finally:
        await conn.close()
    assert states == {"delivered", "dropped"}


SUM, BALANCE, CURRENCY, ZERO, FUNDED, HELD, STATE, TWICE, BANK, BOOKS, COLLECTED, *REST = [
    promise.sentence for promise in read_promises()
]
PAYMENT, DEBIT, CANCELLATION, EDIT, PAYIN, AGAIN, TIME, REFUSED, REPORTED, SENT, RECEIVED, BYTES, QUIET, RELEASED = REST

ORDER = (
    "insert into simulator_orders (app_id, reference, recipient_id, payout_type, currency, amount_minor, code)"
    " select app_id, gen_random_uuid(), id, payout_type, output_currency, output_minor, '0' from recipients"
)
TWIN = (
    "insert into transactions select (jsonb_populate_record(t, jsonb_build_object("
    "'id', gen_random_uuid(), 'external_id', null, 'metadata', jsonb_build_object('mark', {mark})))).*"
    " from transactions t where {where} limit 1"
)
COLLECTION = (
    "insert into simulated_receipts (app_id, reference, payin_method_id, currency, amount_minor, cleared)"
    " select app_id, gen_random_uuid(), payin_method_id, currency, amount_minor, true from simulated_receipts limit 1"
)


def one(table: str, where: str = "true") -> str:
    return f"ctid = (select ctid from {table} where {where} limit 1)"  # noqa: S608 - every piece is written below


def change(table: str, values: str, where: str = "true") -> str:
    return f"update {table} set {values} where {one(table, where)}"  # noqa: S608 - as above


def delete(table: str, where: str = "true") -> str:
    return f"delete from {table} where {one(table, where)}"  # noqa: S608 - as above


FAULTS = [
    (SUM, change("ledger_accounts", "balance = balance + 1", "kind = 'balance'")),
    (BALANCE, "update ledger_accounts set balance = balance + 1 where kind in ('balance', 'bank')"),
    (CURRENCY, change("ledger_postings", "currency = 'EUR'", "currency = 'USD'")),
    (ZERO, change("ledger_accounts", "balance = -1, may_be_overdrawn = true", "kind = 'held'")),
    (FUNDED, delete("ledger_postings", "kind = 'debit'")),
    (FUNDED, change("ledger_postings", "amount = amount - 1", "kind = 'collection'")),
    (FUNDED, change("transactions", "paid_minor = paid_minor + 1", "funded_at is not null")),
    (FUNDED, change("transactions", "funded_at = null", "state = 'paid'")),
    (FUNDED, change("recipients", "input_minor = input_minor + 1", "state = 'refunded'")),
    (HELD, delete("ledger_postings", "kind = 'refund'")),
    (HELD, change("ledger_postings", "kind = 'refund'", "kind = 'settlement'")),
    (HELD, change("recipients", "state = 'error'", "state = 'success'")),
    (STATE, change("transactions", "state = 'received'", "state = 'paid'")),
    (STATE, change("transactions", "state = 'paid'", "state = 'refunded'")),
    (TWICE, f"{ORDER} where state = 'success' limit 1"),
    (BANK, f"{ORDER} where state = 'refunded' limit 1"),
    (BOOKS, "delete from simulator_orders where code = '0'"),
    (BOOKS, "update simulator_orders set amount_minor = amount_minor - 1 where code = '0'"),
    (COLLECTED, delete("payin_receipts")),
    (COLLECTED, change("payin_receipts", "amount_minor = amount_minor + 1")),
    (COLLECTED, delete("simulated_receipts")),
    (PAYMENT, delete("transactions", "funded_at is not null")),
    (PAYMENT, delete("transactions", "funded_at is null")),
    (PAYMENT, delete("recipients", "state = 'success'")),
    (DEBIT, delete("debits", "to_id in (select id from transactions where external_id is null)")),
    (CANCELLATION, "update recipients set state = 'error', cancel_requested_at = null where state = 'refunded'"),
    (EDIT, "update recipients set details = '{}' where state = 'success'"),
    (PAYIN, "update transactions set funded_at = null where funded_by = 'collection'"),
    (PAYIN, "update recipients set state = 'pending' where state = 'success'"),
    (AGAIN, TWIN.format(mark="metadata ->> 'mark'", where="true")),
    (AGAIN, COLLECTION),
    (TIME, "update app_clocks set moved_by = moved_by + interval '60 s'"),
    (TIME, "update app_clocks set moved_by = moved_by - interval '60 s'"),
    (REPORTED, delete("events", "name = 'transaction.paid_out'")),
    (REPORTED, delete("events", "name = 'recipient.refunded'")),
    (REPORTED, change("events", "name = 'transaction.paid_out'", "name = 'transaction.paid_in'")),
    (SENT, delete("webhook_deliveries")),
    (SENT, "insert into untold_events select seq, app_id, name, subject_id from events limit 1"),
    (RECEIVED, change("webhook_deliveries", "tries = 5", "state = 'dropped'")),
    (RECEIVED, change("webhook_deliveries", "state = 'delivered'", "state = 'dropped'")),
    (RECEIVED, change("webhook_deliveries", "state = 'waiting', due_at = now()", "state = 'delivered'")),
    (BYTES, change("events", "payload = payload || ' '", "name = 'transaction.created'")),
    (BYTES, change("webhook_deliveries", "event_seq = -event_seq", "state = 'delivered'")),
    (QUIET, change("recipients", "attempt_due_at = '2020-01-01'")),
    (QUIET, change("transactions", "state = 'approved'", "state = 'canceled'")),
    (
        RELEASED,
        "insert into quarantined_rows (topic, key, app_id, problem) select 'refunds', 'x', id, 'p' from apps limit 1",
    ),
]


@pytest.mark.parametrize(("sentence", "fault"), FAULTS)
async def test_a_planted_fault_is_found(copy: Quiet, sentence: str, fault: str) -> None:
    conn = await asyncpg.connect(copy.database_url)
    try:
        await conn.execute("set session_replication_role = replica")  # behind the back of every rule
        assert (await conn.execute(fault)).rpartition(" ")[2] != "0"
    finally:
        await conn.close()
    assert sentence in await broken(copy)


def test_a_fault_of_every_kind_is_planted() -> None:
    assert {sentence for sentence, _ in FAULTS} | {REFUSED} == {promise.sentence for promise in read_promises()}


async def test_what_was_refused_and_yet_stored_is_found(copy: Quiet) -> None:
    refused = next(each for each in copy.operations if each.kind == "create_and_fund" and each.status == 422)
    conn = await asyncpg.connect(copy.database_url)
    try:
        await conn.execute(TWIN.format(mark=f"'{refused.asked['mark']}'", where="true"))
    finally:
        await conn.close()
    assert REFUSED in await broken(copy)


async def test_a_webhook_that_nobody_received_is_found(copy: Quiet) -> None:
    lost = copy.heard.pop()
    copy.heard = [each for each in copy.heard if each.delivery_id != lost.delivery_id]
    assert await broken(copy) == {RECEIVED}


async def test_a_webhook_that_was_received_and_refused_is_not_delivered(copy: Quiet) -> None:
    copy.heard = [msgspec.structs.replace(each, status=500) for each in copy.heard]
    assert await broken(copy) == {RECEIVED}


async def test_a_webhook_with_another_body_the_second_time_is_found(copy: Quiet) -> None:
    copy.heard.append(msgspec.structs.replace(copy.heard[0], digest="0" * 64))
    assert await broken(copy) == {BYTES}


async def test_a_webhook_that_nobody_sent_is_found(copy: Quiet) -> None:
    copy.heard.append(msgspec.structs.replace(copy.heard[0], delivery_id=str(uuid4())))
    assert await broken(copy) == {BYTES}


async def test_an_acknowledged_payment_that_is_unknown_to_the_database_is_found(copy: Quiet) -> None:
    made = next(each for each in copy.operations if each.kind == "create_and_fund" and each.is_acknowledged)
    copy.operations.append(msgspec.structs.replace(made, answered={**made.answered, "transaction": str(uuid4())}))
    assert PAYMENT in await broken(copy)


@pytest.mark.parametrize(("acknowledged", "completed", "enough"), [(31, 6, True), (30, 6, False), (31, 5, False)])
def test_a_run_that_does_nothing_fails(acknowledged: int, completed: int, enough: bool) -> None:  # noqa: FBT001
    played = Played(begun=50, completed=completed, acknowledged=acknowledged, refused=0, unknown=0)
    assert work_done(10, played) == Finding(
        "real work was done between the kills", 0 if enough else 1, work_done(10, played).examples
    )
