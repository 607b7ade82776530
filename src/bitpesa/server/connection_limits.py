"""One HTTP connection, bounded in size and time: uvicorn's own, with the limits that it leaves out.

What arrives whole costs nothing more: a clock runs only while a request is incomplete, or its answer is not taken.
"""

import asyncio
from typing import Any, ClassVar

import httptools
import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from bitpesa.api import errors
from bitpesa.settings import Settings

log = structlog.get_logger()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection may take; `docs/reference/settings.md` says what each is for."""

    head_bytes: int = 65_536
    head_seconds: float = 15
    body_seconds: float = 300
    answer_seconds: float = 60
    connections: int = 800


DEFAULT_LIMITS = Limits()

UPGRADE = b"upgrade"


def limits_of(settings: Settings) -> Limits:
    """The limits of a deployment."""
    return Limits(
        head_bytes=settings.max_head_bytes,
        head_seconds=settings.request_head_seconds,
        body_seconds=settings.request_body_seconds,
        answer_seconds=settings.answer_seconds,
        connections=settings.max_connections,
    )


def bounded(limits: Limits) -> "type[Connection]":
    """The kind of connection that keeps these limits."""
    return type("Connection", (Connection,), {"limits": limits})


class Connection(HttpToolsProtocol):
    """uvicorn's, except that it waits for nobody for ever, and that every refusal is JSON (flows 11.1)."""

    limits: ClassVar[Limits] = DEFAULT_LIMITS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._answer_deadline: asyncio.TimerHandle | None = None
        self._answering: RequestResponseCycle | None = None
        self._is_whole = False
        self._head_is_read = False
        self._unsorted_bytes = 0
        """Bytes since the parser last made something of them: a head or trailers that go on and on."""
        self._declined: list[tuple[bytes, bytes]] = []
        """The offers to upgrade that were taken out of the head which is read now."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, unless there are too many already."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            log.warning("http.too_many_connections", most=self.limits.connections)
            self._refuse(503)
            return
        self._wait(self.limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks, and tell whoever answers that nobody listens."""
        self._stop_waiting()
        self._stop_waiting_for_answer()
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came, and see to it that the rest comes in time."""
        if self.transport.is_closing():
            return  # it was refused: nobody reads on
        self._unsorted_bytes += len(data)
        self._unset_keepalive_if_required()
        self._parse(data)
        if self.transport.is_closing():
            return
        if self._unsorted_bytes > self.limits.head_bytes:
            self._refuse(431)
        elif self._is_whole and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None:
            has_begun_its_body = self._head_is_read and not self._is_whole
            self._wait(self.limits.body_seconds if has_begun_its_body else self.limits.head_seconds)

    def on_message_begin(self) -> None:
        """Another request begins: it is in nobody's debt."""
        self._is_whole = self._head_is_read = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Answer the request, unless its head is too large: then it is not looked at."""
        if self.parser.should_upgrade():
            return  # the parser reads no further: `_parse` has it read the same head without the offer
        self.headers += self._declined
        self._declined = []
        self._head_is_read = True
        if self._unsorted_bytes > self.limits.head_bytes:  # one look at how much of it is the head
            self._unsorted_bytes = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if self._unsorted_bytes > self.limits.head_bytes:
                self._refuse(431)
                return
        self._unsorted_bytes = 0
        self._stop_waiting()  # the body has its own time
        super().on_headers_complete()
        self.headers = []  # of trailers, which mean nothing here: the request has its own

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body for whoever reads it."""
        self._unsorted_bytes = 0
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self.parser.should_upgrade():
            return  # only its head was read
        self._is_whole = True
        self._unsorted_bytes = 0
        if not self.transport.is_closing():
            super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not take its answer: it is given a while to."""
        super().pause_writing()
        if self._answer_deadline is None:
            self._answer_deadline = self.loop.call_later(self.limits.answer_seconds, self._give_up)

    def resume_writing(self) -> None:
        """The client takes its answer."""
        self._stop_waiting_for_answer()
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Answer a request: of several in a row not the one that was read last, which is all that uvicorn knows."""
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _parse(self, data: bytes) -> None:
        """Have the parser read what came. An offer to upgrade is declined by being ignored (RFC 9110, 7.8).

        The parser takes everything behind such a head for another protocol: neither would the body be read, nor would
        it be known where the next request begins. So the head is read once more, by the same rules, without the offer.
        """
        try:
            while True:
                try:
                    self.parser.feed_data(data)
                except httptools.HttpParserUpgrade as offer:
                    if self.transport.is_closing():
                        return
                    if self.parser.get_method() == b"CONNECT":  # asks for a tunnel and has no body: nothing is declined
                        self._refuse(400)
                        return
                    (end_of_head,) = offer.args
                    data = self._head_without_offer() + data[end_of_head:]
                    self.parser = _new_parser(self)
                else:
                    return
        except httptools.HttpParserError:
            self._refuse(400)

    def _head_without_offer(self) -> bytes:
        """The head that was read, as bytes, without what makes it an offer; that is kept for whoever answers."""
        self._declined = [header for header in self.headers if header[0] == UPGRADE]
        version = self.parser.get_http_version().encode()
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + version]
        lines += [name + b": " + value for name, value in self.headers if name != UPGRADE]
        return b"\r\n".join([*lines, b"", b""])

    def _wait(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _stop_waiting_for_answer(self) -> None:
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
            self._answer_deadline = None

    def _too_slow(self) -> None:
        """The rest did not come: say so where the request was not handed on, and hang up."""
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._head_is_read and not self._is_whole:
            self._give_up()
        else:
            self._refuse(408)

    def _give_up(self) -> None:
        log.info("http.gave_up", client=self.client and self.client[0])
        self._disconnect()
        self.transport.abort()

    def _disconnect(self) -> None:
        """Whoever answers writes into nothing from now on."""
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _refuse(self, status: int) -> None:
        """Refuse what is being read, and hang up."""
        if self.transport.is_closing():
            return
        if self._owes_an_answer():
            self._give_up()
            return
        self.transport.write(errors.below_http(status))
        self.transport.close()

    def _owes_an_answer(self) -> bool:
        """Whether a request before this one is being answered: a refusal would be taken for its answer."""
        before = self._answering
        return before is not None and not before.response_complete and (before.response_started or not before.more_body)


def _new_parser(connection: Connection) -> httptools.HttpRequestParser:
    """A parser as lenient as uvicorn makes its own: what comes behind `Connection: close` is no fault."""
    parser = httptools.HttpRequestParser(connection)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser
