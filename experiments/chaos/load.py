"""The load: a process of its own in which clients play flows until they are told to stop, and then finish politely.

It reads a plan from its standard input and writes what it did to the journal and, at the end, a sum of it to its
standard output. On SIGTERM no flow is begun any more; those under way go on until nothing is unknown that can be known.
"""

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvloop

from experiments.chaos.caller import Caller
from experiments.chaos.fixture import Player
from experiments.chaos.flows import choose, flood
from experiments.chaos.journal import Journal

SECONDS_TO_THINK = 0.3
SECONDS_BETWEEN_FLOODS = (1.0, 3.0)
SECONDS_TO_SAY_SO = 5.0
SECONDS_TO_FINISH = 120.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Who plays what against whom, and where it is written down."""

    bases: tuple[str, ...]
    players: list[Player]
    noisy: Player | None = None
    """Who pays many people at once all the while. What comes of that is not counted as work done."""
    clients: int
    seed: int
    journal: str


class Played(msgspec.Struct, frozen=True):
    """What came of it: flows that were begun and that came to their end, and answers by what they mean."""

    begun: int
    completed: int
    acknowledged: int
    refused: int
    unknown: int


async def play(plan: Plan) -> Played:
    """Play until told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    journal = Journal(Path(plan.journal))
    counts: Counter[str] = Counter()
    async with asyncio.TaskGroup() as clients:
        for number in range(plan.clients):
            clients.create_task(_client(plan, number, journal, stop, counts))
        if plan.noisy is not None:
            clients.create_task(_make_noise(plan, plan.noisy, journal, stop))
    journal.close()
    return msgspec.convert({name: counts[name] for name in Played.__struct_fields__}, Played)


async def _client(plan: Plan, number: int, journal: Journal, stop: asyncio.Event, counts: Counter[str]) -> None:
    chance = random.Random(f"{plan.seed}/{number}")
    caller = Caller(plan.players[number % len(plan.players)], plan.bases, journal, chance)
    try:
        while not stop.is_set():
            flow = choose(chance)
            counts["begun"] += 1
            completed = await flow(caller, random.Random(chance.random()))
            counts["completed"] += completed
            await asyncio.sleep(chance.uniform(0, SECONDS_TO_THINK))
    finally:
        counts.update(caller.counted)
        await caller.close()


async def _make_noise(plan: Plan, noisy: Player, journal: Journal, stop: asyncio.Event) -> None:
    chance = random.Random(f"{plan.seed}/noise")
    caller = Caller(noisy, plan.bases, journal, chance)
    try:
        while not stop.is_set():
            await flood(caller, chance)
            await asyncio.sleep(chance.uniform(*SECONDS_BETWEEN_FLOODS))
    finally:
        await caller.close()


class RunningLoad:
    """The process, and what it says when it ends."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "experiments.chaos.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(plan))
        self._process.stdin.close()
        self._process.stdin = None

    @property
    def is_running(self) -> bool:
        """Whether it plays; it never ends by itself."""
        return self._process.poll() is None

    def ask_to_stop(self) -> None:
        """Have clients begin nothing new, and finish what they are at."""
        self._process.send_signal(signal.SIGTERM)

    def played(self) -> Played:
        """What came of it, once it has stopped. Raises CalledProcessError when it failed, TimeoutExpired."""
        output, _ = self._process.communicate(timeout=SECONDS_TO_SAY_SO)
        if self._process.returncode:
            raise subprocess.CalledProcessError(self._process.returncode, "chaos.load")
        return msgspec.json.decode(output, type=Played)

    def kill(self) -> None:
        """End it at once, when the experiment itself went wrong."""
        if self.is_running:
            self._process.kill()
            self._process.wait()


@contextmanager
def open_load(plan: Plan) -> Iterator[RunningLoad]:
    """Clients at work as long as the block runs, unless they are stopped in it."""
    load = RunningLoad(plan)
    try:
        yield load
    finally:
        load.kill()


def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        played = runner.run(play(plan))
    sys.stdout.buffer.write(msgspec.json.encode(played))


if __name__ == "__main__":
    _main()
