"""Growth: what create_and_fund and its rows cost beside few stored transactions and beside many."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

import asyncpg

from experiments.bench.figure import Figure, Goal
from experiments.bench.load import Plan, run_load
from experiments.bench.rounds import MOST_PER_SECOND, quantile, warm_up
from experiments.bench.stage import CONNECTIONS, Stage, ask, with_database
from experiments.harness.deployment import Deployment, api_running

GOAL = Goal(of="ratio", is_most=True, limit=1.2)
P95 = 0.95

_BYTES = """
select c.relname as name, pg_table_size(c.oid) as rows_bytes, pg_indexes_size(c.oid) as index_bytes
from pg_class c
where c.relnamespace = current_schema::regnamespace and c.relkind = 'r'
order by pg_total_relation_size(c.oid) desc
"""


def measure(stage: Stage, names: Sequence[str]) -> list[Figure]:
    """The databases stand side by side, each with an API process, and are asked in turn; then they are weighed."""
    with ExitStack() as running:
        deployments = [_deployed(stage, name) for name in names]
        for deployment in deployments:
            running.enter_context(api_running(deployment))
            warm_up(deployment, stage.payers)
        rounds = [[_p95(stage, deployment) for deployment in deployments] for _ in range(stage.form.rounds)]
    figures = []
    for number, stored in enumerate(stage.form.stored):
        ratios = [each[number] / each[0] for each in rounds]
        figures.append(
            Figure(
                name=f"create_and_fund p95 with {stored:,} stored transactions",
                value=1000 * median(each[number] for each in rounds),
                unit="ms",
                ratio=median(ratios) if number else None,
                spread=(min(ratios), max(ratios)) if number else None,
                against=f"{stage.form.stored[0]:,} stored" if number else "",
                goal=GOAL if number else None,
            )
        )
    return [*figures, *_sizes(stage, names)]


def weigh(stage: Stage, name: str) -> list[tuple[str, int, int]]:
    """Each table's rows and indexes in bytes, the largest table first."""
    rows = ask(with_database(stage.base.database_url, name), lambda conn: conn.fetch(_BYTES))
    return [(row["name"], row["rows_bytes"], row["index_bytes"]) for row in rows]


def _deployed(stage: Stage, name: str) -> Deployment:
    return stage.on(with_database(stage.base.database_url, name))


def _p95(stage: Stage, deployment: Deployment) -> float:
    ask(deployment.database_url, _checkpoint)
    plan = Plan(
        origins=deployment.origins,
        payers=stage.payers,
        connections=CONNECTIONS,
        seconds=stage.form.seconds,
        most_requests=int(CONNECTIONS * MOST_PER_SECOND * stage.form.seconds),
    )
    return quantile(run_load(plan).latencies, P95)


async def _checkpoint(conn: asyncpg.Connection) -> None:
    await conn.execute("checkpoint")


def _sizes(stage: Stage, names: Sequence[str]) -> Iterator[Figure]:
    """Bytes for a transaction that was paid out and told of. What calls leave in their log is another figure."""
    (few, many), (small, large) = _ends(stage.form.stored), _ends(names)
    before, after = weigh(stage, small), weigh(stage, large)
    more = many - few
    rows = (sum(each[1] for each in after) - sum(each[1] for each in before)) / more
    indexes = (sum(each[2] for each in after) - sum(each[2] for each in before)) / more
    yield Figure(name="stored bytes per transaction, rows", value=rows, unit="B")
    yield Figure(
        name="stored bytes per transaction, indexes", value=indexes, unit="B", ratio=indexes / rows, against="its rows"
    )
    yield Figure(name="all indexes", value=sum(each[2] for each in after) / 2**20, unit="MiB")


def _ends(values: Sequence) -> tuple:
    return values[0], values[-1]
