"""The world that a journey is played in: a server on a real port, its apps, a bank, a receiver of webhooks, a clock.

The server answers signed requests over HTTP as it does in production. Its due work is done when the journey says so:
`drain` does everything that is due and returns when nothing is left, so that no journey ever has to wait and hope.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec

from bitpesa.cli.client import Answered, Client
from bitpesa.kernel import clock
from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.kernel.values.currency import currency
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.rates import operations as rates
from bitpesa.payments.compliance.senders import review_sender
from bitpesa.payments.recipients import operations as recipients
from bitpesa.payments.senders.model import Decision
from bitpesa.payments.transactions.workers.payouts import Payer, expire_transactions
from bitpesa.rails.providers.port import Provider
from bitpesa.rails.providers.registry import Providers
from bitpesa.rails.providers.simulator import control
from bitpesa.server.http import answering, listen, make_front
from bitpesa.settings import Settings
from bitpesa.tenants.audit_log.model import staff
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import rules as organisation_rules
from bitpesa.tenants.organisations.model import App
from bitpesa.webhooks.dispatcher import Courier
from bitpesa.wiring import Platform, delivery_settings, open_platform, payout_settings
from bitpesa.worker.loops import Hands, all_due_work, open_hands
from experiments.harness.person import JANE
from tests.api.reference.watching import WatchedClient, check_webhook
from tests.webhooks.receiver import Received, Receiver, open_receiver

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

RATES = {
    "NGN": (400, 1),
    "EUR": (1, Decimal("1.10")),
    "XOF": (600, 1),
    "GBP": (1, Decimal("1.25")),
    "UGX": (3700, 1),
} | {
    "GNF": (8600, 1),
    "KES": (Decimal("128.4"), 1),
    "GHS": (15, 1),
    "MAD": (10, 1),
    "XAF": (600, 1),
}

BALANCES = {"USD": "1000.00", "NGN": "1000000", "EUR": "500.00", "GBP": "100.00", "XOF": "100000"}

PERSON = {**JANE, "external_id": "S-1"}


def ok(ending: str, amount: Any = 10000, **details: Any) -> dict[str, Any]:
    """A recipient at NGN::Bank whose account number ends as given."""
    return {
        "requested_amount": amount,
        "requested_currency": "NGN",
        "payout_method": {
            "type": "NGN::Bank",
            "details": {
                "first_name": "John",
                "last_name": "Doe",
                "street": "1 Broad Street",
                "bank_code": "058",
                "bank_account": f"123456789{ending}",
                "bank_account_type": "20",
                **details,
            },
        },
    }


def mobile(type_: str, phone_number: str, amount: Any, code: str, **details: Any) -> dict[str, Any]:
    """A recipient with a phone."""
    names = {"first_name": "John", "last_name": "Doe"}
    return {
        "requested_amount": amount,
        "requested_currency": code,
        "payout_method": {"type": type_, "details": {**names, "phone_number": phone_number, **details}},
    }


class World:
    """Everything a journey needs."""

    def __init__(self, platform: Platform, base_url: str, hands: Hands, receiver: Receiver) -> None:
        self.platform = platform
        self.base_url = base_url
        self.receiver = receiver
        self._hands = hands
        self._stack = AsyncExitStack()
        self.app: App
        self.client: Client
        self.webhook: dict[str, Any] = {}

    # -- apps

    async def open_app(self, environment: str = "sandbox", **changes: Any) -> tuple[App, Client]:
        """A new organisation's app with these settings, its clock stopped at the beginning, and a client of it."""
        settings = msgspec.structs.replace(organisation_rules.default_settings(environment), **changes)

        async def make(work: Any) -> tuple[App, str, str]:
            organisation = await organisations.create_organisation(work, f"Organisation {uuid4()}")
            app = await organisations.create_app(work, organisation.id, environment, settings)
            key, secret = await organisations.create_key(work, self.platform.vault, app.id)
            if environment == "sandbox":
                await clock.stop(work.conn, app.id, BEGINNING)
            return app, key.key, secret

        app, key, secret = await self.platform.database.run(make)
        return app, await self.client_of(key, secret, environment)

    async def client_of(self, key: str, secret: str, environment: str = "sandbox") -> Client:
        """A client at the origin of its environment: sandbox and live differ in the host's name."""
        base_url = self.base_url if environment == "sandbox" else self.base_url.replace("127.0.0.1", "localhost")
        return await self._stack.enter_async_context(WatchedClient(base_url, key, secret))

    async def listen_to(self, client: Client) -> dict[str, Any]:
        """Register the receiver for every event of an app, and answer the webhook."""
        names = (await client.get("/webhooks/events")).object
        registered = await client.post("/webhooks", {"webhook": {"url": self.receiver.url, "events": names}})
        assert registered.status == 201, registered.body
        return registered.object

    async def review_sender(
        self,
        sender_id: str,
        decision: str,
        app: App | None = None,
        reason: str | None = "as we saw it",
        client_note: str | None = None,
    ) -> None:
        """Staff decide about a sender."""
        app, decided = app or self.app, Decision(decision)
        await self.platform.database.run(
            review_sender,
            app,
            UUID(sender_id),
            decided,
            actor=staff("amina"),
            reason=reason,
            client_note=client_note,
        )

    async def approve_sender(self, sender_id: str, app: App | None = None) -> None:
        """Staff approve a sender."""
        await self.review_sender(sender_id, "approve", app, reason=None)

    async def fetch_file(self, url: str) -> tuple[int, Any, bytes]:
        """Open a link as a browser does: status, headers, content."""
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, answer.headers, await answer.read()

    async def change_settings(self, app: App | None = None, **changes: Any) -> None:
        await self.platform.database.run(organisations.change_settings, (app or self.app).id, changes)

    async def give(self, amount: str, code: str, app: App | None = None) -> None:
        """Put money on a balance."""
        minor = int(Decimal(amount).scaleb(currency(code).decimals))
        await self.platform.database.run(accounts.deposit, (app or self.app).id, Money(minor, code))

    async def balance(self, code: str, client: Client | None = None) -> Decimal:
        return Decimal((await (client or self.client).get(f"/accounts/{code}")).object["amount"])

    # -- time and due work

    async def drain(self) -> None:
        """Do everything that is due, until nothing is."""
        while True:
            done = [await work.do_batch() for work in all_due_work(self.platform, self._hands)]
            await self._hands.finish()
            if not any(done):
                return

    async def write_log(self) -> None:
        """Write the calls so far into the log, as the process does every now and then."""
        await self.platform.journal.write()

    async def sweep(self) -> None:
        """Cancel the transactions whose time to be funded is over, and do nothing else that is due."""
        while await expire_transactions(self.platform.database):
            pass

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Do what is due all the while, as a worker does."""
        done = asyncio.Event()

        async def work() -> None:
            while not done.is_set():
                await self.drain()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(work())
            try:
                yield
            finally:
                done.set()

    async def hand_over(self) -> None:
        """Hand over the payouts that are due, without waiting for the answers."""
        await self._hands.payer.make_attempts()

    async def send(self) -> None:
        """Send what is due to webhooks, without waiting for the answers."""
        await self._hands.courier.tell()
        await self._hands.courier.deliver()

    async def kill_worker(self) -> None:
        """Let the worker die: whatever it was at is abandoned as it is."""
        hands = self._hands
        doomed = [*hands.courier._under_way]
        for each in (hands.payer, hands.cashier, hands.fetcher):
            doomed += each._places.under_way
        for task in doomed:
            task.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)

    async def start_worker(self, bank: Provider | None = None) -> Payer:
        """Start another worker, which does the due work from now on; `bank` is whom it hands payouts to."""
        providers = self.platform.providers if bank is None else Providers(otherwise={"sandbox": bank})
        settings, database = self.platform.settings, self.platform.database
        payer = Payer(database, providers, payout_settings(settings))
        courier = Courier(database, self.platform.http, self.platform.keys.to_sign_with, delivery_settings(settings))
        self._hands = msgspec.structs.replace(
            self._hands,
            payer=await self._stack.enter_async_context(payer),
            courier=await self._stack.enter_async_context(courier),
        )
        return payer

    async def end_leases(self) -> None:
        """Let the leases of deliveries run out; they are measured in real time, which nobody can move."""
        async with self.platform.database.reading() as conn:
            await conn.execute("update webhook_deliveries set leased_until = clock_timestamp()")

    async def deadlocks(self) -> int:
        """How often the database had to break a deadlock; pieces of work that it breaks are done again, unseen."""
        async with self.platform.database.reading() as conn:
            await conn.execute("select pg_stat_force_next_flush()")
            return int(await conn.fetchval("select deadlocks from pg_stat_database where datname = current_database()"))

    async def now(self, app: App | None = None) -> datetime:
        async with self.platform.database.reading() as conn:
            return await clock.now(conn, (app or self.app).id)

    async def advance(self, app: App | None = None, **by: float) -> None:
        """Move the clock of an app: `advance(hours=24)`. Nothing is done until the next `drain`."""
        await self.platform.database.run(_move_clock, (app or self.app).id, timedelta(**by))

    async def run_clock_right(self, app: App | None = None) -> None:
        """Let the clock of an app show the real time. Only then does the API know its callers from memory."""

        async def reset(work: Any) -> None:
            await clock.reset(work.conn, (app or self.app).id)

        await self.platform.database.run(reset)

    # -- the bank, as hooks see it

    async def bank_says(self, recipient_id: str, code: str, *, paid_minor: int | None = None) -> None:
        """The bank answers this when it is next asked about the payout, which is now; then everything due is done."""
        app_id, recipient = self.app.id, UUID(recipient_id)

        async def script(work: Any) -> None:
            await control.script(work.conn, app_id, recipient, code, paid_minor=paid_minor)
            for row in await work.conn.fetch("select transaction_id from recipients where id = $1", recipient):
                await recipients.ask_now(work, app_id, row["transaction_id"])

        await self.platform.database.run(script)
        await self.drain()

    async def orders(self, recipient_id: str) -> list[Any]:
        """Every order that the bank was ever handed for a recipient."""
        async with self.platform.database.reading() as conn:
            return list(await control.orders_of(conn, self.app.id, UUID(recipient_id)))

    # -- shorthands over the API

    async def transaction(self, *legs: dict[str, Any], input_currency: str = "USD", **more: Any) -> dict[str, Any]:
        """Create a transaction of person P."""
        return (await self.post_transaction(*legs, input_currency=input_currency, **more)).object

    async def post_transaction(
        self, *legs: dict[str, Any], input_currency: str = "USD", path: str = "/transactions", **more: Any
    ) -> Answered:
        asked = {"input_currency": input_currency, "sender": {"external_id": "S-1"}, "recipients": list(legs), **more}
        return await self.client.post(path, {"transaction": asked})

    async def debit(self, transaction: dict[str, Any], **more: Any) -> Answered:
        debit = {"to_id": transaction["id"], "to_type": "Transaction", **more}
        return await self.client.post("/accounts/debits", {"debit": debit})

    async def funded(self, *legs: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Create a transaction, fund it, do what is due, and show it as it is then."""
        transaction = await self.transaction(*legs, **more)
        answer = await self.debit(transaction)
        assert answer.status == 201, answer.body
        await self.drain()
        return await self.show(transaction)

    async def show(self, transaction: dict[str, Any]) -> dict[str, Any]:
        return (await self.client.get(f"/transactions/{transaction['id']}")).object

    # -- what the receiver heard

    def heard(self) -> list[Received]:
        return self.receiver.received

    def events(self, *ids: str) -> list[str]:
        """The names of the events heard about these objects, in order; recipients of a transaction are part of it."""
        return [
            each.event
            for each in self.receiver.received
            if not ids or each.content["object"]["id"] in ids or each.content["object"].get("transaction_id") in ids
        ]


async def _move_clock(work: Any, app_id: UUID, by: timedelta) -> None:
    await clock.move(work.conn, app_id, by)


@asynccontextmanager
async def open_world(database_url: str, **changes: Any) -> AsyncIterator[World]:
    """A world with app A, its person P, its webhook W and its balances, as the acceptance scenarios have it."""
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    documents = TemporaryDirectory(prefix="documents-")
    origins = {"sandbox_origins": (f"http://127.0.0.1:{port}",), "live_origins": (f"http://localhost:{port}",)}
    fast = {"sandbox_speedup": 1, "allow_private_webhooks": True, "webhook_retry_spread": 0.0}
    settings = Settings(
        database_url=database_url,
        documents_directory=documents.name,
        master_keys=(new_master_key(),),
        **{**origins, **fast, **changes},
    )
    with documents:
        async with _opened(settings, listener) as world:
            yield world


@asynccontextmanager
async def _opened(settings: Settings, listener: socket.socket) -> AsyncIterator[World]:
    port = listener.getsockname()[1]
    async with open_platform(settings) as platform, open_receiver() as receiver, AsyncExitStack() as stack:
        hands = await stack.enter_async_context(open_hands(platform))
        await stack.enter_async_context(answering(make_front(platform), listener))
        world = World(platform, f"http://127.0.0.1:{port}/v1", hands, receiver)
        await stack.enter_async_context(world._stack)
        await _furnish(world)
        yield world
        for received in receiver.received:
            if received.body:  # nothing is in a request for a file that is not there yet
                check_webhook(received.content)


async def _furnish(world: World) -> None:
    async def set_rates(work: Any) -> None:
        for code, (numerator, denominator) in RATES.items():
            await rates.set_rate(work, code, Decimal(numerator), Decimal(denominator), source="journey")

    await world.platform.database.run(set_rates)
    world.app, world.client = await world.open_app()
    for code, amount in BALANCES.items():
        await world.give(amount, code)
    created = await world.client.post("/senders", {"sender": PERSON})
    assert created.status == 201, created.body
    world.webhook = await world.listen_to(world.client)
