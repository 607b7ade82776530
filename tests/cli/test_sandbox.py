"""`bitpesa sandbox`, and the commands that join the database of a running one."""

import asyncio
import base64
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from bitpesa.embedded_postgres import join_or_start
from bitpesa.kernel.crypto import one_time_codes
from bitpesa.web.kit.next_page import with_next
from tests.cli.processes import bitpesa, running
from tests.journeys.world import PERSON, ok
from tests.programs import program
from tests.waiting import until_somebody_waits
from tests.web.kit.visiting import Browser, open_browser


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all tests here, so that a database is made once."""
    return tmp_path_factory.mktemp("sandbox") / "data"


def order(external_id: str, ending: str = "00") -> dict:
    sender = {name: value for name, value in PERSON.items() if name != "external_id"}
    return {
        "transaction": {
            "external_id": external_id,
            "input_currency": "USD",
            "sender": sender,
            "recipients": [ok(ending)],
        }
    }


def files_of(data: Path, document_id: str) -> list[bytes]:
    return [path.read_bytes() for path in data.glob(f"documents/*/{document_id}")]


async def test_the_first_line_says_where_it_answers_and_it_does(data: Path) -> None:
    async with running(data) as sandbox, sandbox.client() as client:
        assert set(sandbox.told) == {"base_url", "api_key", "api_secret", "portal_url", "organisation_url"}
        assert sandbox.told["base_url"].endswith("/v1")
        balances = {each["currency"]: each["amount"] for each in (await client.get("/accounts")).object}
        assert balances["USD"] == 10_000
        assert {"EUR", "GBP", "NGN", "GHS", "KES", "UGX", "XOF"} <= balances.keys()
        assert await sandbox.stop(signal.SIGINT) == 0


async def test_key_and_balances_are_the_same_after_a_kill(data: Path) -> None:
    async with running(data) as sandbox, sandbox.client() as client:
        first = sandbox.told["api_key"], sandbox.told["api_secret"]
        made = await client.post("/transactions/create_and_fund", order("before the kill"))
        assert made.status == 201, made.body
        spent = made.object["input_amount"]
        await sandbox.stop(signal.SIGKILL)
    async with running(data) as sandbox, sandbox.client() as client:
        assert (sandbox.told["api_key"], sandbox.told["api_secret"]) == first
        assert (await client.get("/accounts/USD")).object["amount"] == 10_000 - spent
        again = await client.post("/transactions/create_and_fund", order("before the kill"))
        assert again.body["meta"]["existing"]["transaction"]["id"] == made.object["id"]
    audited = await bitpesa("audit", "--data", data)
    assert audited.status == 0, audited.output + audited.complaints


async def test_documents_lie_in_the_directory_and_their_links_lead_to_this_sandbox(data: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100)
    upload = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    async with running(data) as sandbox, sandbox.client() as client:
        asked = {"document": {"upload": upload, "upload_file_name": "a.png"}}
        made = (await client.post("/documents", asked)).object
        assert made["upload"].startswith(sandbox.told["base_url"].removesuffix("v1") + "files/")
        await sandbox.stop(signal.SIGKILL)
    assert files_of(data, made["id"]) == [png]
    async with running(data) as sandbox, sandbox.client() as client:
        shown = (await client.get(f"/documents/{made['id']}")).object
        async with aiohttp.ClientSession() as session, session.get(shown["upload"]) as answer:
            assert (answer.status, await answer.read()) == (200, png)


async def test_whoever_holds_the_printed_link_opens_the_organisation_of_the_key(data: Path) -> None:
    async with running(data) as sandbox, sandbox.client() as client:
        paid = (await client.post("/transactions/create_and_fund", order("seen in the portal"))).object
        root = sandbox.told["portal_url"].rstrip("/")
        link = sandbox.told["organisation_url"].removeprefix(root)
        assert link.startswith("/portal/demo/")
        async with open_browser(root) as ada:
            assert (await ada.get(link)).location == with_next("/log-in", link)
            await _sign_up(ada)
            assert (await ada.get("/portal/test")).location == "/portal/organisations/new"
            page = await ada.get(link)
            assert "Open Sandbox demo" in page.words
            assert (await ada.get("/portal/test")).status == 303, "following the link alone changes nothing"
            for wrong in (link[:-1] + ("0" if link[-1] != "0" else "1"), link.partition("?")[0]):
                assert (await ada.get(wrong)).status == (await ada.post(wrong)).status == 404
            assert (await ada.post(link, csrf=page.csrf)).location == "/portal/test"
            assert "seen in the portal" in (await ada.get("/portal/test")).words
            assert (await ada.get(f"/portal/test/transactions/{paid['id']}")).status == 200


async def test_links_of_the_terminal_lead_to_where_the_sandbox_answers(data: Path) -> None:
    async with running(data) as sandbox:
        root = sandbox.told["portal_url"].rstrip("/")
        created = await bitpesa("staff", "create", "ben@example.com", "--data", data)
        assert f"link  {root}/office/" in created.output
    again = await bitpesa("staff", "link", "ben@example.com", "--data", data)
    assert f"link  {root}/office/" in again.output, "also between two runs"
    told = {"BITPESA_PORTAL_ORIGIN": "https://portal.example"}
    named = await bitpesa("staff", "link", "ben@example.com", "--data", data, **told)
    assert "link  https://portal.example/office/" in named.output


async def _sign_up(browser: Browser) -> None:
    """Sign up in the sandbox, whose mail is shown on a page."""
    await browser.get("/log-in")
    await browser.post("/sign-up", name="Ada Obi", email="ada@example.com", password="correct horse battery")
    for _ in range(200):
        found = re.findall(r'href="([^"]*/sign-up/[^"]+)"', (await browser.get("/mail")).text)
        if found:
            break
        await asyncio.sleep(0.05)  # until the worker has written the mail
    await browser.get(found[0])
    await browser.post(found[0], password="correct horse battery")
    shown = await browser.get("/log-in/authenticator")
    secret = re.findall(r'<code id="key">([A-Z2-7 ]+)</code>', shown.text)[0].replace(" ", "")
    code = one_time_codes.code_at(secret, one_time_codes.step_at(datetime.now(UTC)))
    assert (await browser.post("/log-in/authenticator", code=code)).status == 200


async def test_a_second_sandbox_on_the_directory_is_refused(data: Path) -> None:
    async with running(data):
        second = await bitpesa("sandbox", "--data", data, "--port", "0", "--json")
    assert second.status == 1
    assert second.output == ""
    assert str(data) in second.complaints
    assert "Traceback" not in second.complaints


async def test_a_port_that_is_taken_is_named(data: Path) -> None:
    async with running(data) as sandbox:
        port = sandbox.told["base_url"].rsplit(":")[-1].partition("/")[0]
        second = await bitpesa("sandbox", "--data", data.with_name("other"), "--port", port)
    assert second.status == 1
    assert f":{port}" in second.complaints
    assert not data.with_name("other").exists()


async def test_commands_join_the_running_sandbox(data: Path) -> None:
    async with running(data) as sandbox:
        created = await bitpesa("keys", "create", "--data", data)
        assert created.status == 0, created.complaints
        said = dict(line.split(maxsplit=1) for line in created.output.splitlines())
        mine = sandbox.client()
        mine.key, mine._secret = said["key"], said["secret"]
        async with mine:
            before = (await mine.get("/accounts/EUR")).object["amount"]
            topped_up = await bitpesa("balance", "top-up", "12.34", "EUR", "--data", data)
            assert topped_up.status == 0, topped_up.complaints
            assert float((await mine.get("/accounts/EUR")).object["amount"]) == pytest.approx(float(before) + 12.34)
            assert said["id"] in (await bitpesa("keys", "list", "--data", data)).output
            assert (await bitpesa("keys", "revoke", said["id"], "--data", data)).status == 0
            assert (await mine.get("/accounts/EUR")).status == 401


async def test_the_demo_ends_well_and_the_books_agree(data: Path) -> None:
    async with running(data):
        played = await bitpesa("demo", "--data", data)
    assert played.status == 0, played.output + played.complaints
    assert "webhook arrived          transaction.paid_out, signature valid" in played.output
    audited = await bitpesa("audit", "--data", data)
    assert audited.status == 0, audited.output


async def test_the_demo_brings_its_own_sandbox_when_none_runs(data: Path) -> None:
    played = await bitpesa("demo", "--data", data)
    assert played.status == 0, played.output + played.complaints
    assert "no sandbox runs here" in played.output


async def test_the_export_is_a_journal_that_hledger_believes(data: Path, tmp_path: Path) -> None:
    exported = await bitpesa("export", "--format", "hledger", "--data", data)
    assert exported.status == 0, exported.complaints
    assert "settlement" in exported.output
    journal = tmp_path / "books.journal"
    journal.write_text(exported.output)
    checking = await asyncio.create_subprocess_exec(program("hledger"), "-f", str(journal), "check", "--strict")
    assert await checking.wait() == 0


async def test_a_request_in_flight_is_finished_before_it_stops(data: Path) -> None:
    async with running(data) as sandbox, sandbox.client() as client:
        created = (await client.post("/transactions", order("in flight"))).object
        with join_or_start(data) as url:
            holder = await asyncpg.connect(url)
            held = holder.transaction()
            await held.start()
            await holder.execute("select from transactions where id = $1 for update", created["id"])
            debit = {"debit": {"to_id": created["id"], "to_type": "Transaction"}}
            in_flight = asyncio.create_task(client.post("/accounts/debits", debit))
            await until_somebody_waits(holder)
            stopping = asyncio.create_task(sandbox.stop())
            await _until_it_listens_no_more(sandbox.told["base_url"])
            await held.rollback()
            assert (await in_flight).status == 201
            await holder.close()
        assert await stopping == 0


async def _until_it_listens_no_more(base_url: str) -> None:
    host, _, port = base_url.removeprefix("http://").removesuffix("/v1").partition(":")
    while True:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return
        writer.close()
        await asyncio.sleep(0)
