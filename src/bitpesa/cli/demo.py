"""`bitpesa demo`: a payment from GBP to NGN, from price to webhook, each step shown as it happens."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any
from uuid import uuid4

import typer
from aiohttp import web

from bitpesa.cli.client import Answered, Client
from bitpesa.cli.terminal import say
from bitpesa.kernel.values import json
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, Place, database_of_ones_own, run_async
from bitpesa.server.http import listen_everywhere
from bitpesa.server.problems import CannotGoOn
from bitpesa.server.sandbox import RunningSandbox, running_sandbox, sandbox_running_at

LAST_EVENT = "transaction.paid_out"
PATIENCE_SECONDS = 30.0

EVENTS = "transaction.created transaction.paid_in recipient.pending recipient.paid_out transaction.paid_out".split()

SENDER = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "country": "GB",
    "city": "London",
    "street": "12 St James's Square",
    "postal_code": "SW1Y 4LE",
    "phone_number": "+442079460000",
    "email": "ada@example.com",
    "birth_date": "1985-12-10",
    "ip": "192.0.2.1",
    "documents": [],
}
RECIPIENT = {
    "requested_amount": 50000,
    "requested_currency": "NGN",
    "payout_method": {
        "type": "NGN::Bank",
        "details": {
            "first_name": "Chinua",
            "last_name": "Achebe",
            "street": "1 Broad Street, Lagos",
            "bank_code": "058",
            "bank_account": "1234567800",
            "bank_account_type": "20",
        },
    },
}


def run(
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    url: Annotated[str | None, typer.Option("--url", help="The base URL of a running sandbox, ending in /v1.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="The API key, with --url.")] = None,
    secret: Annotated[str | None, typer.Option("--secret", help="The API secret, with --url.")] = None,
) -> None:
    """Play a payment from GBP to NGN against the sandbox that runs here, or one of its own."""
    if url is not None:
        if key is None or secret is None:
            raise CannotGoOn("--url needs --key and --secret")
        run_async(_play(RunningSandbox(url.rstrip("/"), key, secret, "")))
        return
    running = None if database_url else sandbox_running_at(data)
    if running is not None:
        run_async(_play(running))
        return
    say("no sandbox runs here: starting one")
    listeners = listen_everywhere("127.0.0.1", 0)
    with database_of_ones_own(data, database_url) as place:
        run_async(_play_own(place, listeners))


async def _play_own(place: Place, listeners: Sequence[socket.socket]) -> None:
    async with running_sandbox(place, listeners) as running:
        await _play(running)


class _Story:
    """Tells what happens, with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def tell(self, what: str, detail: str = "") -> None:
        """Print one step."""
        say(f"{time.monotonic() - self._began:7.3f}s  {what:<24} {detail}".rstrip())


async def _play(running: RunningSandbox) -> None:
    story = _Story()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(running.base_url, running.api_key, running.api_secret))
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        hook_url = await stack.enter_async_context(_receiving(client, inbox, story))
        story.tell("API", running.base_url)
        webhook = _made(await client.post("/webhooks", {"webhook": {"url": hook_url, "events": EVENTS}}))
        story.tell("webhook registered", hook_url)
        try:
            await _pay(client, inbox, story)
        finally:
            await client.delete(f"/webhooks/{webhook['id']}")


async def _pay(client: Client, inbox: asyncio.Queue[dict[str, Any]], story: _Story) -> None:
    before = await _balance(client)
    story.tell("balance", f"{before} GBP")
    sender = _made(await client.post("/senders", {"sender": {**SENDER, "external_id": f"demo-{uuid4()}"}}))
    story.tell("sender", f"{sender['first_name']} {sender['last_name']}, {sender['state']}")
    asked = {"input_currency": "GBP", "sender": {"id": sender["id"]}, "recipients": [RECIPIENT]}
    price = _made(await client.post("/transactions/calculate", {"transaction": asked}))
    leg = price["recipients"][0]
    story.tell("price", f"{leg['output_amount']} NGN for {leg['input_amount']} GBP, rate {leg['exchange_rate']}")
    transaction = _made(
        await client.post("/transactions", {"transaction": {**asked, "external_id": f"demo-{uuid4()}"}})
    )
    story.tell("transaction", f"{transaction['id']}, {transaction['state']}")
    debit = {"debit": {"to_id": transaction["id"], "to_type": "Transaction"}}
    (funded,) = _made(await client.post("/accounts/debits", debit))
    story.tell("funded from the balance", f"{funded['amount']} GBP, {funded['running_balance']} GBP left")
    await _last_webhook(inbox, transaction["id"])
    paid = _made(await client.get(f"/transactions/{transaction['id']}"))
    story.tell("transaction", f"{paid['state']}; {paid['recipients'][0]['output_amount']} NGN are with the recipient")
    story.tell("balance", f"{await _balance(client)} GBP")


async def _last_webhook(inbox: asyncio.Queue[dict[str, Any]], transaction_id: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                told = await inbox.get()
                if told["event"] == LAST_EVENT and told["object"]["id"] == transaction_id:
                    return
    except TimeoutError:
        raise CannotGoOn(f"no {LAST_EVENT} came within {PATIENCE_SECONDS:.0f} seconds") from None


async def _balance(client: Client) -> Any:
    return _made(await client.get("/accounts/GBP"))["amount"]


def _made(answer: Answered) -> Any:
    """What was asked for. Raises CannotGoOn with what the API said instead."""
    if answer.status not in (200, 201):
        raise CannotGoOn(f"the API answered {answer.status}: {json.encode_text(answer.body)}")
    return answer.object


@asynccontextmanager
async def _receiving(client: Client, inbox: asyncio.Queue[dict[str, Any]], story: _Story) -> AsyncIterator[str]:
    """A receiver of webhooks on this machine, which checks their signature."""
    url = ""

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        if not client.has_signed(url, dict(request.headers), body):
            story.tell("webhook refused", "its signature is wrong")
            return web.Response(status=401)
        told = json.decode(body)
        story.tell("webhook arrived", f"{told['event']}, signature valid")
        inbox.put_nowait(told)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield url
    finally:
        await runner.cleanup()
