"""A noisy neighbour: thousands of payouts due, and webhooks at sockets that never answer, keep no other app waiting.

Nothing is judged by time: what was served before somebody else's is counted, with the bank and the receivers in our
hands.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from bitpesa.kernel.database.pool import Database
from bitpesa.payments.transactions.workers.payouts import Payer
from bitpesa.rails.providers.port import Outcome, PayoutOrder
from bitpesa.rails.providers.registry import Providers
from bitpesa.rails.providers.simulator.bank import Simulator
from bitpesa.wiring import delivery_settings, payout_settings
from experiments.security.findings import Chapter, Promise
from experiments.security.place import HOST
from tests.journeys.test_poisoned_rows import Tenant, run
from tests.journeys.world import PERSON, World, ok, open_world

SECONDS_AT_MOST = 60
"""How long anything here may take before it counts as hanging."""

LEGS = 100
PAYMENTS = 20
"""So many payments, of so many legs each, has the noisy one: two thousand payouts that are due."""
SILENT = 25
"""So many sockets has it that never answer, each an endpoint of its own."""
MORE_WEBHOOKS = 10
"""So many more than it may have are asked for, all at once."""


async def noisy(database_url: str, _directory: Path) -> Chapter:
    """Let one app be as noisy as it can in a fresh database, and see another one served beside it."""
    with structlog.testing.capture_logs():
        async with (
            _silent(SILENT) as sockets,
            open_world(database_url, webhook_timeout_seconds=10 * SECONDS_AT_MOST) as world,
        ):
            loud = await _tenant(world)
            limit = await _webhooks_bounded(world, loud, sockets)
            await _make_noise(loud)
            promises = [
                await _paid_in_turn(world, loud),
                await _paid_beside_a_bank_that_does_not_answer(world, loud),
                await _told_beside_silence(world, sockets),
                limit,
            ]
    return Chapter("A noisy neighbour", promises)


async def _tenant(world: World) -> Tenant:
    app, client = await world.open_app()
    await world.give("100000", "USD", app)
    return Tenant(app, client)


async def _make_noise(loud: Tenant) -> None:
    for number in range(PAYMENTS):
        legs = [ok("00", 1000) for _ in range(LEGS)]
        await _pay(loud, f"noise-{number}", legs)


async def _pay(tenant: Tenant, external_id: str, legs: list[dict[str, Any]] | None = None) -> None:
    asked = {"input_currency": "USD", "sender": PERSON, "recipients": legs or [ok("00")], "external_id": external_id}
    answer = await tenant.client.post("/transactions/create_and_fund", {"transaction": asked})
    assert answer.status == 201, answer.body


# -- payouts


class Bank(Simulator):
    """A bank that remembers for whom it got orders, in their order. It may be silent to one app."""

    def __init__(self, database: Database, *, silent_to: UUID | None = None) -> None:
        super().__init__(database)
        self.orders: list[UUID] = []
        self._silent_to = silent_to

    async def submit(self, order: PayoutOrder) -> Outcome:
        """Take an order."""
        self.orders.append(order.app_id)
        if order.app_id == self._silent_to:
            await asyncio.Event().wait()
        return await super().submit(order)


@asynccontextmanager
async def _paying(world: World, bank: Bank) -> AsyncIterator[Payer]:
    """Whoever hands payouts to this bank. What the bank has not answered is let go of in the end."""
    providers = Providers(otherwise={"sandbox": bank})
    payer = Payer(world.platform.database, providers, payout_settings(world.platform.settings))
    try:
        yield payer
    finally:
        await payer._places.close(0)


async def _paid_in_turn(world: World, loud: Tenant) -> Promise:
    """Also where the clock of the noisy one was moved back, so that all of its payouts were due before any other."""
    most = payout_settings(world.platform.settings).concurrent
    promise = Promise(sentence=f"beside {LEGS * PAYMENTS:,} payouts that are due, a payment waits for {most} at most")
    before = []
    for turn, moved_back in enumerate((timedelta(0), timedelta(days=300))):
        quiet = await _tenant(world)
        await _move_back(world, loud, moved_back)
        await _pay(quiet, "quiet")
        bank = Bank(world.platform.database)
        left = await _left(world, loud)
        async with _paying(world, bank) as payer:
            while quiet.app.id not in bank.orders and await payer.make_attempts():
                await payer.finish()
        before.append(_before(bank, quiet))
        promise.hold(so=left > most, attempt=f"turn {turn}: only {left} were due")
        promise.hold(so=before[-1] <= most, attempt=f"moved back by {moved_back}: {before[-1]} of {left} were first")
        state = (await quiet.client.get("/transactions?external_id=quiet")).object[0]["state"]
        promise.hold(so=state == "paid", attempt=f"moved back by {moved_back}: it is {state}")
    promise.figure = f"{max(before)} before it"
    return promise


async def _paid_beside_a_bank_that_does_not_answer(world: World, loud: Tenant) -> Promise:
    most = payout_settings(world.platform.settings).concurrent
    promise = Promise(sentence="and beside payouts that their bank never answers there is a place for it")
    quiet = await _tenant(world)
    bank = Bank(world.platform.database, silent_to=loud.app.id)
    async with _paying(world, bank) as payer:
        while await _in_time(payer.make_attempts()):
            pass
        await _pay(quiet, "quiet")
        await _in_time(payer.make_attempts())
        async with asyncio.timeout(SECONDS_AT_MOST):
            while await _state(quiet) != "paid" and quiet.app.id in bank.orders:
                await asyncio.sleep(0)
    before = _before(bank, quiet)
    promise.hold(so=0 < before < most, attempt=f"{before} of {most} places were taken")
    state = await _state(quiet)
    promise.hold(so=state == "paid", attempt=f"it is {state}")
    promise.figure = f"{before} of {most} places taken"
    return promise


async def _move_back(world: World, loud: Tenant, by: timedelta) -> None:
    for statement in (
        "update app_clocks set stopped_at = stopped_at - $2::interval where app_id = $1",
        "update recipients set attempt_due_at = attempt_due_at - $2::interval where app_id = $1",
    ):
        await run(world, statement, loud.app.id, by)


async def _left(world: World, loud: Tenant) -> int:
    async with world.platform.database.reading() as conn:
        return int(await conn.fetchval("select count(attempt_due_at) from recipients where app_id = $1", loud.app.id))


def _before(bank: Bank, quiet: Tenant) -> int:
    """How many orders the bank got before the first one of an app: all, where it got none."""
    return bank.orders.index(quiet.app.id) if quiet.app.id in bank.orders else len(bank.orders)


async def _state(tenant: Tenant) -> str:
    return str((await tenant.client.get("/transactions?external_id=quiet")).object[0]["state"])


async def _in_time(work: Awaitable[int]) -> int:
    """What it answers; nothing when it hangs."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_AT_MOST):
            return await work
    return 0


# -- webhooks


@asynccontextmanager
async def _silent(count: int) -> AsyncIterator["Silence"]:
    silence = Silence()
    async with AsyncExitStack() as stack:
        for _ in range(count):
            server = await asyncio.start_server(silence.hear, HOST, 0)
            stack.push_async_callback(server.wait_closed)
            stack.callback(server.close)
            silence.ports.append(server.sockets[0].getsockname()[1])
        yield silence


class Silence:
    """Sockets that take what comes and never answer; `waiting`: how many callers wait for an answer now."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.waiting = 0

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read until the caller has had enough."""
        self.waiting += 1
        try:
            with contextlib.suppress(ConnectionError):
                while await reader.read(65_536):
                    pass
        finally:
            self.waiting -= 1
            writer.transport.abort()


async def _webhooks_bounded(world: World, loud: Tenant, silence: Silence) -> Promise:
    """Ask for many at once, at every socket: each of them would be told of everything."""
    most = world.platform.settings.webhooks_per_app
    promise = Promise(sentence=f"no app has more than {most} webhooks, even if it asks for many at once")
    events = (await loud.client.get("/webhooks/events")).object

    async def register(number: int) -> int:
        url = f"http://{HOST}:{silence.ports[number % SILENT]}/{number}"
        return (await loud.client.post("/webhooks", {"webhook": {"url": url, "events": events}})).status

    statuses = await asyncio.gather(*(register(number) for number in range(most + MORE_WEBHOOKS)))
    so = sorted(statuses) == [201] * most + [422] * MORE_WEBHOOKS
    promise.hold(so=so, attempt=f"{most + MORE_WEBHOOKS} at once: {sorted(statuses)}")
    there = len((await loud.client.get("/webhooks?per=100")).object)
    promise.hold(so=there == most, attempt=f"{there} are there")
    return promise


async def _told_beside_silence(world: World, silence: Silence) -> Promise:
    most = delivery_settings(world.platform.settings).concurrent
    promise = Promise(sentence="beside webhooks that never answer, somebody else's arrives at once")
    quiet = await _tenant(world)
    await world.listen_to(quiet.client)
    await _fill(world, silence)
    taken = silence.waiting
    promise.hold(so=0 < taken < most, attempt=f"{taken} of {most} places were taken")
    await _pay(quiet, "quiet")
    world.receiver.heard_something.clear()
    sent = await _in_time(_send(world))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_AT_MOST if sent else 0):
            await world.receiver.heard_something.wait()
    events = world.events()
    promise.hold(so="transaction.created" in events, attempt=f"its webhook heard {events}")
    promise.hold(
        so=silence.waiting >= taken, attempt=f"{taken - silence.waiting} of the silent ones were given up for it"
    )
    promise.figure = f"{taken} of {most} places taken"
    return promise


async def _fill(world: World, silence: Silence) -> None:
    """Send until there is no more room for the noisy one, and all that was sent waits for its answer."""
    while await _in_time(_send(world)):
        pass
    async with asyncio.timeout(SECONDS_AT_MOST):
        while silence.waiting < await _under_way(world):
            await asyncio.sleep(0)


async def _send(world: World) -> int:
    """Tell webhooks of what happened and send what may go; answers how much there was to do."""
    courier = world._hands.courier
    return await courier.tell() + await courier.deliver()


async def _under_way(world: World) -> int:
    async with world.platform.database.reading() as conn:
        return int(
            await conn.fetchval("select count(*) from webhook_deliveries where leased_until > clock_timestamp()")
        )
