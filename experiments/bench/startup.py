"""Start-up of `bitpesa sandbox`, as somebody at a laptop has it: until it answers, until it paid."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import msgspec

from bitpesa.cli.client import Client
from experiments.bench.figure import Figure, Goal
from experiments.bench.fixture import SENDER
from experiments.bench.memory import memory_mib
from experiments.bench.payer import RECIPIENT
from experiments.bench.stage import Stage
from experiments.harness.deployment import SECONDS_TO_STOP

SECONDS_TO_PAY = 30.0
COMMAND = [sys.executable, "-c", "from bitpesa.cli.main import main; main()", "sandbox", "--json", "--port", "0"]


class Start(msgspec.Struct, frozen=True):
    """Seconds from the command to the first answer and to the first payment that was paid out; its memory in MiB."""

    answered: float
    paid: float
    memory: float


def measure(stage: Stage) -> list[Figure]:
    """Once in a new directory, then again in the same one."""
    data = stage.directory / "sandbox"
    cold = _start(data)
    warm = [_start(data) for _ in range(stage.form.starts)]
    return [
        Figure(name="bitpesa sandbox, first start: first request answered", value=cold.answered, unit="s"),
        Figure(name="bitpesa sandbox, first start: first payment paid out", value=cold.paid, unit="s"),
        Figure(
            name="bitpesa sandbox, later start: first request answered",
            value=median(each.answered for each in warm),
            unit="s",
            goal=Goal(is_most=True, limit=3),
        ),
        Figure(
            name="bitpesa sandbox, later start: first payment paid out",
            value=median(each.paid for each in warm),
            unit="s",
            goal=Goal(is_most=True, limit=5),
        ),
        Figure(
            name="bitpesa sandbox, memory after its first payment",
            value=median(each.memory for each in warm),
            unit="MiB",
        ),
    ]


def _start(data: Path) -> Start:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BITPESA_")}
    environment["BITPESA_SANDBOX_DEFAULT_OUTCOME"] = "paid"
    began = time.perf_counter()
    process = subprocess.Popen([*COMMAND, "--data", str(data)], stdout=subprocess.PIPE, env=environment)
    try:
        if process.stdout is None:
            raise RuntimeError("the sandbox has no standard output")
        told = msgspec.json.decode(process.stdout.readline())
        answered, paid = asyncio.run(_pay(told))
        return Start(answered - began, paid - began, memory_mib(process.pid))
    finally:
        process.terminate()
        process.wait(SECONDS_TO_STOP)


async def _pay(told: dict[str, Any]) -> tuple[float, float]:
    """When the first request was answered, and when a payment made right then was paid out."""
    async with Client(told["base_url"], told["api_key"], told["api_secret"]) as client:
        await client.get("/accounts/USD")
        answered = time.perf_counter()
        sender = await client.post("/senders", {"sender": {**SENDER, "external_id": uuid4().hex}})
        asked = {
            "external_id": uuid4().hex,
            "input_currency": "USD",
            "sender": {"id": sender.object["id"]},
            "recipients": [RECIPIENT],
        }
        made = await client.post("/transactions/create_and_fund", {"transaction": asked})
        async with asyncio.timeout(SECONDS_TO_PAY):
            while (await client.get(f"/transactions/{made.object['id']}")).object["state"] != "paid":
                await asyncio.sleep(0.005)
        return answered, time.perf_counter()
