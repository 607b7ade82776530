"""Traces by OpenTelemetry, for those who collect them: a span for each request, statement and call to the outside.

Off, and nothing of OpenTelemetry imported, unless `BITPESA_TRACES_ENDPOINT` names a collector. A span says what was
done and how it ended, never with which values. Traces are not continued from a request's headers, which strangers
write, nor handed on to whom we call.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitpesa.kernel.database.statements import NAMES
from bitpesa.kernel.observability.instrumentation import NOBODY, Watching
from bitpesa.server.metrics import route_of
from bitpesa.server.problems import CannotGoOn
from bitpesa.settings import Settings

LEAST_FAILURE = 500


class Tracing(Protocol):
    """What a process does for its traces."""

    watching: Watching

    def traced(self, app: ASGIApp) -> ASGIApp:
        """The application, with a span for each request."""


class NoTracing:
    """What it does when nobody collects them."""

    watching = NOBODY

    def traced(self, app: ASGIApp) -> ASGIApp:
        """The application itself."""
        return app


@asynccontextmanager
async def tracing(settings: Settings) -> AsyncIterator[Tracing]:
    """Collect spans while the block runs, and send what is left at its end. Raises CannotGoOn."""
    if settings.traces_endpoint is None:
        yield NoTracing()
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - optional
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above
    except ImportError as problem:
        raise CannotGoOn("BITPESA_TRACES_ENDPOINT is set, and bitpesa[tracing] is not installed") from problem
    spans = Spans(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.traces_endpoint)))
    try:
        yield spans
    finally:
        spans.close()


class Spans:
    """Makes spans and hands them to a processor."""

    def __init__(self, processor: Any) -> None:
        from opentelemetry import context, trace  # noqa: PLC0415 - optional
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as above
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above

        self._provider = TracerProvider(resource=Resource.create({"service.name": "bitpesa"}))
        self._provider.add_span_processor(processor)
        self._trace = trace
        self._empty = context.Context()
        self._tracer = self._provider.get_tracer("bitpesa")
        self.watching = Watching(self._statement, (self._outbound(),))

    def traced(self, app: ASGIApp) -> ASGIApp:
        """The application, with a span for each request."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            kind = self._trace.SpanKind.SERVER
            with self._tracer.start_as_current_span(scope["method"], self._empty, kind) as span:

                async def heard(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        self._note_answer(span, message)
                    await send(message)

                try:
                    await app(scope, receive, heard)
                finally:
                    route = route_of(scope)
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attributes({"http.request.method": scope["method"], "http.route": route})

        return answer

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _note_answer(self, span: Any, message: Message) -> None:
        span.set_attribute("http.response.status_code", message["status"])
        if message["status"] >= LEAST_FAILURE:
            span.set_status(self._trace.StatusCode.ERROR)
        for name, value in message.get("headers", ()):
            if name == b"x-request-id":
                span.set_attribute("bitpesa.request_id", value.decode("latin-1"))

    def _statement(self, ran: Any) -> None:
        """A statement ran within a span. Those of due work that finds nothing to do stay untold."""
        if not self._trace.get_current_span().is_recording():
            return
        now = time.time_ns()
        span = self._tracer.start_span(
            NAMES.get(ran.query, "statement"),
            kind=self._trace.SpanKind.CLIENT,
            attributes={"db.system.name": "postgresql"},
            start_time=now - int(ran.elapsed * 1e9),
        )
        if ran.exception is not None:  # by its kind: its words may quote a row
            span.set_attribute("error.type", type(ran.exception).__name__)
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(now)

    def _outbound(self) -> aiohttp.TraceConfig:
        config = aiohttp.TraceConfig()

        async def begin(_session: Any, call: SimpleNamespace, asked: aiohttp.TraceRequestStartParams) -> None:
            host = asked.url.host or ""
            call.span = self._tracer.start_span(
                f"{asked.method} {host}",
                kind=self._trace.SpanKind.CLIENT,
                attributes={"http.request.method": asked.method, "server.address": host},
            )

        async def end(_session: Any, call: SimpleNamespace, answered: aiohttp.TraceRequestEndParams) -> None:
            call.span.set_attribute("http.response.status_code", answered.response.status)
            call.span.end()

        async def fail(_session: Any, call: SimpleNamespace, failed: aiohttp.TraceRequestExceptionParams) -> None:
            call.span.set_attribute("error.type", type(failed.exception).__name__)
            call.span.set_status(self._trace.StatusCode.ERROR)
            call.span.end()

        config.on_request_start.append(begin)
        config.on_request_end.append(end)
        config.on_request_exception.append(fail)
        return config
