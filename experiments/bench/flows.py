"""Whole flows: from create_and_fund to the webhook that says the money arrived."""

import os
from statistics import median

from experiments.bench.costs import costs
from experiments.bench.figure import Figure, Goal
from experiments.bench.listeners import register
from experiments.bench.load import Plan, run_load
from experiments.bench.memory import memory_mib
from experiments.bench.receiver import Receiver, receiving
from experiments.bench.rounds import MOST_PER_SECOND
from experiments.bench.stage import CONNECTIONS, Stage, ask, copied
from experiments.bench.worker import worker_running
from experiments.harness.deployment import Deployment, api_running

PAID_OUT = "transaction.paid_out"
PATIENCE_SECONDS = 60.0
FIRST_FLOWS = 200


def measure(stage: Stage) -> list[Figure]:
    """Rounds on one database, each until the last of its webhooks came; half the processes are API, half workers."""
    processes = max((os.cpu_count() or 2) // 2, 1)
    settings = {"sandbox_default_outcome": "paid", "allow_private_webhooks": True}
    with copied(stage, "flows", processes=processes, **settings) as deployment, receiving() as receiver:
        register(deployment, stage.payers, receiver.url, [PAID_OUT])
        with api_running(deployment) as api, worker_running(deployment) as worker:
            idle, ours = memory_mib(worker.pid), [worker.pid, *(each.pid for each in api)]
            _flow(stage, deployment, receiver, most=min(FIRST_FLOWS, stage.form.requests))
            before, first = costs(deployment.database_url, ours), receiver.count()
            rates = [_flow(stage, deployment, receiver) for _ in range(stage.form.rounds)]
            after, flows = memory_mib(worker.pid), receiver.count()
            spent = costs(deployment.database_url, ours).figures(before, flows - first, "full flows")
        call = ask(deployment.database_url, _bytes_per_call)
    rate = median(rates)
    return [
        Figure(
            name="full flows: create_and_fund, paid out, webhook received",
            value=rate,
            unit="/s",
            ratio=rate / stage.yardstick if stage.yardstick else None,
            spread=(min(rates) / stage.yardstick, max(rates) / stage.yardstick) if stage.yardstick else None,
            against="pgbench writing create_and_fund",
            goal=Goal(limit=400),
        ),
        *spent,
        Figure(name="memory of a worker, idle", value=idle, unit="MiB"),
        Figure(
            name=f"memory of a worker after {flows:,} flows",
            value=after,
            unit="MiB",
            ratio=after / idle,
            against="idle",
        ),
        Figure(name="log of calls, bytes per call with its indexes", value=call, unit="B"),
    ]


def _flow(stage: Stage, deployment: Deployment, receiver: Receiver, most: int | None = None) -> float:
    """Flows in a second, from the first request to the last webhook."""
    before = receiver.count()
    seconds = stage.form.seconds
    most_requests = most or int(CONNECTIONS * MOST_PER_SECOND * seconds)
    plan = Plan(
        origins=deployment.origins,
        payers=stage.payers,
        connections=CONNECTIONS,
        seconds=PATIENCE_SECONDS if most else seconds,
        most_requests=most_requests,
    )
    loaded = run_load(plan)
    arrivals = receiver.wait_for(before + loaded.requests, PATIENCE_SECONDS)[before:]
    if len({each.object_id for each in arrivals}) != loaded.requests:
        raise RuntimeError(f"{loaded.requests} flows, and webhooks of {len({each.object_id for each in arrivals})}")
    return loaded.requests / (arrivals[-1].at - loaded.began_at)


async def _bytes_per_call(conn) -> float:
    return await conn.fetchval(
        "select pg_total_relation_size('api_logs')::float8 / greatest(count(*), 1) from api_logs"
    )
