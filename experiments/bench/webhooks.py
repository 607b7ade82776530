"""Webhooks: how soon one leaves after the commit that it reports, and how fast many that wait are delivered."""

from experiments.bench.figure import Figure, Goal
from experiments.bench.listeners import register
from experiments.bench.load import Plan, run_load
from experiments.bench.receiver import Receiver, receiving
from experiments.bench.rounds import quantile
from experiments.bench.stage import Stage, ask, copied
from experiments.bench.worker import worker_running
from experiments.harness.deployment import api_running

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.03
FEW = 200

# When the posting that funded a transaction was committed: it is the one row of it that nobody ever changes.
COMMITS = """
select reference as id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 as at
from ledger_postings where kind = 'debit'
"""

# Deliveries of many stories, each anew: the first of a story waits for no other.
WAIT_AGAIN = """
update webhook_deliveries d set state = 'waiting', tries = 0, due_at = clock_timestamp()
from (select distinct on (subject_id) app_id, id from webhook_deliveries order by subject_id limit $1) as again
where d.app_id = again.app_id and d.id = again.id
"""


def measure(stage: Stage, stored: str) -> list[Figure]:
    """The time to the POST when nothing else happens; then a drain."""
    with receiving() as receiver:
        soon = _soon(stage, receiver)
    with receiving() as receiver:
        rate, many = _drain(stage, stored, receiver)
    return [
        Figure(name="commit until the webhook's POST, p50", value=1000 * quantile(soon, 0.5), unit="ms"),
        Figure(
            name="commit until the webhook's POST, p95",
            value=1000 * quantile(soon, 0.95),
            unit="ms",
            goal=Goal(is_most=True, limit=10),
        ),
        Figure(
            name=f"deliveries by one worker, {many:,} waiting",
            value=rate,
            unit="/s",
            ratio=rate / stage.yardstick if stage.yardstick else None,
            against="pgbench writing create_and_fund",
        ),
        Figure(name=f"drain of {many:,} waiting deliveries", value=many / rate, unit="s"),
    ]


def _soon(stage: Stage, receiver: Receiver) -> list[float]:
    """Seconds from each commit to the arrival of its webhook, one request after another with a pause between them."""
    requests = min(FEW, stage.form.requests)
    with copied(stage, "webhooks", allow_private_webhooks=True) as deployment:
        register(deployment, stage.payers, receiver.url, ["transaction.created"])
        with api_running(deployment), worker_running(deployment):
            for many in (len(stage.payers), requests):  # the first of each app opens an account, and is left out
                before = receiver.count()
                plan = Plan(
                    origins=deployment.origins,
                    payers=stage.payers,
                    connections=1,
                    seconds=PATIENCE_SECONDS,
                    most_requests=many,
                    in_turn=True,
                    pause_seconds=PAUSE_SECONDS,
                )
                run_load(plan)
                arrivals = receiver.wait_for(before + many, PATIENCE_SECONDS)[before:]
        commits = {row["id"]: row["at"] for row in ask(deployment.database_url, lambda conn: conn.fetch(COMMITS))}
    return [arrival.at - commits[arrival.object_id] for arrival in arrivals]


def _drain(stage: Stage, stored: str, receiver: Receiver) -> tuple[float, int]:
    """Deliveries in a second between the first arrival and the last, and how many there were."""
    with copied(stage, "drain", stored, allow_private_webhooks=True) as deployment:

        async def wait_again(conn) -> int:
            await conn.execute("update webhooks set url = $1", receiver.url)
            return int((await conn.execute(WAIT_AGAIN, stage.form.waiting)).split()[-1])

        many = ask(deployment.database_url, wait_again)
        with worker_running(deployment):
            arrivals = receiver.wait_for(many, PATIENCE_SECONDS)
    return (many - 1) / (arrivals[-1].at - arrivals[0].at), many
