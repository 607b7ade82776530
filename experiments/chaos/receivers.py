"""Receivers of webhooks with habits of their own: a process that writes down what it got before it answers.

`python -m experiments.chaos.receivers PORT FILE`; the path of a request says whose habits it meets. On SIGUSR1 those
that come and go stay for good, and slow ones hurry. One more, `down`, is a port at which nobody listens.
"""

import asyncio
import hashlib
import json
import random
import signal
import sys
import time
from pathlib import Path

from aiohttp import web

HABITS = ("steady", "slow", "flapping", "failing", "silent", "down")
HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 7))
"""Where they listen: each is an endpoint of its own, with places of its own at the sender's."""
SECONDS_OF_A_MOOD = 2.0
SECONDS_TO_STOP = 2.0


class Receivers:
    """What came, and what to answer."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8", buffering=1)
        self._chance = random.Random(1)
        self.is_calm = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Get a webhook, by the habits that its path names."""
        habit = request.path.strip("/").partition("/")[0]
        if habit == "flapping" and not self.is_calm and int(time.monotonic() / SECONDS_OF_A_MOOD) % 2:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        body = await request.read()
        status = {"failing": 500, "silent": 0}.get(habit, 200)
        self._write(request, body, status)
        if habit == "silent":
            await asyncio.Event().wait()
        if habit == "slow" and not self.is_calm:
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        return web.Response(status=status)

    def _write(self, request: web.Request, body: bytes, status: int) -> None:
        line = {
            "delivery_id": request.headers["webhook-id"],
            "webhook_id": json.loads(body)["webhook"],
            "digest": hashlib.sha256(body).hexdigest(),
            "status": status,
        }
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")


async def receive(port: int, file: Path) -> None:
    """Listen until told to stop."""
    receivers = Receivers(file)
    app = web.Application()
    app.router.add_route("POST", "/{path:.*}", receivers.handle)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True, access_log=None)
    await runner.setup()
    for host in HOSTS:
        await web.TCPSite(runner, host, port).start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, setattr, receivers, "is_calm", True)  # noqa: FBT003 - the value that is set
    print("ready", flush=True)
    await stop.wait()
    async with asyncio.timeout(SECONDS_TO_STOP):
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(receive(int(sys.argv[1]), Path(sys.argv[2])))
