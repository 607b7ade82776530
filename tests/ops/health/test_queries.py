"""Every finding on a real PostgreSQL: the condition is made, and seen."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from bitpesa.ops.health.model import Finding, HealthReport, Limits
from bitpesa.ops.health.queries import examine
from bitpesa.schema.migrate import migrate, migrations, newest_step
from tests.cli.processes import bitpesa
from tests.conftest import cloned

AT_ONCE = timedelta(0)

NEEDED = {
    "shared_preload_libraries": "pg_stat_statements",
    "max_prepared_transactions": "2",
    "wal_level": "logical",
    "max_wal_senders": "2",
    "max_connections": "50",
}
APP, ID = uuid4(), uuid4()


@pytest.fixture(scope="module")
def whole_server() -> Iterator[str]:
    """A server as in production, on which conditions can be made that the tests' usual one cannot have."""
    from bitpesa.embedded_postgres import start_server

    with (
        tempfile.TemporaryDirectory(prefix="bitpesa-health-") as data,
        start_server(Path(data), settings=NEEDED) as server,
    ):
        asyncio.run(migrate(server.dsn))
        yield server.dsn


@pytest.fixture
def url(whole_server: str) -> Iterator[str]:
    with cloned(whole_server, whole_server) as url:
        yield url


@asynccontextmanager
async def connected(url: str, **settings: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(url, server_settings=settings)
    try:
        yield conn
    finally:
        await conn.close()


async def look(url: str, clock_off: timedelta = AT_ONCE, **limits: Any) -> HealthReport:
    async with connected(url) as conn:
        return await examine(conn, lambda: datetime.now(UTC) - clock_off, Limits(**limits))


async def seen(url: str, check: str, about: str, **how: Any) -> Finding:
    """The one finding of this check about this, which was not there before its condition was made."""
    findings = [each for each in (await look(url, **how)).findings if (each.check, each.about) == (check, about)]
    assert len(findings) == 1, findings
    return findings[0]


async def unseen(url: str, check: str, about: str, **how: Any) -> None:
    assert [each for each in (await look(url, **how)).findings if (each.check, each.about) == (check, about)] == []


async def test_a_new_database_needs_nobody_and_its_notes_say_what_to_install(url: str) -> None:
    report = await look(url)
    assert not report.needs_a_person
    assert {finding.about for finding in report.findings} <= {"not looked at", "data_checksums"}
    assert "create extension pg_stat_statements" in (await seen(url, "statements", "not looked at")).advice
    assert "create extension pgstattuple" in (await seen(url, "bloat", "not looked at")).advice
    assert (report.schema_step, report.size_bytes > 0) == (newest_step(), True)


@pytest.mark.parametrize(("name", "value"), [("synchronous_commit", "off"), ("synchronous_commit", "local")])
async def test_commits_that_do_not_wait_are_seen_where_the_database_sets_them(url: str, name: str, value: str) -> None:
    await unseen(url, "settings", name)
    async with connected(url) as conn:
        database = await conn.fetchval("select current_database()")
        await conn.execute(f'alter database "{database}" set {name} = {value}')
    assert (await seen(url, "settings", name)).said == f"is {value}"


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "autovacuum", "track_counts"])
async def test_a_server_that_may_lose_everything_is_seen(name: str, tmp_path: Path) -> None:
    from bitpesa.embedded_postgres import start_server

    with start_server(tmp_path / "data", settings={name: "off"}) as server:
        await migrate(server.dsn)
        assert (await seen(server.dsn, "settings", name)).weight.value == "act"
        assert (await look(server.dsn)).needs_a_person


async def test_damage_that_is_passed_over_is_seen(url: str) -> None:
    async with connected(url) as conn:
        database = await conn.fetchval("select current_database()")
        for name in ("zero_damaged_pages", "ignore_checksum_failure"):
            await conn.execute(f'alter database "{database}" set {name} = on')
    for name in ("zero_damaged_pages", "ignore_checksum_failure"):
        assert (await seen(url, "settings", name)).said == "is on"


async def test_a_schema_of_another_release_is_seen_and_what_can_be_is_looked_at_all_the_same(url: str) -> None:
    last = migrations()[-1]
    async with connected(url) as conn:
        await conn.execute("insert into schema_steps (number, name) values (9999, 'later')")
        assert f"step 9999, this release is made for {last.number}" in (await seen(url, "schema", "version")).said
        await conn.execute("delete from schema_steps where number >= $1", last.number)
        assert (await seen(url, "schema", "version")).advice.startswith("bitpesa migrate")
        await conn.execute("drop table schema_steps")
        await conn.execute("drop table webhook_deliveries")
        assert "at step 0" in (await seen(url, "schema", "version")).said


async def test_a_clock_that_is_wrong_is_seen(url: str) -> None:
    about = "the database's clock"
    await unseen(url, "clock", about)
    assert (await seen(url, "clock", about, clock_off=timedelta(seconds=9))).said.startswith("9.0 s ahead of")
    assert (await seen(url, "clock", about, clock_off=timedelta(seconds=-9))).said.startswith("9.0 s behind")


async def make_app(conn: asyncpg.Connection, environment: str = "sandbox") -> None:
    await conn.execute("insert into organisations (id, name) values ($1, 'Acme')", APP)
    await conn.execute("insert into apps (id, organisation_id, environment) values ($1, $1, $2)", APP, environment)


async def test_a_live_app_in_another_time_is_seen(url: str) -> None:
    async with connected(url) as conn:
        await make_app(conn, "live")
        await unseen(url, "clock", "app clocks")
        await conn.execute("insert into app_clocks (app_id, moved_by) values ($1, '-1 h')", APP)
    assert (await seen(url, "clock", "app clocks")).weight.value == "act"


async def test_a_sandbox_app_far_ahead_is_seen(url: str) -> None:
    async with connected(url) as conn:
        await make_app(conn)
        await conn.execute("insert into app_clocks (app_id, moved_by) values ($1, '1 day')", APP)
        await unseen(url, "clock", "app clocks")
        await conn.execute("update app_clocks set moved_by = '30 days'")
    assert "30 days ahead" in (await seen(url, "clock", "app clocks")).said


ROWS = {
    "event": "insert into events (app_id, id, name, object_type, object_id, subject_id, payload, created_at)"
    " values ({app}, {id}, 'x', 'y', {id}, {id}, '', {then})",
    "untold": "insert into untold_events select seq, app_id, name, subject_id from events",
    "webhook": "insert into webhooks (app_id, id, api_key_id, sandbox, url, events, after_event, created_at)"
    " values ({app}, {id}, {id}, true, 'u', '{{}}', 0, {then})",
    "delivery": "insert into webhook_deliveries"
    " (app_id, id, webhook_id, event_seq, subject_id, state, due_at, created_at)"
    " select app_id, id, id, seq, id, 'waiting', {then}, {then} from events",
    "document": "insert into documents (app_id, id, file_name, source, source_url, fetch_due_at, created_at)"
    " values ({app}, {id}, 'f', 's', 'u', {then}, {then})",
    "schedule": "insert into report_schedules (app_id, cadence, next_on, due_at)"
    " values ({app}, 'daily', '2026-01-01', {then})",
    "sender": "insert into senders (app_id, id, type, state, profile, created_at, updated_at)"
    " values ({app}, {id}, 'person', 'initial', '{{}}', {then}, {then})",
    "transaction": "insert into transactions (app_id, id, sender_id, state, input_currency, input_minor,"
    " payin_reference, auto_refund, account_validation, created_at, updated_at, expires_at)"
    " values ({app}, {id}, {id}, 'approved', 'USD', 1, 'r', false, false, {then}, {then}, {then})",
    "recipient": "insert into recipients (app_id, id, transaction_id, position, type, state, requested_minor,"
    " requested_currency, input_minor, input_currency, output_minor, output_currency, fee_minor, input_usd_minor, rate,"
    " payout_method_id, payout_type, details, created_at, updated_at)"
    " values ({app}, {id}, {id}, 0, 'person', 'initial', 1, 'NGN', 1, 'USD', 1, 'NGN', 0, 1, 1, {id}, 'NGN::Bank',"
    " '{{}}', {then}, {then})",
    "payin": "insert into payin_methods (app_id, id, transaction_id, type, state, created_at, updated_at)"
    " values ({app}, {id}, {id}, 'T', 'pending', {then}, {then})",
}

PAYOUT = ("sender", "transaction", "recipient")
COLLECTION = ("sender", "transaction", "payin")

DUE = {
    "events": ("event", "untold"),
    "expiry": ("sender", "transaction"),
    "payout_attempts": (*PAYOUT, "update recipients set attempt_due_at = {then}"),
    "payout_questions": (*PAYOUT, "update recipients set ask_due_at = {then}, attempt_id = {id}"),
    "refunds": (*PAYOUT, "update recipients set refund_due_at = {then}"),
    "screening": ("sender", "update senders set screen_due_at = {then}"),
    "document_fetches": ("document",),
    "reports": ("schedule",),
    "collection_starts": (*COLLECTION, "update payin_methods set start_due_at = {then}"),
    "collection_questions": (*COLLECTION, "update payin_methods set ask_due_at = {then}, attempt_id = {id}"),
    "deliveries": ("event", "webhook", "delivery"),
}


def written(statement: str, seconds: int) -> str:
    known = {"app": f"'{APP}'", "id": f"'{ID}'", "then": f"(clock_timestamp() - interval '{seconds} s')"}
    return ROWS.get(statement, statement).format(**known)


@pytest.mark.parametrize("topic", DUE)
async def test_due_work_that_nobody_does_is_seen_by_topic(url: str, topic: str) -> None:
    await unseen(url, "queues", topic)
    async with connected(url) as conn:
        for statement in DUE[topic]:
            await conn.execute(written(statement, 400))
    finding = await seen(url, "queues", topic)
    assert (finding.weight.value, finding.said) == ("act", "1 due, the oldest for 7 min")
    assert (await seen(url, "queues", topic, queue_act_seconds=1000)).weight.value == "note"


async def test_work_is_late_by_the_clock_of_its_app(url: str) -> None:
    async with connected(url) as conn:
        for statement in DUE["reports"]:
            await conn.execute(written(statement, 400))
        await conn.execute("insert into app_clocks (app_id, moved_by) values ($1, '-1 h')", APP)
    await unseen(url, "queues", "reports")


async def test_dead_rows_that_nobody_cleans_away_are_seen(url: str) -> None:
    async with connected(url) as conn:
        await conn.execute("alter table webhook_logs set (autovacuum_enabled = off)")
        await conn.execute(
            "insert into webhook_logs select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'm', '{}', now()"
            " from generate_series(1, 500)"
        )
        await conn.execute("update webhook_logs set message = 'n'")
        await conn.execute("select pg_stat_force_next_flush()")
    findings = [each for each in (await look(url, dead_rows=500)).findings if each.about == "webhook_logs"]
    assert [each.said for each in findings] == ["is not vacuumed by itself", "500 dead rows beside 500 live ones"]


async def test_files_that_hold_little_are_seen_once_pgstattuple_is_there(url: str) -> None:
    async with connected(url) as conn:
        await conn.execute("create schema tools; create extension pgstattuple schema tools")
        await conn.execute(
            "insert into webhook_logs select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'm', '{}', now()"
            " from generate_series(1, 2000)"
        )
        await unseen(url, "bloat", "webhook_logs", wasted_bytes=8192)
        await conn.execute("delete from webhook_logs")
    await unseen(url, "bloat", "not looked at")
    assert "hold nothing" in (await seen(url, "bloat", "webhook_logs", wasted_bytes=8192)).said


async def test_slow_statements_are_seen_once_they_are_counted(url: str) -> None:
    async with connected(url) as conn:
        await conn.execute("create extension pg_stat_statements")
        await conn.fetch("select 'slow one', pg_sleep(0.002)")
    await unseen(url, "statements", "not looked at")
    finding = await seen(url, "statements", "select $1, pg_sleep($2)", slow_milliseconds=1, slow_calls=1)
    assert finding.said.endswith("in 1 calls")


async def test_a_library_that_was_not_loaded_is_told_of(tmp_path: Path) -> None:
    from bitpesa.embedded_postgres import start_server

    with start_server(tmp_path / "data") as server:
        await migrate(server.dsn)
        async with connected(server.dsn) as conn:
            await conn.execute("create extension pg_stat_statements")
        assert "shared_preload_libraries" in (await seen(server.dsn, "statements", "not looked at")).advice


async def test_an_index_that_could_not_be_built_is_seen(url: str) -> None:
    async with connected(url) as conn:
        await conn.execute(
            "insert into organisations (id, name) values (gen_random_uuid(), 'a'), (gen_random_uuid(), 'a')"
        )
        with pytest.raises(asyncpg.UniqueViolationError):
            await conn.execute("create unique index concurrently half_built on organisations (name)")
    assert (await seen(url, "indexes", "half_built")).weight.value == "act"


async def test_an_index_that_somebody_dropped_is_seen(url: str) -> None:
    await unseen(url, "indexes", "recipients_to_attempt")
    async with connected(url) as conn:
        await conn.execute("drop index recipients_to_attempt")
    assert (await seen(url, "indexes", "recipients_to_attempt")).said == "is missing"


async def test_an_index_that_nobody_reads_is_seen_when_it_is_large(url: str) -> None:
    await unseen(url, "indexes", "webhook_logs_newest_first")
    assert "never read" in (await seen(url, "indexes", "webhook_logs_newest_first", unused_bytes=8192)).said


async def test_a_table_that_is_read_from_end_to_end_is_seen(url: str) -> None:
    async with connected(url) as conn:
        await conn.execute("insert into organisations select gen_random_uuid(), 'a' from generate_series(1, 200)")
        for _ in range(3):
            await conn.fetch("select * from organisations where name = 'b'")
        await conn.execute("select pg_stat_force_next_flush()")
    finding = await seen(url, "indexes", "organisations", scans=3, scanned_rows=200)
    assert finding.said == "was read from end to end 3 times, 200 rows each time"


async def test_transactions_that_stay_open_are_seen(url: str) -> None:
    async with connected(url, application_name="forgetful") as conn:
        pid = conn.get_server_pid()
        async with conn.transaction():
            await conn.execute("select 'here I am'")
            asleep = await seen(url, "transactions", f"forgetful, pid {pid}", idle_in_transaction_seconds=0)
            assert "does nothing" in asleep.said
            assert asleep.advice == f"select pg_terminate_backend({pid})"
            long = await seen(url, "transactions", f"forgetful, pid {pid}", transaction_seconds=0)
            assert "here I am" in long.said
        await unseen(url, "transactions", f"forgetful, pid {pid}", transaction_seconds=0)


async def test_a_transaction_that_was_prepared_and_forgotten_is_seen(url: str) -> None:
    async with connected(url) as conn:
        await conn.execute("begin")
        await conn.execute("select pg_current_xact_id()")
        await conn.execute("prepare transaction 'half done'")
        owner = await conn.fetchval("select current_user")
        try:
            finding = await seen(url, "transactions", f"half done of {owner}", prepared_seconds=0)
            assert "rollback prepared 'half done'" in finding.advice
        finally:
            await conn.execute("rollback prepared 'half done'")


async def test_a_role_that_is_not_shown_others_is_told_so(url: str) -> None:
    async with connected(url) as conn:
        role = f"limited_{uuid4().hex}"
        await conn.execute(f'create role "{role}"')
        await conn.execute(f'grant select on all tables in schema public to "{role}"; set role "{role}"')
        report = await examine(conn, lambda: datetime.now(UTC))
        await conn.execute(f'reset role; drop owned by "{role}"; drop role "{role}"')
    told = [each.advice for each in report.findings if (each.check, each.about) == ("transactions", "not looked at")]
    assert told == ["grant pg_read_all_stats to this role"]


async def test_old_rows_that_were_never_frozen_are_seen(url: str) -> None:
    async with connected(url) as conn:
        for _ in range(3):
            await conn.execute("select pg_current_xact_id()")
    await unseen(url, "wraparound", "oldest unfrozen row")
    assert (await seen(url, "wraparound", "oldest unfrozen row", xid_note_age=2)).weight.value == "note"
    assert (await seen(url, "wraparound", "oldest unfrozen row", xid_act_age=2)).weight.value == "act"


async def test_connections_that_run_out_are_seen(url: str) -> None:
    await unseen(url, "server", "connections")
    assert (await seen(url, "server", "connections", connections_share=0.0)).said.endswith("of 50 are taken")


async def test_a_replication_slot_that_nobody_reads_is_seen(url: str) -> None:
    async with connected(url) as conn:
        await conn.execute("select pg_create_physical_replication_slot('left_behind', true)")
        try:
            about = "replication slot left_behind"
            assert (await seen(url, "server", about)).weight.value == "note"
            assert (await seen(url, "server", about, slot_bytes=-1)).weight.value == "act"
        finally:
            await conn.execute("select pg_drop_replication_slot('left_behind')")


async def test_the_command_ends_with_1_when_a_person_is_needed_and_with_0_otherwise(url: str) -> None:
    well = await bitpesa("doctor", "--database-url", url)
    assert (well.status, "Nothing needs a person" in well.output, well.complaints) == (0, True, "")
    async with connected(url) as conn:
        await conn.execute("drop index recipients_to_attempt")
    ill = await bitpesa("doctor", "--database-url", url)
    assert ill.status == 1
    assert "ACT   indexes: recipients_to_attempt: is missing" in ill.output
    assert "1 of these need a person." in ill.output
    as_json = await bitpesa("doctor", "--database-url", url, "--json")
    assert (as_json.status, '"about":"recipients_to_attempt"' in as_json.output) == (1, True)


async def test_rows_in_quarantine_are_seen_and_what_waits_for_staff_needs_a_person(url: str) -> None:
    await unseen(url, "quarantine", "expiry")
    async with connected(url) as conn:
        await conn.execute(
            "insert into quarantined_rows (topic, key, app_id, problem, retry_at)"
            " values ('expiry', 'x', $1, 'p', clock_timestamp() + interval '1 h')",
            APP,
        )
    assert (await seen(url, "quarantine", "expiry")).weight.value == "note"
    async with connected(url) as conn:
        await conn.execute("update quarantined_rows set retry_at = null")
    assert (await seen(url, "quarantine", "expiry")).weight.value == "act"


async def test_a_moment_that_no_calendar_has_breaks_no_look(url: str) -> None:
    async with connected(url) as conn:
        for statement in dict.fromkeys(each for kind in DUE.values() for each in kind):
            await conn.execute(written(statement, 400))
        for table, column in (
            ("recipients", "refund_due_at"),
            ("transactions", "expires_at"),
            ("senders", "screen_due_at"),
        ):
            await conn.execute(f"update {table} set {column} = '-infinity'")  # noqa: S608 - tables of ours
        await conn.execute("update webhook_deliveries set due_at = '4000-01-01 BC'")
        await conn.execute("insert into app_clocks (app_id, stopped_at) values ($1, '200000-01-01')", APP)
    assert (await look(url)).schema_step == newest_step()
