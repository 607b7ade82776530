"""Scenario 40: reports of a month are there after its end, and links to them work for ten minutes."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from bitpesa.cli.client import Client
from bitpesa.kernel import clock
from bitpesa.ops.reports import operations as reports
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Cadence, read_period
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import App
from tests.journeys.world import BEGINNING, World, ok

APRIL_REPORTED = datetime(2026, 4, 1, 2, tzinfo=UTC)
UNAUTHORIZED = {"status": 401, "error": "Unauthorized"}
NOT_FOUND = {"status": 404, "error": "Not Found"}


@asynccontextmanager
async def at_root(client: Client) -> AsyncIterator[Client]:
    """The same app, called as the host `report-engine.*` is: without `/v1`."""
    async with Client(client.base_url.removesuffix("/v1"), client.key, client._secret) as root:
        yield root


async def available(client: Client, query: str = "") -> list[str]:
    answer = await client.get(f"/reports{query}")
    assert answer.status == 200, answer.body
    assert list(answer.body) == ["available_reports"]
    paths: list[str] = answer.body["available_reports"]
    return paths


async def link_to(client: Client, path: str) -> str:
    answer = await client.post("/authenticated_url", {"path": path})
    assert answer.status == 200, answer.body
    assert list(answer.body) == ["authenticated_url"]
    link: str = answer.body["authenticated_url"]
    return link


async def fetch(link: str, method: str = "GET") -> tuple[int, bytes, Any]:
    """Open a link as a browser would: no header of ours is sent."""
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.request(method, URL(link, encoded=True), allow_redirects=False) as answer,
    ):
        return answer.status, await answer.read(), answer.headers


async def rows_of(client: Client, path: str) -> list[dict[str, str]]:
    status, content, _ = await fetch(await link_to(client, path))
    assert status == 200
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


async def stop_clock(world: World, app: App, at: datetime) -> None:
    async def stop(work: Any) -> None:
        await clock.stop(work.conn, app.id, at)

    await world.platform.database.run(stop)


async def reach(world: World, at: datetime) -> None:
    """Move app A's clock to a moment, and do everything that is due then."""
    await stop_clock(world, world.app, at)
    await world.drain()


def monthly(paths: list[str]) -> list[str]:
    return [path for path in paths if "/monthly/" in path]


async def test_files_appear_at_two_in_the_morning_of_the_next_month_and_not_before(world: World) -> None:
    await world.funded(ok("00"))
    await reach(world, datetime(2026, 4, 1, 1, 59, 59, 999_000, UTC))
    assert monthly(await available(world.client)) == []
    await reach(world, APRIL_REPORTED)
    folder = f"test/{world.app.id}/monthly"
    both = [f"{folder}/account_report_2026-03.csv", f"{folder}/transaction_report_2026-03.csv"]
    assert monthly(await available(world.client)) == both

    await reach(world, datetime(2026, 6, 1, 2, tzinfo=UTC))
    assert monthly(await available(world.client, "?type=transaction")) == [
        f"{folder}/transaction_report_2026-{month:02}.csv" for month in (3, 4, 5)
    ]


async def test_a_daily_account_report_is_kept_of_each_day(world: World) -> None:
    await world.funded(ok("00"))
    await reach(world, datetime(2026, 3, 4, 2, tzinfo=UTC))
    folder = f"test/{world.app.id}/daily"
    days = [f"{folder}/account_report_2026-03-02.csv", f"{folder}/account_report_2026-03-03.csv"]
    assert await available(world.client) == days
    assert [row["amount"] for row in await rows_of(world.client, days[0]) if row["kind"] == "debit"] == ["-25.00"]
    assert await rows_of(world.client, days[1]) == []


async def test_an_app_finds_its_own_files_of_its_own_environment(world: World) -> None:
    app_b, b = await world.open_app()
    live_app, live = await world.open_app("live")
    await stop_clock(world, live_app, BEGINNING)
    await world.drain()
    for app in (world.app, app_b, live_app):
        await stop_clock(world, app, APRIL_REPORTED)
    await world.drain()

    for client, app, name, other in (
        (world.client, world.app, "test", "live"),
        (b, app_b, "test", "live"),
        (live, live_app, "live", "test"),
    ):
        (path,) = monthly(await available(client, f"?type=transaction&environment={name}"))
        assert path == f"{name}/{app.id}/monthly/transaction_report_2026-03.csv"
        assert await available(client, f"?environment={other}") == []
        async with at_root(client) as root:
            assert await available(root) == await available(client)
            assert (await fetch(await link_to(root, path)))[0] == 200
        assert (await link_to(client, path)).startswith(client.base_url.removesuffix("v1"))

    foreign = f"test/{app_b.id}/monthly/transaction_report_2026-03.csv"
    for path in (
        foreign,
        foreign.replace("test", "live"),
        f"live/{world.app.id}/monthly/transaction_report_2026-03.csv",
        f"test/{world.app.id}/monthly/transaction_report_2026-04.csv",
        f"test/{world.app.id}/monthly/../monthly/transaction_report_2026-03.csv",
        "",
        "/etc/passwd",
    ):
        answer = await world.client.post("/authenticated_url", {"path": path})
        assert (answer.status, answer.body) == (404, NOT_FOUND)


async def test_the_query_is_part_of_what_is_signed(world: World) -> None:
    async with at_root(world.client) as root:
        url = f"{root.base_url}/reports"
        for signed, sent in ((url, f"{url}?type=transaction"), (f"{url}?type=transaction", f"{url}?type=account")):
            headers = root.signed("GET", signed, b"")
            async with root._session.get(URL(sent, encoded=True), headers=headers) as answer:
                assert (answer.status, await answer.json()) == (401, UNAUTHORIZED)
        assert (await root.get("/reports?type=transaction&environment=test")).status == 200
        async with root._session.get(url) as answer:
            assert (answer.status, await answer.json()) == (401, UNAUTHORIZED)


async def test_what_makes_no_sense_is_refused(world: World) -> None:
    for query in ("?type=transactions", "?environment=sandbox", "?type=account&environment=Live"):
        assert (await world.client.get(f"/reports{query}")).status == 400
    for content in (None, [], {}, {"path": None}, {"path": 7}):
        assert (await world.client.post("/authenticated_url", content)).status == 400


async def test_a_link_works_for_ten_minutes(world: World) -> None:
    await world.drain()
    await reach(world, APRIL_REPORTED)
    path = f"test/{world.app.id}/monthly/account_report_2026-03.csv"
    link = await link_to(world.client, path)
    status, content, headers = await fetch(link)
    assert status == 200
    assert content.startswith(b"date,currency,entry_id,kind,transaction_id,external_id,amount,running_balance\r\n")
    assert headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert headers["Content-Disposition"] == 'attachment; filename="account_report_2026-03.csv"'
    assert headers["Content-Length"] == str(len(content))
    assert (await fetch(link, "HEAD"))[:2] == (200, b"")
    assert (await fetch(link, "POST"))[0] == 405

    await world.advance(seconds=599.999)
    assert (await fetch(link))[0] == 200
    await world.advance(seconds=0.001)
    status, content, _ = await fetch(link)
    assert (status, content) == (403, b'{"status":403,"error":"Forbidden"}')
    assert (await fetch(await link_to(world.client, path)))[0] == 200


async def test_a_link_opens_nothing_but_its_own_file(world: World) -> None:
    app_b, _ = await world.open_app()
    await world.drain()
    for app in (world.app, app_b):
        await stop_clock(world, app, APRIL_REPORTED)
    await world.drain()
    link = await link_to(world.client, f"test/{world.app.id}/monthly/account_report_2026-03.csv")
    parts = urlsplit(link)
    ends = parts.query.partition("&")[0].removeprefix("expires=")
    for forged in (
        link.replace(str(world.app.id), str(app_b.id)),
        link.replace("account_report", "transaction_report"),
        link.replace(ends, str(int(ends) + 1000)),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.partition("?")[0],
        link.partition("&")[0],
        link + "&more=1",
        link.replace("/report_files/", "/report_files//"),
        link.replace("/report_files/", "/v1/report_files/"),
    ):
        assert (await fetch(forged))[0] in (401, 404)


async def test_a_disabled_apps_links_are_dead(world: World) -> None:
    await world.drain()
    await reach(world, APRIL_REPORTED)
    link = await link_to(world.client, f"test/{world.app.id}/monthly/account_report_2026-03.csv")
    await world.platform.database.run(organisations.disable_app, world.app.id)
    assert (await fetch(link))[0] == 404


async def test_the_transaction_report_has_a_row_for_each_recipient(world: World) -> None:
    two = await world.funded(ok("00"), ok("00", 20000), external_id="order-7", metadata={"sendRef": "ref 7, blue"})
    failed = await world.transaction(ok("00"), external_id="=HYPERLINK(1)", metadata={"sendRef": -5, "nul": "\x00"})
    await reach(world, APRIL_REPORTED)
    path = f"test/{world.app.id}/monthly/transaction_report_2026-03.csv"
    rows = await rows_of(world.client, path)
    first, second = two["recipients"]
    assert [(row["id"], row["external_id"], row["send_ref"], row["recipient_id"]) for row in rows] == [
        (two["id"], "order-7", "ref 7, blue", first["id"]),
        (two["id"], "order-7", "ref 7, blue", second["id"]),
        (failed["id"], "'=HYPERLINK(1)", "'-5", failed["recipients"][0]["id"]),
    ]
    assert rows[1] == {
        "created_at": "2026-03-02T09:00:00.000Z",
        "id": two["id"],
        "external_id": "order-7",
        "send_ref": "ref 7, blue",
        "sender_id": two["sender"]["id"],
        "sender_external_id": "S-1",
        "recipient_id": second["id"],
        "payout_type": "NGN::Bank",
        "state": "success",
        "input_amount": "50.00",
        "input_currency": "USD",
        "output_amount": "20000",
        "output_currency": "NGN",
        "exchange_rate": "400",
        "fee": "0.00",
        "funded_at": "2026-03-02T09:00:00.000Z",
        "closed_at": "2026-03-02T09:00:00.000Z",
        "state_reason_code": "0",
        "settled_by": "",
    }
    assert (rows[2]["state"], rows[2]["funded_at"], rows[2]["state_reason_code"]) == ("canceled", "", "")


async def test_the_account_report_follows_the_balance(world: World) -> None:
    paid = await world.funded(ok("00"), external_id="paid")
    refunded = await world.funded(ok("02"), external_id="refunded")
    (leg,) = refunded["recipients"]
    assert (await world.client.delete(f"/recipients/{leg['id']}")).status == 200
    await world.advance(minutes=1)
    expired = await world.transaction(ok("00"), external_id="expired")
    await world.advance(minutes=1)
    canceled = await world.transaction(ok("00"), external_id="canceled")
    (leg,) = canceled["recipients"]
    assert (await world.client.delete(f"/recipients/{leg['id']}")).status == 200
    await reach(world, APRIL_REPORTED)

    path = f"test/{world.app.id}/monthly/account_report_2026-03.csv"
    rows = await rows_of(world.client, path)
    dollars = [row for row in rows if row["currency"] == "USD"]
    assert [tuple(row[name] for name in ("kind", "external_id", "amount", "running_balance")) for row in dollars] == [
        ("deposit", "", "1000.00", "1000.00"),
        ("debit", "paid", "-25.00", "975.00"),
        ("debit", "refunded", "-25.00", "950.00"),
        ("refund", "refunded", "25.00", "975.00"),
        ("failed", "canceled", "0.00", "975.00"),
        ("failed", "expired", "0.00", "975.00"),
    ]
    assert [row["transaction_id"] for row in dollars] == [
        "", paid["id"], refunded["id"], refunded["id"], canceled["id"], expired["id"],
    ]  # fmt: skip
    assert dollars[-2]["date"] == "2026-03-02T09:02:00.000Z"
    assert dollars[-1]["date"] == expired["expires_at"]
    assert dollars[-1]["entry_id"] == ""
    assert Decimal(dollars[-1]["running_balance"]) == await world.balance("USD")

    await reach(world, datetime(2026, 5, 1, 2, tzinfo=UTC))
    assert await rows_of(world.client, path.replace("03.csv", "04.csv")) == []


async def test_what_happens_around_midnight_is_told_in_its_own_month(world: World) -> None:
    await world.drain()
    await reach(world, datetime(2026, 3, 31, 23, 59, 59, 999_000, UTC))
    march = await world.funded(ok("00"), external_id="march")
    unfunded = await world.transaction(ok("00"), external_id="unfunded")
    await world.advance(seconds=0.001)
    april = await world.funded(ok("00"), external_id="april")
    await reach(world, datetime(2026, 5, 1, 2, tzinfo=UTC))

    folder = f"test/{world.app.id}/monthly"
    told = {
        (type_, month): [
            row["external_id"]
            for row in await rows_of(world.client, f"{folder}/{type_}_report_2026-{month}.csv")
            if row.get("kind") != "deposit"
        ]
        for type_ in ReportType
        for month in ("03", "04")
    }
    assert told == {
        ("transaction", "03"): ["march", "unfunded"],
        ("transaction", "04"): ["april"],
        ("account", "03"): ["march"],
        ("account", "04"): ["april", "unfunded"],
    }
    (row,) = [
        row
        for row in await rows_of(world.client, f"{folder}/account_report_2026-04.csv")
        if row["external_id"] == "unfunded"
    ]
    assert (row["transaction_id"], row["running_balance"]) == (unfunded["id"], "950.00")
    assert march["state"] == april["state"] == "paid"


async def test_a_report_on_demand_is_told_so_far_and_replaced_when_it_is_due(world: World) -> None:
    await world.funded(ok("00"), external_id="one")
    march = read_period(Cadence.MONTHLY, "2026-03")
    await world.platform.database.run(reports.make, world.app.id, ReportType.TRANSACTION, march)
    (path,) = await available(world.client)
    assert [row["external_id"] for row in await rows_of(world.client, path)] == ["one"]
    await world.funded(ok("00"), external_id="two")
    await reach(world, APRIL_REPORTED)
    assert [row["external_id"] for row in await rows_of(world.client, path)] == ["one", "two"]
