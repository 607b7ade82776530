"""create_and_fund with one, two and four API processes: what another process brings, and what it costs."""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from experiments.bench.figure import Figure
from experiments.bench.load import Measured, Plan, run_load
from experiments.bench.rounds import MOST_PER_SECOND, quantile, warm_up
from experiments.bench.stage import CONNECTIONS, Stage, copied
from experiments.harness.deployment import Deployment, api_running

PROCESSES = (1, 2, 4)


def measure(stage: Stage) -> list[Figure]:
    """All of them run at once and are asked in turn; who is not asked does nothing."""
    with copied(stage, "processes") as first, ExitStack() as running:
        deployments = [stage.on(first.database_url, processes=number) for number in PROCESSES]
        for deployment in deployments:
            running.enter_context(api_running(deployment))
            warm_up(deployment, stage.payers)
        rounds = [[_load(stage, deployment) for deployment in deployments] for _ in range(stage.form.rounds)]
    return [figure for number in range(len(PROCESSES)) for figure in _figures(number, rounds)]


def _load(stage: Stage, deployment: Deployment) -> Measured:
    seconds = stage.form.seconds
    most = int(CONNECTIONS * MOST_PER_SECOND * seconds)
    plan = Plan(
        origins=deployment.origins,
        payers=stage.payers,
        connections=CONNECTIONS,
        seconds=seconds,
        most_requests=most,
    )
    return run_load(plan)


def _figures(number: int, rounds: list[list[Measured]]) -> Iterator[Figure]:
    name = f"create_and_fund, {PROCESSES[number]} API process{'es' if PROCESSES[number] > 1 else ''}"
    mine = [each[number] for each in rounds]
    ratios = [each[number].per_second / each[0].per_second for each in rounds]
    yield Figure(
        name=name,
        value=median(each.per_second for each in mine),
        unit="/s",
        ratio=median(ratios) if number else None,
        spread=(min(ratios), max(ratios)) if number else None,
        against="one process" if number else "",
    )
    for part in (0.50, 0.95, 0.99):
        value = 1000 * median(quantile(each.latencies, part) for each in mine)
        yield Figure(name=f"{name}, p{part:.0%}".rstrip("%"), value=value, unit="ms")
