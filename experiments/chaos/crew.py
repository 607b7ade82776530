"""The processes of ours, and who starts them again: what systemd or a container platform does in production."""

import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from experiments.harness.deployment import (
    SECONDS_TO_START,
    Deployment,
    answers,
    serve_arguments,
    start_process,
    stop_process,
)

SECONDS_BETWEEN_LOOKS = 0.02
WORKER_STARTED = b"worker.started"
SECONDS_OF_YOUTH = 15.0
"""A process that ends by itself before it is so old ended while it started, as it may when the database is away."""


class Post:
    """A place to be filled: a command that is to run, whatever happens to its process."""

    def __init__(self, deployment: Deployment, name: str, arguments: Sequence[str], port: int | None = None) -> None:
        self.name = name
        self._deployment = deployment
        self._arguments = arguments
        self._port = port
        self._log = deployment.directory / f"{name}.log"
        self._process = self._start()

    @property
    def is_at_work(self) -> bool:
        """Whether its present process has come up: the API answers, the worker says that it started."""
        if self._process.poll() is not None:
            return False
        if self._port is not None:
            return answers(self._port)
        with self._log.open("rb") as log:
            log.seek(self._said_before)
            return WORKER_STARTED in log.read()

    def kill(self) -> None:
        """Kill the process, wherever it is in its work, and put another in its place."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def tend(self) -> str | None:
        """Fill the place again when its process ended by itself; answers what became of it then."""
        if self._process.poll() is None:
            return None
        age = time.monotonic() - self._began
        self._process = self._start()
        return "while it started" if age < SECONDS_OF_YOUTH else "in the middle of its work"

    def stop(self) -> None:
        """End the process in good order."""
        stop_process(self._process)

    def _start(self) -> subprocess.Popen[bytes]:
        self._began = time.monotonic()
        self._said_before = self._log.stat().st_size if self._log.exists() else 0
        return start_process(self._deployment, self.name, self._arguments)


class Crew:
    """All processes of a deployment."""

    def __init__(self, deployment: Deployment, workers: int) -> None:
        self.deployment = deployment
        self.apis = [Post(deployment, f"api-{port}", serve_arguments(port), port) for port in deployment.ports]
        self.workers = [Post(deployment, f"worker-{number}", ["worker"]) for number in range(workers)]
        self.ended: Counter[str] = Counter()
        """How often a process ended by itself, and when."""

    def tend(self) -> None:
        """Fill every place that is empty."""
        for post in (*self.apis, *self.workers):
            how = post.tend()
            if how is not None:
                self.ended[how] += 1

    def wait_until_answering(self) -> None:
        """Wait until every API process does. Raises TimeoutError."""
        give_up_at = time.monotonic() + SECONDS_TO_START
        for port in self.deployment.ports:
            while not answers(port):
                self.tend()
                if time.monotonic() > give_up_at:
                    raise TimeoutError(f"nothing answers on port {port}")
                time.sleep(SECONDS_BETWEEN_LOOKS)

    def stop(self) -> None:
        """End all of them in good order."""
        for post in (*self.apis, *self.workers):
            post.stop()


@contextmanager
def open_crew(deployment: Deployment, workers: int = 1) -> Iterator[Crew]:
    """The processes, at work as long as the block runs."""
    crew = Crew(deployment, workers)
    try:
        crew.wait_until_answering()
        yield crew
    finally:
        crew.stop()
