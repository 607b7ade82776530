"""Databases with many stored transactions: one real flow for each payer, and then as many like it as are wanted."""

import asyncio

import asyncpg

from bitpesa.kernel.database.pool import open_database
from bitpesa.ops.bookkeeping.integrity import audit
from experiments.bench.filler import fill
from experiments.bench.listeners import register
from experiments.bench.load import Plan, run_load
from experiments.bench.receiver import Receiver, receiving
from experiments.bench.stage import CONNECTIONS, Stage, ask, database_of
from experiments.bench.waiting import until
from experiments.bench.worker import worker_running
from experiments.bench.written import Written, written_by
from experiments.harness.deployment import Deployment, api_running

EVENTS = ("transaction.created", "transaction.paid_in", "recipient.paid_out", "transaction.paid_out")
SECONDS = 120.0
UNFINISHED = """
select (select count(*) from recipients where state <> 'success') + (select count(*) from untold_events)
    + (select count(*) from webhook_deliveries where state = 'waiting')
"""


class BooksLie(Exception):
    """The audit does not believe the stored transactions: nothing measured on them would mean anything."""


def store(stage: Stage) -> list[str]:
    """Make a database for each number of stored transactions that the form asks for; answers their names."""
    settings = {"sandbox_default_outcome": "paid", "allow_private_webhooks": True}
    deployment = stage.copy("stored", **settings)
    with receiving() as receiver:
        flow = _observe(stage, deployment, receiver)
    names, there, before = [], len(stage.payers) + 1, database_of(deployment.database_url)
    for number, wanted in enumerate(stage.form.stored):
        name = f"stored_{wanted}"
        grown = stage.copy(name, before)
        ask(grown.database_url, lambda conn, more=wanted - there: _grow(conn, stage, flow, more))
        if number == 0:
            asyncio.run(_believe(grown.database_url))
        names.append(name)
        there, before = wanted, name
    stage.drop(deployment)
    return names


def _observe(stage: Stage, deployment: Deployment, receiver: Receiver) -> Written:
    """What one whole flow writes, once every account it needs is open."""
    payers = stage.payers
    register(deployment, payers, receiver.url, EVENTS)
    with api_running(deployment), worker_running(deployment):
        _flows(deployment, stage, len(payers))

        async def observe(conn: asyncpg.Connection) -> Written:
            return await written_by(lambda: asyncio.to_thread(_flows, deployment, stage, 1), conn, payers[0].app_id)

        return ask(deployment.database_url, observe)


def _flows(deployment: Deployment, stage: Stage, many: int) -> None:
    plan = Plan(
        origins=deployment.origins,
        payers=stage.payers[:many],
        connections=min(CONNECTIONS, many),
        seconds=SECONDS,
        most_requests=many,
        in_turn=True,
    )
    run_load(plan)
    until(deployment.database_url, UNFINISHED, SECONDS)


async def _grow(conn: asyncpg.Connection, stage: Stage, flow: Written, more: int) -> None:
    await fill(conn, stage.payers, flow, more)
    await conn.execute("drop schema bench cascade")
    await conn.execute("vacuum analyze")
    await conn.execute("checkpoint")


async def _believe(database_url: str) -> None:
    async with open_database(database_url) as database, database.reading() as conn:
        report = await audit(conn)
    if not report.agrees:
        raise BooksLie(f"{report.disagreements_in_all} disagreements, such as {report.disagreements[0]}")
