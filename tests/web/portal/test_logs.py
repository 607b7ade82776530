import re
from collections.abc import AsyncIterator

import pytest

from bitpesa.tenants.users.model import Permission
from tests.journeys.world import World, ok
from tests.web.kit.visiting import Browser, Shown, signed_in


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(
        world.platform, world.app.organisation_id, [Permission.LOGS_READ, Permission.PERSONAL_DATA_READ]
    ) as browser:
        yield browser


def calls(page: Shown) -> list[str]:
    """Method and path of the calls that are listed."""
    cells = page.text.split('data-label="Call"><span class="id">')[1:]
    return [cell.partition("</span>")[0] for cell in cells]


async def test_calls_are_listed_and_looked_for(world: World, browser: Browser) -> None:
    await world.client.get("/accounts")
    await world.post_transaction(ok("00", "x"))
    await world.transaction(ok("00"))
    await world.write_log()
    everything = calls(await browser.get("/portal/test/logs"))
    assert everything[:3] == ["POST /v1/transactions", "POST /v1/transactions", "GET /v1/accounts"]
    assert calls(await browser.get("/portal/test/logs?outcome=4")) == ["POST /v1/transactions"]
    assert calls(await browser.get("/portal/test/logs?method=GET&text=ACCOUNTS")) == ["GET /v1/accounts"]
    assert calls(await browser.get("/portal/test/logs?method=POST&text=accounts")) == []
    assert calls(await browser.get("/portal/test/logs?from=2026-03-03")) == []
    assert len(calls(await browser.get("/portal/test/logs?to=2026-03-02"))) == len(everything)
    assert "GET /v1/accounts 1 300" in (await browser.get("/portal/test/logs")).words


async def test_a_refused_call_shows_what_was_wrong_beside_what_was_sent(world: World, browser: Browser) -> None:
    await world.post_transaction(ok("00", "x", last_name=""), external_id="T-1")
    await world.write_log()
    page = await browser.get("/portal/test/logs?outcome=4")
    link = re.search(r'href="/portal/test/logs/([0-9a-f-]{36})"', page.text)
    assert link is not None
    shown = await browser.get(f"/portal/test/logs/{link[1]}")
    assert "What was wrong" in shown.words
    assert "transaction.recipients[0].requested_amount x not_a_number" in shown.words
    assert "transaction.recipients[0].payout_method.details.last_name blank" in shown.words
    assert "transaction.external_id T-1" in shown.words
    assert "[masked]" in shown.words


async def test_a_call_that_worked_leads_to_what_it_made(world: World, browser: Browser) -> None:
    created = await world.transaction(ok("00"))
    await world.write_log()
    page = await browser.get("/portal/test/logs?method=POST&outcome=2&text=transactions")
    link = re.search(r'href="(/portal/test/logs/[0-9a-f-]{36})"', page.text)
    assert link is not None
    assert f'<a href="/portal/test/transactions/{created["id"]}">' in (await browser.get(link[1])).text


async def test_attempts_of_webhooks_are_there_for_who_may_read_logs(world: World, browser: Browser) -> None:
    await world.funded(ok("00"))
    page = await browser.get("/portal/test/logs/webhooks")
    assert "transaction.paid_out" in page.words
    attempt = next(part.partition('"')[0] for part in page.text.split('href="/portal/test/logs/webhooks/')[1:])
    shown = await browser.get(f"/portal/test/logs/webhooks/{attempt}")
    assert "Request Headers" in shown.words
    assert "Deliver again" not in shown.words
    assert re.search(r'href="/portal/test/transactions/[0-9a-f-]{36}"', shown.text)
    assert world.receiver.url in page.words
    assert (await browser.get(f"/portal/test/webhooks/attempts/{attempt}")).status == 403
