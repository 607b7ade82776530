"""Payouts: how fast funded transactions that wait are handed to their provider and recorded as paid."""

from experiments.bench.figure import Figure
from experiments.bench.load import Plan, run_load
from experiments.bench.stage import CONNECTIONS, Stage, ask, copied
from experiments.bench.waiting import until
from experiments.bench.worker import worker_running
from experiments.harness.deployment import api_running

SECONDS_TO_FUND = 120.0
SECONDS_TO_PAY = 120.0
LEFT = "select count(*) from recipients where state <> 'success'"
PER_SECOND = """
select count(*) / extract(epoch from max(answered_at) - min(started_at))::float8
from payout_attempts where result_code = '0'
"""


def measure(stage: Stage) -> list[Figure]:
    """One drain of many waiting payouts by one worker, timed by what it wrote about them."""
    waiting = stage.form.waiting // 5
    with copied(stage, "payouts", sandbox_default_outcome="paid") as deployment:
        with api_running(deployment):
            plan = Plan(
                origins=deployment.origins,
                payers=stage.payers,
                connections=CONNECTIONS,
                seconds=SECONDS_TO_FUND,
                most_requests=waiting,
            )
            run_load(plan)
        with worker_running(deployment):
            until(deployment.database_url, LEFT, SECONDS_TO_PAY)
        rate = ask(deployment.database_url, lambda conn: conn.fetchval(PER_SECOND))
    return [
        Figure(
            name=f"payouts by one worker, {waiting:,} waiting",
            value=rate,
            unit="/s",
            ratio=rate / stage.yardstick if stage.yardstick else None,
            against="pgbench writing create_and_fund",
        )
    ]
