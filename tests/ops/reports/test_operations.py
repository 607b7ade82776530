"""Files are made whole, in pieces, of any size; what falls into a month is told in that month."""

import asyncio
import csv
import io
import tracemalloc
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bitpesa.kernel import clock
from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.ops.reports import operations, queries
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Cadence, read_period
from tests.ops.world import NOW, R, S, World, leg

MARCH = read_period(Cadence.MONTHLY, "2026-03")
TRANSACTION, ACCOUNT = ReportType.TRANSACTION, ReportType.ACCOUNT


@pytest.fixture
async def app(database):
    """An app that lives in March, with 1000 dollars."""
    world = World(database)
    await database.run(at, world.app.id, NOW)
    await world.open()
    return world


async def at(work, app_id, moment):
    await clock.stop(work.conn, app_id, moment)


async def make(world, type_, period=MARCH):
    return await world.database.run(operations.make, world.app.id, type_, period)


async def content_of(world, report):
    return b"".join([content async for content in queries.pieces(world.database, report)])


async def rows_of(world, type_, period=MARCH):
    report = await make(world, type_, period)
    rows = list(csv.DictReader(io.StringIO((await content_of(world, report)).decode(), newline="")))
    assert len(rows) == report.rows
    return rows


async def test_an_empty_report_is_its_first_row(database):
    world = World(database)
    await database.run(at, world.app.id, NOW)
    report = await make(world, TRANSACTION)
    assert (report.rows, report.edition, report.made_at) == (0, 1, NOW)
    assert await content_of(world, report) == (
        b"created_at,id,external_id,send_ref,sender_id,sender_external_id,recipient_id,payout_type,state,input_amount,"
        b"input_currency,output_amount,output_currency,exchange_rate,fee,funded_at,closed_at,state_reason_code,settled_by\r\n"
    )


async def test_amounts_have_the_places_of_their_currency_and_rates_are_plain(app):
    bitcoin = leg(R.SUCCESS, 3, output=Money(1, "BTC"), requested=Money(1, "BTC"), fee_minor=1, result_code="0")
    await app.payment(S.PAID, bitcoin, closed_at=NOW)
    (row,) = await rows_of(app, TRANSACTION)
    told = [row[name] for name in ("input_amount", "output_amount", "exchange_rate", "fee", "state_reason_code")]
    assert told == ["0.03", "0.00000001", "0.000000333333333333333", "0.01", "0"]


async def test_an_app_is_told_of_nothing_but_its_own(world):
    other = World(world.database)
    await other.open()
    await other.payment(S.PAID, leg(R.SUCCESS))
    await world.database.run(at, world.app.id, NOW)
    rows = await rows_of(world, TRANSACTION)
    async with world.database.reading() as conn:
        own = await conn.fetch("select id from recipients where app_id = $1", world.app.id)
    assert {row["recipient_id"] for row in rows} == {str(row["id"]) for row in own}


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 2, 28, 23, 59, 59, 999_000, UTC), "2026-02"),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03"),
        (datetime(2026, 3, 31, 23, 59, 59, 999_000, UTC), "2026-03"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026-04"),
    ],
)
async def test_a_month_begins_with_its_first_millisecond_and_ends_with_its_last(database, moment, told):
    world = World(database)
    await database.run(at, world.app.id, moment)
    await world.open()
    await world.payment(
        S.CANCELED, leg(R.CANCELED, left_before_funding=True), funded_by=None, created_at=moment, closed_at=moment,
        expires_at=moment + timedelta(hours=1),
    )  # fmt: skip
    await database.run(at, world.app.id, datetime(2026, 5, 1, tzinfo=UTC))
    for name in ("2026-02", "2026-03", "2026-04"):
        period = read_period(Cadence.MONTHLY, name)
        assert len(await rows_of(world, TRANSACTION, period)) == (1 if name == told else 0)
        kinds = [row["kind"] for row in await rows_of(world, ACCOUNT, period)]
        assert kinds == (["deposit", "failed"] if name == told else [])


async def test_entries_sum_to_the_balance_that_each_leaves(world):
    async with world.database.reading() as conn:
        day = await conn.fetchval("select max(app_time) from ledger_postings where app_id = $1", world.app.id)
    rows = await rows_of(world, ACCOUNT, read_period(Cadence.MONTHLY, f"{day:%Y-%m}"))
    balances: dict[str, Decimal] = {}
    for row in rows:
        code = row["currency"]
        balances[code] = balances.get(code, Decimal(0)) + Decimal(row["amount"])
        assert Decimal(row["running_balance"]) == balances[code]
    assert {row["kind"] for row in rows} == {"deposit", "debit", "refund"}
    assert all(row["transaction_id"] for row in rows if row["kind"] != "deposit")


async def test_a_failed_transaction_finds_the_balance_as_it_was_left_before_the_month(app):
    april = datetime(2026, 4, 2, tzinfo=UTC)
    await app.database.run(at, app.app.id, april)
    gone = {"funded_by": None, "created_at": april, "expires_at": april + timedelta(hours=1)}
    left = leg(R.CANCELED, left_before_funding=True)
    await app.payment(S.CANCELED, left, closed_at=april, **gone)
    await app.payment(S.APPROVED, leg(R.INITIAL), **gone)
    euros = leg(R.CANCELED, left_before_funding=True, input=Money(500, "EUR"))
    await app.payment(S.CANCELED, euros, **{**gone, "closed_at": april + timedelta(minutes=59)})
    period = read_period(Cadence.MONTHLY, "2026-04")
    assert [(row["kind"], row["currency"], row["running_balance"]) for row in await rows_of(app, ACCOUNT, period)] == [
        ("failed", "USD", "1000.00"),
        ("failed", "EUR", "0.00"),
    ]
    await app.database.run(at, app.app.id, april + timedelta(hours=1))
    await app.database.run(accounts.deposit, app.app.id, Money(1, "USD"))
    told = [(row["kind"], row["amount"], row["running_balance"]) for row in await rows_of(app, ACCOUNT, period)]
    assert told[2:] == [("deposit", "0.01", "1000.01"), ("failed", "0.00", "1000.01")]


async def test_a_transaction_that_nobody_swept_up_yet_is_told_as_cancelled(app):
    await app.payment(S.APPROVED, leg(R.INITIAL), funded_by=None)
    ((before),) = await rows_of(app, TRANSACTION)
    assert (before["state"], before["closed_at"]) == ("initial", "")
    await app.database.run(at, app.app.id, NOW + timedelta(hours=1))
    ((after),) = await rows_of(app, TRANSACTION)
    assert (after["state"], after["closed_at"]) == ("canceled", "2026-03-02T10:00:00.000Z")


async def test_a_payout_to_a_balance_comes_in_as_a_deposit(app):
    await app.payment(S.PAID, leg(R.SUCCESS, payout_type="NGN::Balance"), external_id="own")
    (row,) = [row for row in await rows_of(app, ACCOUNT) if row["currency"] == "NGN"]
    assert (row["kind"], row["external_id"], row["amount"]) == ("deposit", "own", "388000")


async def test_a_future_period_is_refused(app):
    with pytest.raises(Invalid):
        await make(app, ACCOUNT, MARCH.following)


# -- pieces and editions


async def add_transactions(world, many):
    """Many transactions with large metadata, written at once."""
    async with world.database.work() as work:
        await work.conn.execute(
            "with new as ("
            "    insert into transactions (app_id, id, sender_id, state, input_currency, input_minor, payin_reference,"
            "        auto_refund, account_validation, metadata, created_at, updated_at, expires_at)"
            "    select $1, gen_random_uuid(), $2, 'approved', 'USD', 1000, '1', true, false,"
            "        json_build_object('sendRef', repeat('s', 1000), 'more', repeat('m', 9000)), $3, $3, $3"
            "    from generate_series(1, $4) returning *)"
            " insert into recipients (app_id, id, transaction_id, position, type, state, requested_minor,"
            "    requested_currency, input_minor, input_currency, output_minor, output_currency, fee_minor,"
            "    input_usd_minor, rate, payout_method_id, payout_type, details, created_at, updated_at)"
            " select app_id, gen_random_uuid(), id, 0, 'person', 'initial', 1, 'NGN', 1000, 'USD', 1, 'NGN', 0, 1, 1,"
            "    gen_random_uuid(), 'NGN::Bank', '{}', created_at, created_at from new",
            world.app.id, world.sender_id, NOW, many,
        )  # fmt: skip


async def test_a_large_report_is_made_and_read_in_pieces_and_in_memory_that_does_not_grow(app):
    peaks = []
    for more in (500, 2500):
        await add_transactions(app, more)
        tracemalloc.start()
        report = await make(app, TRANSACTION)
        sizes = [len(content) async for content in queries.pieces(app.database, report)]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert sum(sizes) == report.size_bytes > report.rows * 1000
        assert max(sizes) < operations.PIECE_BYTES * 1.1
    assert (report.rows, len(sizes)) == (3000, 14)
    assert peaks[1] < peaks[0] * 1.5


async def test_a_file_that_is_made_again_takes_the_place_of_the_first(app):
    first = await make(app, TRANSACTION)
    await app.payment(S.PAID, leg(R.SUCCESS))
    second = await make(app, TRANSACTION)
    assert (first.edition, first.rows, second.edition, second.rows) == (1, 0, 2, 1)
    async with app.database.reading() as conn:
        assert await conn.fetchval("select count(*) from report_pieces") == 1
        assert [path.period for path in await queries.list_paths(conn, app.app)] == [MARCH]
    with pytest.raises(queries.ReplacedMeanwhile):
        await content_of(app, first)


async def test_a_reader_never_gets_pieces_of_two_editions(app):
    await add_transactions(app, 600)
    report = await make(app, TRANSACTION)
    async with aclosing(queries.pieces(app.database, report)) as pieces:
        await anext(pieces)
        await make(app, TRANSACTION)
        with pytest.raises(queries.ReplacedMeanwhile):
            await anext(pieces)


async def test_makers_of_the_same_file_take_turns(app):
    await add_transactions(app, 300)
    reports = await asyncio.gather(*(make(app, TRANSACTION) for _ in range(4)))
    assert sorted(report.edition for report in reports) == [1, 2, 3, 4]
    last = max(reports, key=lambda report: report.edition)
    assert len(await content_of(app, last)) == last.size_bytes
    async with app.database.reading() as conn:
        assert await conn.fetchval("select sum(length(content)) from report_pieces") == last.size_bytes


async def test_a_file_that_cannot_be_finished_leaves_the_one_there_was(app):
    report = await make(app, TRANSACTION)
    await app.payment(S.PAID, leg(R.SUCCESS, output=Money(1, "XXX")))
    with pytest.raises(LookupError):
        await make(app, TRANSACTION)
    assert len(await content_of(app, report)) == report.size_bytes
