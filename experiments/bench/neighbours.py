"""A quiet app beside a noisy one: how long its payment takes until its webhook says that it is paid.

The neighbour has a backlog of payouts that are all due, and webhooks at an address that takes connections and never
answers. Nothing that it does may be noticed.
"""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from experiments.bench.figure import Figure, Goal
from experiments.bench.listeners import register, register_all
from experiments.bench.load import Plan, run_load
from experiments.bench.payer import Payer
from experiments.bench.receiver import Receiver, receiving
from experiments.bench.rounds import quantile
from experiments.bench.stage import CONNECTIONS, Stage, ask, copied
from experiments.bench.worker import worker_running
from experiments.harness.deployment import HOST, Deployment, api_running

SECONDS_TO_FUND = 300.0
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 0.2
PAYMENTS = 40
SILENT_WEBHOOKS = 200
HEARD_BY_SILENT = 5
"""How many payments of the neighbour its silent webhooks are told of."""

FUNDED = """
select reference as id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 as at
from ledger_postings where kind = 'debit' and app_id = $1
"""
DUE_AT_ONCE = "update recipients set attempt_due_at = clock_timestamp() where attempt_due_at is not null"
LEFT = "select count(*) from recipients where state <> 'success'"


def measure(stage: Stage) -> list[Figure]:
    """The quiet app's payments, one after the other, while the worker is at the backlog of its neighbour."""
    noisy, quiet = stage.payers[:2]
    waiting = stage.form.waiting
    silent = min(SILENT_WEBHOOKS, waiting)
    many = min(PAYMENTS, stage.form.requests)
    with (
        receiving() as receiver,
        _tarpit() as silent_url,
        copied(
            stage,
            "neighbours",
            sandbox_default_outcome="paid",
            allow_private_webhooks=True,
            webhooks_per_app=silent,
        ) as deployment,
        api_running(deployment),
    ):
        register(deployment, [quiet], receiver.url, ["transaction.paid_out"])
        with worker_running(deployment):
            alone = _waits(deployment, quiet, receiver, many)
        _pay(deployment, [noisy], waiting)
        silent_urls = [f"{silent_url}/{number}" for number in range(silent)]
        register_all(deployment, [noisy], silent_urls, ["transaction.created"])
        _pay(deployment, [noisy], HEARD_BY_SILENT)
        ask(deployment.database_url, lambda conn: conn.execute(DUE_AT_ONCE))
        with worker_running(deployment):
            waits = _waits(deployment, quiet, receiver, many)
            left = ask(deployment.database_url, lambda conn: conn.fetchval(LEFT))
    name = f"payment until its webhook says so, beside {waiting:,} due payouts and {silent} silent webhooks"
    return [
        Figure(name="payment until its webhook says so, alone, p95", value=quantile(alone, 0.95), unit="s"),
        Figure(name=f"{name}, p50", value=quantile(waits, 0.5), unit="s"),
        Figure(name=f"{name}, p95", value=quantile(waits, 0.95), unit="s", goal=Goal(is_most=True, limit=1)),
        Figure(name="payouts of the neighbour left when that was measured", value=left, unit="payouts"),
    ]


def _pay(deployment: Deployment, payers: Sequence[Payer], many: int) -> None:
    run_load(
        Plan(
            origins=deployment.origins,
            payers=list(payers),
            connections=min(CONNECTIONS, many),
            seconds=SECONDS_TO_FUND,
            most_requests=many,
        )
    )


def _waits(deployment: Deployment, quiet: Payer, receiver: Receiver, many: int) -> list[float]:
    """Seconds from the commit of each payment of the quiet app to the webhook that says that it is paid."""
    before = receiver.count()
    run_load(
        Plan(
            origins=deployment.origins,
            payers=[quiet],
            connections=1,
            seconds=PATIENCE_SECONDS,
            most_requests=many,
            pause_seconds=PAUSE_SECONDS,
        )
    )
    arrivals = receiver.wait_for(before + many, PATIENCE_SECONDS)[before:]
    rows = ask(deployment.database_url, lambda conn: conn.fetch(FUNDED, quiet.app_id))
    commits = {row["id"]: row["at"] for row in rows}
    return [arrival.at - commits[arrival.object_id] for arrival in arrivals]


@contextmanager
def _tarpit() -> Iterator[str]:
    """The URL of something that takes every connection and says nothing."""
    listener = socket.create_server((HOST, 0), backlog=1024)
    held: list[socket.socket] = []

    def take() -> None:
        try:
            while True:
                held.append(listener.accept()[0])
        except OSError:  # it was closed
            return

    taking = threading.Thread(target=take, daemon=True)
    taking.start()
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        taking.join()
        for each in held:
            each.close()
