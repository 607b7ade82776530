"""The measurement: ours and the ceiling in turn, round after round, each watched for the rows that it writes."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg
import msgspec

from experiments.bench import ceiling
from experiments.bench.ceiling import Ceiling, Pgbench
from experiments.bench.load import Measured, Plan, run_load
from experiments.bench.payer import Payer
from experiments.bench.stage import CONNECTIONS, ask
from experiments.bench.written import count_rows, written_by
from experiments.harness.deployment import Deployment

T = TypeVar("T")
Shape = dict[str, tuple[int, int]]

BATCH = 32
SECONDS_TO_WARM_UP = 60.0
MOST_PER_SECOND = 800  # and connection: requests are signed beforehand, and a run that uses them up ends early


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is compared with the ceiling. The goal is a ratio: at least it for rates, at most it for times."""

    name: str
    unit: str
    goal: float | None = None

    @property
    def is_time(self) -> bool:
        """Whether less is better."""
        return self.unit == "ms"


SPREAD = Line(name="8 connections, 100 balances", unit="/s", goal=1.0)
SPREAD_IN_BATCHES = Line(name="the same, ceiling in batches of 32", unit="/s", goal=0.65)
HOT = Line(name="8 connections, one balance", unit="/s", goal=1.8)
ALONE = {
    0.50: Line(name="one connection, p50", unit="ms", goal=1.3),
    0.95: Line(name="one connection, p95", unit="ms"),
    0.99: Line(name="one connection, p99", unit="ms"),
}
LINES = (SPREAD, SPREAD_IN_BATCHES, HOT, *ALONE.values())


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one round measured."""

    figures: dict[Line, tuple[float, float]]
    """For each line ours, and the ceiling."""
    busy: float
    """The largest part of a core that the load generator used: far from 1, or it was measured instead of us."""


class DifferentRows(Exception):
    """Ours and the ceiling do not write the same rows: a comparison would mean nothing."""


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """The two sides, prepared: who pays, and what one request writes."""

    deployment: Deployment
    payers: list[Payer]
    pgbench: Pgbench
    shape: Shape
    statement: str
    """The text of the function that writes a request's rows for the ceiling."""

    def play(self, seconds: float) -> Round:
        """One round. Raises DifferentRows."""
        ours = self.ours(seconds)
        single = self._ceiling(ceiling.ONE, seconds)
        batches = self._ceiling(ceiling.BATCH, seconds, batch=BATCH)
        ours_hot = self._ours(self.payers[:1], CONNECTIONS, seconds)
        hot = self._ceiling(ceiling.ONE, seconds, payers=1)
        ours_alone = self._ours(self.payers, 1, seconds)
        alone = self._ceiling(ceiling.ONE, seconds, clients=1, timed=True)
        figures = {
            SPREAD: (ours.per_second, single.per_second),
            SPREAD_IN_BATCHES: (ours.per_second, batches.per_second * BATCH),
            HOT: (ours_hot.per_second, hot.per_second),
            **{
                line: (1000 * quantile(ours_alone.latencies, part), 1000 * quantile(alone.latencies, part))
                for part, line in ALONE.items()
            },
        }
        return Round(figures=figures, busy=max(ours.busy, ours_hot.busy, ours_alone.busy))

    def ours(self, seconds: float) -> Measured:
        """Payments for everybody, on all connections. Raises DifferentRows."""
        return self._ours(self.payers, CONNECTIONS, seconds)

    def _ours(self, payers: Sequence[Payer], connections: int, seconds: float) -> Measured:
        plan = Plan(
            origins=self.deployment.origins,
            payers=list(payers),
            connections=connections,
            seconds=seconds,
            most_requests=connections * int(MOST_PER_SECOND * seconds),
        )
        return self._watched(lambda: run_load(plan), lambda run: run.requests)

    def _ceiling(
        self,
        script: str,
        seconds: float,
        *,
        payers: int | None = None,
        clients: int = CONNECTIONS,
        batch: int = 1,
        timed: bool = False,
    ) -> Ceiling:
        most = len(self.payers) if payers is None else payers
        return self._watched(
            lambda: self.pgbench.run(script, clients=clients, seconds=seconds, payers=most, batch=batch, timed=timed),
            lambda run: run.transactions * batch,
        )

    def _watched(self, run: Callable[[], T], requests_of: Callable[[T], int]) -> T:
        """Run after a checkpoint, so that all begin alike, and count the rows: as many as the requests should write."""
        before = ask(self.deployment.database_url, _after_checkpoint)
        result = run()
        after = ask(self.deployment.database_url, count_rows)
        requests = requests_of(result)
        found = {table: count - before[table] for table, count in after.items() if count != before[table]}
        expected = {table: new * requests for table, (new, _) in self.shape.items() if new}
        if found != expected:
            raise DifferentRows(f"{requests} requests should have written {expected}, and wrote {found}")
        return result


def prepare_contest(deployment: Deployment, payers: list[Payer], pgbench: Pgbench) -> Contest:
    """Warm the API up, see what a request of ours writes, and make the ceiling write the same. Raises DifferentRows."""
    warm_up(deployment, payers)
    one = Plan(origins=deployment.origins, payers=payers[:1], connections=1, seconds=0, most_requests=1)

    async def prepare(conn: asyncpg.Connection) -> Contest:
        ours = await written_by(lambda: asyncio.to_thread(run_load, one), conn, payers[0].app_id)
        statement = await ceiling.prepare(conn, payers, ours)
        theirs = await written_by(lambda: conn.execute("select bench.write_requests(array[1])"), conn, payers[0].app_id)
        if ours.shape != theirs.shape:
            raise DifferentRows(f"a request of ours writes {ours.shape}, and one of the ceiling {theirs.shape}")
        await conn.execute("vacuum analyze")
        return Contest(deployment=deployment, payers=payers, pgbench=pgbench, shape=ours.shape, statement=statement)

    return ask(deployment.database_url, prepare)


def warm_up(deployment: Deployment, payers: list[Payer]) -> None:
    """Let everybody pay twice: the first payment of an app opens an account, which later ones do not."""
    plan = Plan(
        origins=deployment.origins,
        payers=payers,
        connections=CONNECTIONS,
        seconds=SECONDS_TO_WARM_UP,
        most_requests=2 * len(payers),
        in_turn=True,
    )
    if run_load(plan).requests < plan.most_requests:
        raise TimeoutError(f"{plan.most_requests} requests took longer than {SECONDS_TO_WARM_UP:.0f} seconds")


def quantile(values: Sequence[float], part: float) -> float:
    """The value that this part of them does not exceed."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


async def _after_checkpoint(conn: asyncpg.Connection) -> dict[str, int]:
    await conn.execute("checkpoint")
    return await count_rows(conn)
