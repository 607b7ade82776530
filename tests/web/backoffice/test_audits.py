"""Audits of the books in the office: those that were run there and at the terminal, with what they found."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters
from bitpesa.web.kit.paging import PER
from tests.cli.processes import bitpesa
from tests.journeys.world import World
from tests.web.backoffice.officers import OPERATOR, VIEWER, at_work
from tests.web.kit.visiting import Browser

AUDITS = "/office/books/audits"


@pytest.fixture
async def operator(world: World) -> AsyncIterator[Browser]:
    async with at_work(world.platform, OPERATOR) as browser:
        await browser.get("/office")
        yield browser


async def at_the_terminal(world: World, *more: str) -> int:
    url = ("--database-url", world.platform.settings.database_url)
    return (await bitpesa("audit", *more, *url, BITPESA_MASTER_KEYS=new_master_key())).status


async def test_an_audit_is_run_here_and_its_result_stays(world: World, operator: Browser) -> None:
    assert "none was run yet" in (await operator.get("/office")).words
    assert "None was run yet" in (await operator.get("/office/books")).words
    assert "None was run yet" in (await operator.get(AUDITS)).words
    ran = await operator.post("/office/books/audit")
    assert (ran.status, (ran.location or "").startswith(f"{AUDITS}/")) == (303, True)
    assert "everything agrees" in (await operator.get(ran.location or "")).words
    async with world.platform.database.reading() as conn:
        ((entry,), _) = await trail.list_page(conn, Filters(action="books.audited"), limit=9)
    assert ran.location == f"{AUDITS}/{entry.object_id}"
    for path in ("/office", "/office/books", AUDITS):
        page = await operator.get(path)
        assert ("agreed" in page.words, f'href="{ran.location}"' in page.text) == (True, True), path


async def test_what_the_terminal_finds_is_shown_here(world: World, operator: Browser) -> None:
    assert await at_the_terminal(world, "--as", "cron") == 0
    assert "by cron at the terminal" in (await operator.get("/office")).words
    (balance,) = await execute(
        world,
        "update ledger_accounts set balance = balance + 1 where kind = 'balance' and currency = 'GBP' returning app_id",
    )
    assert await at_the_terminal(world, "--as", "cron") == 1
    await execute(world, "update ledger_accounts set balance = balance - 1 where kind = 'balance' and currency = 'GBP'")
    assert await at_the_terminal(world, "--as", "cron") == 0
    listed = (await operator.get(AUDITS)).words
    assert [listed.count(text) for text in ("cron at the terminal", "agreed", "disagree")] == [3, 2, 1]
    async with world.platform.database.reading() as conn:
        audit_id = await conn.fetchval("select id from audits where disagreements > 0")
    page = await operator.get(f"{AUDITS}/{audit_id}")
    assert "a balance is the sum of its postings" in page.words
    assert f"/office/books/{balance['app_id']}" in page.text


async def execute(world: World, statement: str) -> list[Any]:
    """As somebody who goes round the ledger's own guards."""

    async def run(work: Any) -> list[Any]:
        await work.conn.execute("set local session_replication_role = replica")
        return await work.conn.fetch(statement)

    return await world.platform.database.run(run)


async def test_the_history_has_pages(operator: Browser) -> None:
    for _ in range(PER + 1):
        await operator.post("/office/books/audit")
    first, second = await operator.get(AUDITS), await operator.get(f"{AUDITS}?page=2")
    assert [page.text.count('data-label="Result"') for page in (first, second)] == [PER, 1]


async def test_a_viewer_looks_and_runs_none(world: World) -> None:
    async with at_work(world.platform, VIEWER) as browser:
        assert "Run the audit" not in (await browser.get(AUDITS)).words
        assert (await browser.post("/office/books/audit")).status == 403
        assert (await browser.get(f"{AUDITS}/{uuid4()}")).status == 404
        assert (await browser.get(f"{AUDITS}/last")).status == 404
        assert "None was run yet" in (await browser.get(AUDITS)).words
