"""What logs tell: marked values are sent everywhere, failures are made to quote them, and every log is searched."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
from yarl import URL

from bitpesa.kernel.observability.masking import LEFT_OUT, MASK
from bitpesa.webhooks import queries
from bitpesa.webhooks.wire import log_json
from experiments.security.findings import Chapter, Promise
from experiments.security.place import Server, serving, working
from experiments.security.stage import Key, Stage, knock, signed
from tests.journeys.world import PERSON, ok

SECONDS_TO_HAPPEN = 30

ACCOUNT = "70123456700"
"""Its ending has the simulated bank pay at once."""
PHONE = "+12125557890"
IBAN = "GB33BUKB20201555555555"
PAPER_NUMBER = "ID-998877665544"
ONE_TIME_CODE = "918273"
PASSWORD = "correct-horse-battery-staple"
PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
    b"MARKED-CONTENT-OF-A-DOCUMENT-THAT-IS-LONG-ENOUGH-TO-BE-LEFT-OUT-OF-EVERY-LOG"
)


async def told(stage: Stage, database_url: str, directory: Path) -> Chapter:
    """Run API and worker on their own, do everything with marked values, and read what was written."""
    conn = await asyncpg.connect(database_url)
    settings = stage.world.platform.settings
    try:
        async with serving(settings, directory) as server, working(settings, directory) as worker:
            marks = await _plant(stage, server, conn)
            await _make_worker_fail(stage, server, worker, conn)
        return Chapter(
            "Logs",
            [
                _searched("the log of the API tells none of it", marks, server.log.read_text(encoding="utf-8")),
                _searched("the log of the worker tells none of it", marks, worker.log.read_text(encoding="utf-8")),
                _searched("nor does what clients read of their calls", marks, await _rows(conn, "api_logs")),
                _searched("nor what they read of their webhooks", marks, await _webhook_logs(stage)),
                _lines([server, worker]),
                _led_back(server),
            ],
        )
    finally:
        await conn.close()


async def _plant(stage: Stage, server: Server, conn: asyncpg.Connection) -> dict[str, str]:
    """Send marked values in every way, those that fail included. Answers what nobody may read anywhere, by name."""
    key, base = stage.own, server.base
    upload = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    leg = ok("00", bank_account=ACCOUNT, phone_number=PHONE, iban=IBAN)
    sender = {**PERSON, "external_id": f"told-{uuid4()}", "phone_number": PHONE, "identification_number": PAPER_NUMBER}
    sender["documents"] = [{"upload": upload, "upload_file_name": "a.png"}]
    asked = {"input_currency": "USD", "sender": {"external_id": "S-1"}, "recipients": [leg], "metadata": {"iban": IBAN}}
    hook = {"url": f"http://user:{PASSWORD}@127.0.0.1:1/hook", "events": ["transaction.created"]}
    signatures = {}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session:
        calls = [
            ("POST", "/senders", {"sender": sender}),
            ("POST", "/senders", {"sender": {**sender, "country": "nowhere", "password": PASSWORD}}),
            ("POST", "/transactions/create_and_fund", {"transaction": {**asked, "external_id": f"f-{uuid4()}"}}),
            ("POST", "/transactions", {"transaction": {**asked, "input_currency": "?", "secret": PASSWORD}}),
            ("POST", "/payout_methods", {"payout_method": leg["payout_method"]}),
            ("POST", "/webhooks", {"webhook": hook}),
            ("POST", "/documents", {"document": {"upload": upload, "upload_file_name": "b.png"}}),
            (
                "PATCH",
                f"/payin_methods/{stage.objects['payin_method']}",
                {"payin_method": {"in_details": {"otp": ONE_TIME_CODE}}},
            ),
            ("GET", f"/senders?phone_number={PHONE.replace('+', '%2B')}&iban={IBAN}", None),
            ("GET", f"/info/payment_methods/out/NGN::Bank/requirements?details[bank_account]={ACCOUNT}", None),
            (
                "POST",
                "/account_validations",
                {"country": "NG", "currency": "NGN", "method": "bank", "bank_account": ACCOUNT},
            ),
            ("POST", f"/nowhere/{uuid4()}", {"bank_account": ACCOUNT}),
        ]
        for number, (method, path, content) in enumerate(calls):
            body = b"" if content is None else json.dumps(content).encode()
            headers = signed(key, method, f"{base}/v1{path}", body)
            signatures[f"signature {number}"] = headers["Authorization-Signature"]
            async with session.request(
                method, URL(f"{base}/v1{path}", encoded=True), data=body, headers=headers
            ) as answer:
                await answer.read()
        wrong = Key(key.key, key.secret[::-1])
        await knock(session, server, "POST", "/senders", {"sender": sender}, key=wrong)
        in_the_open = {
            "Authorization-Key": key.key,
            "Authorization-Secret": key.secret,
            "Cookie": f"session={PASSWORD}",
        }
        await knock(session, server, "GET", "/accounts", headers={**in_the_open, "Authorization": f"Basic {PASSWORD}"})
        async with _refusing(conn, "senders", "false"):  # the database quotes the row that it refuses
            await knock(session, server, "POST", "/senders", {"sender": {**sender, "external_id": "refused"}}, key=key)
        async with _refusing(conn, "recipients", "false"):
            await knock(session, server, "POST", "/transactions", {"transaction": asked}, key=key)
        await asyncio.sleep(0)
    return {
        "the secret of a key": key.secret,
        "a document": base64.b64encode(PICTURE).decode()[80:140],
        "a bank account": ACCOUNT,
        "a phone number": PHONE.lstrip("+"),
        "an IBAN": IBAN,
        "the number of a paper": PAPER_NUMBER,
        "a one-time code": ONE_TIME_CODE,
        "a password": PASSWORD,
        "a master key": stage.world.platform.settings.master_keys[0],
        **signatures,
    }


async def _make_worker_fail(stage: Stage, server: Server, worker: Server, conn: asyncpg.Connection) -> None:
    """Have a payout whose outcome the database refuses to record, and wait until the worker has said so."""
    leg = ok("00", bank_account=ACCOUNT)
    asked = {
        "input_currency": "USD",
        "sender": {"external_id": "S-1"},
        "recipients": [leg],
        "external_id": f"w-{uuid4()}",
    }
    async with _refusing(conn, "recipients", "state <> 'success'"):
        async with aiohttp.ClientSession(trust_env=False) as session:
            heard = await knock(
                session, server, "POST", "/transactions/create_and_fund", {"transaction": asked}, key=stage.own
            )
            if heard.status != 201:
                raise RuntimeError(f"a payment was refused: {heard.body!r}")
        await _until(lambda: '"payouts.attempt_failed"' in worker.log.read_text(encoding="utf-8"))
    await _until_deliveries(conn)


async def _until_deliveries(conn: asyncpg.Connection) -> None:
    """Until the worker delivered, so that webhook logs tell what was sent."""
    async with asyncio.timeout(SECONDS_TO_HAPPEN):
        while not await conn.fetchval("select count(*) from webhook_logs where message like '%transaction.created%'"):
            await asyncio.sleep(0.1)
        while not await conn.fetchval("select count(*) from api_logs where request_body like '%bank_account%'"):
            await asyncio.sleep(0.1)


async def _until(seen: object) -> None:
    assert callable(seen)
    async with asyncio.timeout(SECONDS_TO_HAPPEN):
        while not seen():
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _refusing(conn: asyncpg.Connection, table: str, rule: str) -> AsyncIterator[None]:
    """Have the database refuse what breaks a rule, as it would if our code were wrong."""
    await conn.execute(f'alter table "{table}" add constraint for_an_experiment check ({rule}) not valid')
    try:
        yield
    finally:
        await conn.execute(f'alter table "{table}" drop constraint for_an_experiment')


async def _rows(conn: asyncpg.Connection, table: str) -> str:
    """Everything in a table, as text."""
    rows = await conn.fetch(f'select t::text from "{table}" t')  # noqa: S608 - ours
    return "\n".join(row[0] for row in rows)


async def _webhook_logs(stage: Stage) -> str:
    """Everything that logs of webhooks tell whoever asks for them."""
    async with stage.world.platform.database.reading() as conn:
        apps = await conn.fetch("select distinct app_id from webhook_logs")
        pages = [await queries.list_logs(conn, row["app_id"], limit=1_000, offset=0) for row in apps]
    return "\n".join(json.dumps(log_json(log), ensure_ascii=False) for logs, _ in pages for log in logs)


def _searched(sentence: str, marks: dict[str, str], text: str) -> Promise:
    promise = Promise(sentence=sentence)
    plain = text.replace('\\"', '"').replace("\\/", "/")
    for name, mark in marks.items():
        promise.hold(so=mark not in plain, attempt=f"{name}: ...{_around(plain, mark)}...")
    masked = plain.count(MASK) + plain.count(LEFT_OUT) + plain.count("****")
    promise.hold(so=masked > 0, attempt="nothing in it is masked, so nothing was planted")
    promise.figure = f"{len(text):,} characters searched, {masked:,} masked"
    return promise


def _lines(processes: list[Server]) -> Promise:
    """Lines are for machines: one object each, whoever said it."""
    promise = Promise(sentence="every line of a log is JSON with an event, a level and a time")
    for process in processes:
        for line in process.log.read_text(encoding="utf-8").splitlines():
            fields: object = None
            with contextlib.suppress(ValueError):
                fields = json.loads(line)
            so = isinstance(fields, dict) and {"event", "level", "timestamp"} <= fields.keys()
            promise.hold(so=so, attempt=line[:200])
    return promise


def _led_back(server: Server) -> Promise:
    """A failure can be found by what its client was told."""
    promise = Promise(sentence="a failure names its request")
    for line in server.log.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        if fields["level"] == "error":
            promise.hold(so="request_id" in fields, attempt=line[:200])
    return promise


def _around(text: str, mark: str) -> str:
    at = text.find(mark)
    return text[max(at - 60, 0) : at + 20].replace("\n", " ")
