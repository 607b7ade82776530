"""A receiver of webhooks: a real HTTP server on this machine that keeps what it gets and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from bitpesa.kernel.values import json


class Received(msgspec.Struct):
    """A request as it came in."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict:
        return json.decode(self.body)

    @property
    def event(self) -> str:
        return self.content["event"]


class Receiver:
    """What came, in order, and what to answer: a status by the number of the request, counted from 0."""

    def __init__(self) -> None:
        self.base = ""
        self.files: dict[str, tuple[bytes, str]] = {}
        self.received: list[Received] = []
        self.heard_something = asyncio.Event()
        self.headers: dict[str, str] = {}
        self.text = "thanks"
        self.answer: Callable[[int], int] = lambda _: 200
        self.is_silent = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.open_requests = 0
        self.most_open_requests = 0

    def says(self, *statuses: int) -> None:
        """Answer with these, and with the last one ever after."""
        begin = len(self.received)
        self.answer = lambda number: statuses[min(number - begin, len(statuses) - 1)]

    def serve(self, path: str, content: bytes, content_type: str) -> None:
        """Answer requests for a file, which are no webhooks, with the file."""
        self.files[path] = (content, content_type)

    @property
    def url(self) -> str:
        return f"{self.base}/hook?tenant=7"

    async def handle(self, request: web.Request) -> web.Response:
        if request.path in self.files:
            content, content_type = self.files[request.path]
            return web.Response(body=content, headers={"Content-Type": content_type})
        self.open_requests += 1
        self.most_open_requests = max(self.most_open_requests, self.open_requests)
        try:
            number = len(self.received)
            self.received.append(Received(request.raw_path, dict(request.headers), await request.read()))
            self.heard_something.set()
            if self.is_silent:
                await asyncio.Event().wait()
            await self.may_answer.wait()
            return web.Response(status=self.answer(number), headers=self.headers, text=self.text)
        finally:
            self.open_requests -= 1


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
