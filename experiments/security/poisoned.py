"""A poisoned neighbour: rows that nothing can be done with and a clock at its bounds are noticed by no other app.

Rows are spoilt by SQL, one of every kind of due work in every way we know, since what spoils the next one is not known
yet. API and worker run beside them as in production.
"""

import asyncio
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import structlog

from bitpesa.kernel.values import json
from experiments.security.findings import Chapter, Promise
from experiments.security.place import COMMAND, Server, environment, serving, working
from experiments.security.stage import Key, key_of, knock
from tests.journeys.test_poisoned_rows import KINDS, Kind, Tenant, go_live, is_done, run
from tests.journeys.world import PERSON, World, ok, open_world

SECONDS_AT_MOST = 60
"""How long anything here may take before it counts as hanging. Nothing is judged by how fast it was."""
SECONDS_BETWEEN_LOOKS = 0.1

DAY = 86_400
BEYOND: tuple[Any, ...] = (367 * DAY, -367 * DAY, 10**9, -(10**9), 10**12, 2**63, 10**30, 1.5, "1", True, None, [1])
"""Where no clock may be moved, by any key."""
AT_ONCE = 8

NEEDS_A_PERSON = {timedelta(hours=1): False, None: True}
"""Whether a row in quarantine does, by how long it is before it is tried again."""


class Case(msgspec.Struct, frozen=True):
    """A kind of due work as one app has it, spoilt or not."""

    name: str
    kind: Kind
    tenant: Tenant
    environment: str = "sandbox"

    @property
    def topic(self) -> str:
        """What wakes the work, and what a row in quarantine is of."""
        return self.name.partition(",")[0]


class Street(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who lives beside the poisoned: each kind of due work in the sandbox and live, and two who call."""

    spoilt: list[Case]
    healthy: list[Case]
    mover: Tenant
    quiet: Tenant
    quiet_live: Tenant

    @property
    def poisoned(self) -> set[UUID]:
        """The apps of which something may fail."""
        return {case.tenant.app.id for case in self.spoilt}


async def poisoned(database_url: str, directory: Path) -> Chapter:
    """Spoil what can be spoilt in a fresh database, and see everybody else served there."""
    with structlog.testing.capture_logs():
        async with open_world(database_url) as world:
            street = await _inhabited(world)
            settings = world.platform.settings
            async with (
                serving(settings, directory) as server,
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
            ):
                clock = await _beyond_the_bounds(session, server, street)
                async with working(settings, directory) as worker:
                    served = await _goes_on(world, street, worker)
                    calls = await _answered(session, server, street)
                    paid = await _paid(world, session, server, street.quiet)
            promises = [clock, served, calls, paid, await _alone(world, street), await _told_by_doctor(world)]
    return Chapter("A poisoned neighbour", promises)


async def _inhabited(world: World) -> Street:
    """Let every kind of work be due to three apps, and spoil it for one in each way there is."""
    spoilt, healthy = [], []
    for name, kind in KINDS.items():
        for statement in kind.spoil:
            case = await _due(world, name, kind)
            await run(world, statement, case.tenant.app.id)
            spoilt.append(case)
        healthy += [await _due(world, name, kind), await _due(world, name, kind, "live")]
    quiet_live = await _tenant(world)
    await go_live(world, quiet_live)
    street = Street(
        spoilt=spoilt, healthy=healthy, mover=await _tenant(world), quiet=await _tenant(world), quiet_live=quiet_live
    )
    await world.listen_to(street.quiet.client)
    return street


async def _due(world: World, name: str, kind: Kind, environment: str = "sandbox") -> Case:
    tenant = await _tenant(world)
    await kind.prepare(world, tenant)
    if environment == "live":
        await go_live(world, tenant)
    return Case(name, kind, tenant, environment)


async def _tenant(world: World) -> Tenant:
    app, client = await world.open_app()
    await world.run_clock_right(app)
    for amount, code in (("1000", "USD"), ("100000", "XOF")):
        await world.give(amount, code, app)
    return Tenant(app, client)


async def _beyond_the_bounds(session: aiohttp.ClientSession, server: Server, street: Street) -> Promise:
    """Move a clock to its bounds and beyond, one move after the other and many at once; then pay something there."""
    promise = Promise(sentence="no key moves its clock out of its bounds, and who does it at the bound hurts nobody")
    key = key_of(street.mover.client)

    async def move(seconds: Any) -> int:
        content = {"clock": {"advance_seconds": seconds}}
        return (await knock(session, server, "POST", "/sandbox/clock", content, key=key)).status

    for seconds in BEYOND:
        status = await move(seconds)
        promise.hold(so=status == 422, attempt=f"{seconds!r}: {status}")
    together = await asyncio.gather(*(move(180 * DAY) for _ in range(AT_ONCE)))
    promise.hold(so=sorted(together) == [200] * 2 + [422] * (AT_ONCE - 2), attempt=f"{AT_ONCE} at once: {together}")
    promise.hold(so=await move(6 * DAY - 60) == 200, attempt="to the bound")
    promise.hold(so=await move(3600) == 422, attempt="an hour beyond it")
    status = await _pay(session, server, street.mover, "at-the-bound")
    promise.hold(so=status == 201, attempt=f"a payment at the bound: {status}")
    return promise


async def _goes_on(world: World, street: Street, worker: Server) -> Promise:
    """Everything that is due to the others gets done, by a worker that has all the poison there is."""
    promise = Promise(sentence="beside rows that cannot be read, or whose work raises, everybody else's work is done")
    left = list(street.healthy)

    async def look() -> bool:
        for case in list(left):
            if await is_done(world, case.kind, case.tenant):
                left.remove(case)
        return not left

    await _until(look)
    for case in street.healthy:
        promise.hold(so=case not in left, attempt=f"{case.name} of a {case.environment} app is not done")
    promise.hold(so=worker.is_running, attempt="the worker ended by itself")
    promise.figure = f"beside {len(street.spoilt)} spoilt rows"
    return promise


async def _answered(session: aiohttp.ClientSession, server: Server, street: Street) -> Promise:
    """Calls at the same time share statements and commits: those of the poisoned are among them."""
    promise = Promise(sentence="calls beside those of a poisoned app are answered, in the sandbox and live")
    poisoned = [key_of(case.tenant.client) for case in street.spoilt]

    async def call(key: Key, number: int) -> tuple[int, int]:
        sender = {"sender": {**PERSON, "external_id": f"beside-{number}"}}
        seen = await knock(session, server, "GET", "/accounts/USD", key=key, at=key.environment)
        made = await knock(session, server, "POST", "/senders", sender, key=key, at=key.environment)
        return seen.status, made.status

    for number in range(AT_ONCE):
        quiet = (key_of(street.quiet.client), key_of(street.quiet_live.client, "live"))
        answers = await asyncio.gather(*(call(key, number) for key in (*poisoned, *quiet)), return_exceptions=True)
        for key, answer in zip(quiet, answers[-len(quiet) :], strict=True):
            promise.hold(so=answer == (200, 201), attempt=f"{key.environment}: {answer}")
    return promise


async def _paid(world: World, session: aiohttp.ClientSession, server: Server, quiet: Tenant) -> Promise:
    promise = Promise(sentence="and a payment beside it is paid, and told to its webhook")
    status = await _pay(session, server, quiet, "beside-poison")
    promise.hold(so=status == 201, attempt=f"it was answered {status}")

    async def heard() -> bool:
        return "transaction.paid_out" in world.events()

    promise.hold(so=await _until(heard), attempt=f"its webhook heard {world.events()}")
    return promise


async def _alone(world: World, street: Street) -> Promise:
    """In quarantine is what was spoilt, under its own kind of work, and nothing else."""
    promise = Promise(sentence="only the rows that cannot be worked on are in quarantine")
    rows = await _quarantined(world)
    for row in rows:
        promise.hold(so=row["app_id"] in street.poisoned, attempt=f"{row['topic']} {row['key']} of {row['app_id']}")
    there = {(row["app_id"], row["topic"]) for row in rows}
    for case in street.spoilt:
        so = not case.kind.fails or (case.tenant.app.id, case.topic) in there
        promise.hold(so=so, attempt=f"{case.name} of {case.tenant.app.id} is not there: {case.kind.spoil}")
    promise.figure = f"{len(rows)} rows"
    return promise


async def _told_by_doctor(world: World) -> Promise:
    """What is tried again by itself is a note; what waits for staff needs a person."""
    promise = Promise(sentence="`bitpesa doctor` says which kinds of work have rows in quarantine, and how many")
    rows = Counter(row["topic"] for row in await _quarantined(world))
    for wait, needs_a_person in NEEDS_A_PERSON.items():
        await run(world, "update quarantined_rows set retry_at = clock_timestamp() + $1::interval", wait)
        said = {each["about"]: each for each in await _examined(world) if each["check"] == "quarantine"}
        promise.hold(so=said.keys() == rows.keys(), attempt=f"it says {sorted(said)} of {sorted(rows)}")
        for topic, each in said.items():
            so = each["said"].startswith(f"{rows[topic]} rows") and (each["weight"] == "act") == needs_a_person
            promise.hold(so=so, attempt=f"{topic}, {rows[topic]} rows, tried again after {wait}: {each}")
    return promise


async def _examined(world: World) -> list[dict[str, Any]]:
    """What `bitpesa doctor` finds."""
    said = await asyncio.to_thread(
        subprocess.run,
        [*COMMAND, "doctor", "--json"],
        env=environment(world.platform.settings, {}),
        capture_output=True,
        check=False,
    )
    return json.decode(said.stdout)["findings"]


async def _quarantined(world: World) -> list[Any]:
    async with world.platform.database.reading() as conn:
        return await conn.fetch("select topic, key, app_id from quarantined_rows order by topic, key")


async def _pay(session: aiohttp.ClientSession, server: Server, tenant: Tenant, external_id: str) -> int:
    asked = {"input_currency": "USD", "sender": PERSON, "recipients": [ok("00")], "external_id": external_id}
    path, key = "/transactions/create_and_fund", key_of(tenant.client)
    return (await knock(session, server, "POST", path, {"transaction": asked}, key=key)).status


async def _until(holds: Callable[[], Awaitable[bool]]) -> bool:
    """Look until it holds; whether it did at last."""
    give_up_at = asyncio.get_running_loop().time() + SECONDS_AT_MOST
    while not await holds():
        if asyncio.get_running_loop().time() > give_up_at:
            return False
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    return True
