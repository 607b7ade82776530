"""Memory of an API process: idle, and after many requests."""

from pathlib import Path

from experiments.bench.figure import Figure
from experiments.bench.load import Plan, run_load
from experiments.bench.stage import CONNECTIONS, Stage, copied
from experiments.harness.deployment import api_running

AT_A_TIME = 5_000
SECONDS = 300.0


def measure(stage: Stage) -> list[Figure]:
    """One process is asked for payments, by everybody, a few thousand requests at a time."""
    requests = stage.form.requests
    with copied(stage, "memory") as deployment, api_running(deployment) as (process,):
        idle = memory_mib(process.pid)
        for done in range(0, requests, AT_A_TIME):
            plan = Plan(
                origins=deployment.origins,
                payers=stage.payers,
                connections=CONNECTIONS,
                seconds=SECONDS,
                most_requests=min(AT_A_TIME, requests - done),
                seed=done,
            )
            run_load(plan)
        after = memory_mib(process.pid)
    return [
        Figure(name="memory of an API process, idle", value=idle, unit="MiB"),
        Figure(
            name=f"memory of an API process after {requests:,} requests",
            value=after,
            unit="MiB",
            ratio=after / idle,
            against="idle",
        ),
    ]


def memory_mib(pid: int) -> float:
    """What a process has in memory now, what it shares with others included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"nothing is known of the memory of process {pid}")
