"""Reads: a transaction by its id, a price, a list, beside pgbench selecting the same rows."""

from statistics import median

import asyncpg
import msgspec

from experiments.bench.figure import Figure
from experiments.bench.load import Call, Plan, run_load
from experiments.bench.payer import request_for
from experiments.bench.rounds import MOST_PER_SECOND, warm_up
from experiments.bench.stage import CONNECTIONS, Stage, ask, with_database
from experiments.harness.deployment import Deployment, api_running

TARGETS = 2_000
PER_PAGE = 10

_TARGETS = """
create schema bench;
create table bench.targets as
    select row_number() over (order by t.app_id, t.id)::int as n, t.app_id, t.id, t.sender_id
    from (select * from transactions where funded_at is not null order by random() limit {targets}) as t;
alter table bench.targets add primary key (n);
analyze bench.targets;
"""

# What the API shows of one: the transaction, its sender, its recipients.
SELECT_ONE = """\
\\set n random(1, :payers)
select * from bench.targets b
join transactions t on t.app_id = b.app_id and t.id = b.id
join senders s on s.app_id = t.app_id and s.id = t.sender_id
join recipients r on r.app_id = t.app_id and r.transaction_id = t.id
where b.n = :n;
"""

# What a price is made of: the sender, and the rates of the two currencies.
SELECT_PRICE = """\
\\set n random(1, :payers)
select * from bench.targets b
join senders s on s.app_id = b.app_id and s.id = b.sender_id
cross join exchange_rates e
where b.n = :n and e.currency in ('USD', 'NGN');
"""

SELECT_LIST = """\
\\set n random(1, :payers)
select * from bench.targets b
cross join lateral (
    select * from transactions t where t.app_id = b.app_id order by t.created_at desc, t.id desc limit 10
) as t
join senders s on s.app_id = t.app_id and s.id = t.sender_id
join recipients r on r.app_id = t.app_id and r.transaction_id = t.id
where b.n = :n;
"""


def measure(stage: Stage, stored: str) -> list[Figure]:
    """Ours and the select in turn, on a database with stored transactions."""
    deployment = stage.on(with_database(stage.base.database_url, stored))
    targets = ask(deployment.database_url, _targets)
    with api_running(deployment):
        warm_up(deployment, stage.payers)
        return [
            _compare(stage, deployment, name, calls, select, len(targets))
            for name, calls, select in _reads(stage, targets)
        ]


async def _targets(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    await conn.execute(_TARGETS.format(targets=TARGETS))
    return await conn.fetch("select app_id, id from bench.targets order by n")


def _reads(stage: Stage, targets: list[asyncpg.Record]) -> list[tuple[str, list[Call], str]]:
    at = {payer.app_id: number for number, payer in enumerate(stage.payers)}
    owners = [at[row["app_id"]] for row in targets]
    asked = [msgspec.json.encode(_price(stage, owner)).decode() for owner in owners]
    return [
        (
            "GET a transaction",
            [Call(owner, "GET", f"/v1/transactions/{row['id']}") for owner, row in zip(owners, targets, strict=True)],
            SELECT_ONE,
        ),
        (
            "calculate a price",
            [
                Call(owner, "POST", "/v1/transactions/calculate", body)
                for owner, body in zip(owners, asked, strict=True)
            ],
            SELECT_PRICE,
        ),
        (
            f"list {PER_PAGE} transactions",
            [Call(owner, "GET", f"/v1/transactions?per={PER_PAGE}") for owner in owners],
            SELECT_LIST,
        ),
    ]


def _price(stage: Stage, owner: int) -> dict:
    wanted = request_for(stage.payers[owner], "")
    del wanted["transaction"]["external_id"]
    return wanted


def _compare(stage: Stage, deployment: Deployment, name: str, calls: list[Call], select: str, targets: int) -> Figure:
    pgbench, seconds, rounds = stage.pgbench(deployment), stage.form.seconds, []
    for _ in range(stage.form.rounds):
        plan = Plan(
            origins=deployment.origins,
            payers=stage.payers,
            connections=CONNECTIONS,
            seconds=seconds,
            most_requests=int(CONNECTIONS * MOST_PER_SECOND * seconds),
            calls=calls,
        )
        ours = run_load(plan).per_second
        rounds.append((ours, pgbench.run(select, clients=CONNECTIONS, seconds=seconds, payers=targets).per_second))
    ratios = [ours / theirs for ours, theirs in rounds]
    return Figure(
        name=name,
        value=median(ours for ours, _ in rounds),
        unit="/s",
        ratio=median(ratios),
        spread=(min(ratios), max(ratios)),
        against=f"pgbench selecting its rows: {median(theirs for _, theirs in rounds):,.0f}/s",
    )
