"""A worker of the deployment under test, from the moment it is at work."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from experiments.harness.deployment import SECONDS_TO_START, Deployment, start_process, stop_process

AT_WORK = b"worker.started"
SECONDS_BETWEEN_LOOKS = 0.02


@contextmanager
def worker_running(deployment: Deployment, name: str = "worker") -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker while the block runs. One that ends by itself fails the block."""
    log = deployment.directory / f"{name}.log"
    log.unlink(missing_ok=True)
    process = start_process(deployment, name, ["worker"])
    try:
        give_up_at = time.monotonic() + SECONDS_TO_START
        while AT_WORK not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"the worker did not start. It said:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(SECONDS_BETWEEN_LOOKS)
        yield process
        if process.poll() is not None:
            raise RuntimeError(f"the worker ended by itself. It said:\n{log.read_text(errors='replace')[-2000:]}")
    finally:
        stop_process(process)
