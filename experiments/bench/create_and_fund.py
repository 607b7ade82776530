"""create_and_fund over HTTP beside pgbench writing the same rows: spread, in batches, on one balance, alone."""

import sys
from collections.abc import Sequence
from statistics import median

from experiments.bench.costs import costs
from experiments.bench.figure import Figure, Goal
from experiments.bench.rounds import HOT, SPREAD, Contest, Round, prepare_contest
from experiments.bench.stage import Stage
from experiments.bench.table import Result, results
from experiments.harness.deployment import Deployment, api_running


def measure(stage: Stage, deployment: Deployment) -> tuple[list[Figure], Contest, list[Round]]:
    """Rounds of all of them in turn. Sets the yardstick that other figures are compared with."""
    with api_running(deployment) as processes:
        contest = prepare_contest(deployment, stage.payers, stage.pgbench(deployment))
        rounds = [_play(contest, number, stage) for number in range(1, stage.form.rounds + 1)]
        spent = _spent(contest, [each.pid for each in processes], stage)
    stage.yardstick = median(each.figures[SPREAD][1] for each in rounds)
    return [*(_figure(each) for each in results(rounds)), _hot_against_spread(rounds), *spent], contest, rounds


def _spent(contest: Contest, pids: Sequence[int], stage: Stage) -> list[Figure]:
    before = costs(contest.deployment.database_url, pids)
    run = contest.ours(stage.form.seconds)
    return costs(contest.deployment.database_url, pids).figures(before, run.requests, "create_and_fund")


def _play(contest: Contest, number: int, stage: Stage) -> Round:
    print(f"  round {number} of {stage.form.rounds}", file=sys.stderr, flush=True)
    return contest.play(stage.form.seconds)


def _figure(result: Result) -> Figure:
    line = result.line
    goal = None if line.goal is None else Goal(of="ratio", is_most=line.is_time, limit=line.goal)
    shown = f"{result.ceiling:.2f} ms" if line.is_time else f"{result.ceiling:,.0f}/s"
    return Figure(
        name=f"create_and_fund, {line.name}",
        value=result.ours,
        unit=line.unit,
        ratio=result.ratio,
        spread=(min(result.ratios), max(result.ratios)),
        against=f"pgbench: {shown}",
        goal=goal,
    )


def _hot_against_spread(rounds: Sequence[Round]) -> Figure:
    """What it costs that everybody draws on one balance: ours against ours."""
    ratios = [each.figures[HOT][0] / each.figures[SPREAD][0] for each in rounds]
    return Figure(
        name="create_and_fund, one balance against 100 balances",
        value=median(each.figures[HOT][0] for each in rounds),
        unit="/s",
        ratio=median(ratios),
        spread=(min(ratios), max(ratios)),
        against="ours, spread",
    )
