"""The load generator: a process of its own that sends signed requests over raw connections and takes the time.

It reads a plan from its standard input, signs every request before the clock starts, and writes what it measured.
"""

import asyncio
import random
import subprocess
import sys
import time
from collections import deque
from itertools import cycle, islice
from urllib.parse import urlsplit
from uuid import uuid4

import httptools
import msgspec
import uvloop

from bitpesa.kernel.crypto.signing import signature
from experiments.bench.payer import Payer, request_for

PATH = "/v1/transactions/create_and_fund"
DONE = (200, 201)
SECONDS_FOR_STRAGGLERS = 30.0


class Call(msgspec.Struct, frozen=True):
    """A request other than a payment. `payer` counts the plan's payers from 0."""

    payer: int
    method: str
    path: str
    body: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: to whom, for whom, on how many connections, for how long.

    Which app pays is left to chance, as pgbench has it, unless they shall pay in turn. With `calls` these are sent,
    over and over, in place of payments; `pause_seconds` is the time between an answer and the next request.
    """

    origins: tuple[str, ...]
    payers: list[Payer]
    connections: int
    seconds: float
    most_requests: int
    seed: int = 1
    in_turn: bool = False
    calls: list[Call] = []
    pause_seconds: float = 0


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Latencies are in seconds; `busy` is the part of one core that the generator took.

    `began_at` is when the first request was sent, in seconds since 1970.
    """

    began_at: float
    seconds: float
    latencies: list[float]
    busy: float

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        """How many requests were answered in a second."""
        return self.requests / self.seconds


class Refused(Exception):
    """The server answered something else than 200 or 201; the message is its answer."""


def run_load(plan: Plan) -> Measured:
    """Run the generator in a process of its own. Raises CalledProcessError; the reason is on standard error."""
    command = [sys.executable, "-m", "experiments.bench.load"]
    finished = subprocess.run(command, input=msgspec.json.encode(plan), stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(finished.stdout, type=Measured)


async def generate(plan: Plan) -> Measured:
    """Do what the plan says. Raises Refused."""
    loop = asyncio.get_running_loop()
    queues = _signed_requests(plan)
    senders = []
    for number in range(plan.connections):
        origin = plan.origins[number % len(plan.origins)]
        where, sender = urlsplit(origin), _Sender(queues[origin], plan.pause_seconds)
        await loop.create_connection(lambda sender=sender: sender, where.hostname, where.port)
        senders.append(sender)
    began_at, cpu, began = time.time(), time.process_time(), time.perf_counter()
    for sender in senders:
        sender.start(began + plan.seconds)
    await asyncio.wait_for(asyncio.gather(*(sender.done for sender in senders)), plan.seconds + SECONDS_FOR_STRAGGLERS)
    seconds = time.perf_counter() - began
    busy = (time.process_time() - cpu) / seconds
    latencies = [each for sender in senders for each in sender.latencies]
    return Measured(began_at=began_at, seconds=seconds, latencies=latencies, busy=busy)


class _Sender(asyncio.Protocol):
    """One connection: sends the next request when the last one is answered."""

    def __init__(self, requests: deque[bytes], pause_seconds: float) -> None:
        self._requests = requests
        self._pause_seconds = pause_seconds
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._until = 0.0
        self._sent_at = 0.0
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, until: float) -> None:
        self._until = until
        self._send()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self.latencies.append(now - self._sent_at)
        status = self._parser.get_status_code()
        if status not in DONE:
            self.done.set_exception(Refused(f"{status}: {self._body.decode(errors='replace')}"))
            return
        self._body = b""
        if now < self._until and self._requests:
            if self._pause_seconds:
                asyncio.get_running_loop().call_later(self._pause_seconds, self._send)
            else:
                self._send()
        else:
            self.done.set_result(None)

    def _send(self) -> None:
        request = self._requests.popleft()
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def _signed_requests(plan: Plan) -> dict[str, deque[bytes]]:
    """As many requests for each origin as could be needed."""
    if plan.calls:
        calls = cycle(plan.calls)
        each = -(-plan.most_requests // len(plan.origins))
        return {origin: deque(_called(origin, plan, call) for call in islice(calls, each)) for origin in plan.origins}
    chance = random.Random(plan.seed)
    payers = cycle(plan.payers) if plan.in_turn else iter(lambda: chance.choice(plan.payers), None)
    each = -(-plan.most_requests // len(plan.origins))
    return {origin: deque(_signed(origin, payer) for payer in islice(payers, each)) for origin in plan.origins}


def _signed(origin: str, payer: Payer) -> bytes:
    return _request(origin, payer, "POST", PATH, msgspec.json.encode(request_for(payer, uuid4().hex)))


def _called(origin: str, plan: Plan, call: Call) -> bytes:
    return _request(origin, plan.payers[call.payer], call.method, call.path, call.body.encode())


def _request(origin: str, payer: Payer, method: str, path: str, body: bytes) -> bytes:
    nonce = str(uuid4())
    head = [
        f"{method} {path} HTTP/1.1",
        f"host: {urlsplit(origin).netloc}",
        "content-type: application/json",
        "accept: application/json",
        "user-agent: bitpesa-bench",
        f"authorization-key: {payer.key}",
        f"authorization-nonce: {nonce}",
        f"authorization-signature: {signature(payer.secret, nonce, method, origin + path, body)}",
        f"content-length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(generate(plan))
    sys.stdout.buffer.write(msgspec.json.encode(measured))


if __name__ == "__main__":
    _main()
