"""The storm: processes are killed, wires cut, the disk filled, by choices that a seed makes the same every time."""

import random
import time
from collections import Counter

from experiments.chaos.cluster import Cluster
from experiments.chaos.crew import SECONDS_BETWEEN_LOOKS, Crew, Post
from experiments.chaos.disk import Disk
from experiments.chaos.wire import Wire

SECONDS_PER_KILL = 1.5
"""On average. A thousand then take 25 minutes, and a process lives long enough to do something."""
SECONDS_WITHOUT_ROOM = (0.5, 2.0)
SECONDS_OF_SILENCE = (0.3, 1.5)
KILLS_PER_FULL_DISK = 40
PART_KILLED_WHILE_STARTING = 0.25
SECONDS_TO_COME_UP = 6.0
SECONDS_TO_RECOVER = 60.0
SECONDS_TO_DO_SOMETHING = 0.3

VICTIMS = {"API": 35, "worker": 25, "PostgreSQL, one process": 22, "PostgreSQL, all of it": 18}
ACCIDENTS = {"nothing": 75, "wires cut": 17, "wire dead for a moment": 8}
FULL_DISK = "disk full for a moment"


class Storm:
    """What is hurt, and how often it was."""

    def __init__(self, cluster: Cluster, crew: Crew, wire: Wire, disk: Disk, seed: int) -> None:
        self.cluster = cluster
        self.kills: Counter[str] = Counter()
        self.accidents: Counter[str] = Counter()
        self._crew = crew
        self._wire = wire
        self._disk = disk
        self._chance = random.Random(f"{seed}/storm")

    def rage(self, kills: int) -> None:
        """Kill so many processes, one after the other, and let other accidents happen in between."""
        due_at = time.monotonic()
        for number in range(1, kills + 1):
            due_at += SECONDS_PER_KILL * self._chance.uniform(0.4, 1.6)
            victim = self._one_of(VICTIMS)
            accident = (
                FULL_DISK if number % KILLS_PER_FULL_DISK == KILLS_PER_FULL_DISK // 2 else self._one_of(ACCIDENTS)
            )
            self._happen(accident)
            self.watch(max(due_at - time.monotonic(), SECONDS_TO_DO_SOMETHING))
            self._kill(victim)

    def watch(self, seconds: float) -> None:
        """Let everybody work for so long, and start again whatever ended."""
        until = time.monotonic() + seconds
        while True:
            self.tend()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, SECONDS_BETWEEN_LOOKS))

    def wait_for_cluster(self) -> None:
        """Watch until PostgreSQL has recovered from the last blow. Raises TimeoutError."""
        give_up_at = time.monotonic() + SECONDS_TO_RECOVER
        while not self.cluster.answers:
            self.watch(SECONDS_BETWEEN_LOOKS)
            if time.monotonic() > give_up_at:
                raise TimeoutError("PostgreSQL does not recover")

    def tend(self) -> None:
        """Start again whatever ended."""
        if not self.cluster.is_alive:
            self.cluster.start()
        self._crew.tend()

    def _one_of(self, weights: dict[str, int]) -> str:
        return self._chance.choices(list(weights), list(weights.values()))[0]

    def _kill(self, victim: str) -> None:
        self.kills[victim] += 1
        match victim:
            case "API":
                self._kill_post(self._chance.choice(self._crew.apis))
            case "worker":
                self._kill_post(self._chance.choice(self._crew.workers))
            case "PostgreSQL, one process":
                self._kill_one_process()
            case _:
                self.cluster.kill()
                self.cluster.start()

    def _kill_post(self, post: Post) -> None:
        """Kill it at work, or now and then while it starts. On a busy machine it may take long to come up."""
        may_be_starting = self._chance.random() < PART_KILLED_WHILE_STARTING
        give_up_at = time.monotonic() + SECONDS_TO_COME_UP
        while not may_be_starting and not post.is_at_work and time.monotonic() < give_up_at:
            self.watch(SECONDS_BETWEEN_LOOKS)
        post.kill()

    def _kill_one_process(self) -> None:
        """Wait for one to be there: just after a crash there may be none."""
        choice = self._chance.random()
        while self.cluster.kill_child(choice) is None:
            self.watch(SECONDS_BETWEEN_LOOKS)

    def _happen(self, accident: str) -> None:
        lasts = self._chance.uniform(*(SECONDS_WITHOUT_ROOM if accident == FULL_DISK else SECONDS_OF_SILENCE))
        if accident == "nothing":
            return
        self.accidents[accident] += 1
        if accident == "wires cut":
            self._wire.cut()
        elif accident == FULL_DISK:
            self._disk.fill(self.cluster.processes())
            self.watch(lasts)
            self._disk.clear(self.cluster.processes())
        else:
            self._wire.go_dead()
            self.watch(lasts)
            self._wire.come_back()
