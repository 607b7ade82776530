"""What traces tell: requests, statements and calls to the outside, by name and never by value."""

import subprocess
import sys

import aiohttp
import pytest

from bitpesa.kernel.outbound.http_client import OutboundHttp
from bitpesa.server.http import answering, listen, make_front
from bitpesa.server.problems import CannotGoOn
from bitpesa.server.tracing import NoTracing, Spans, tracing
from bitpesa.wiring import open_platform
from tests.journeys.world import World

otel = pytest.importorskip("opentelemetry.sdk.trace.export", reason="bitpesa[tracing] is not installed")


@pytest.fixture
def exporter():
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    return InMemorySpanExporter()


@pytest.fixture
def spans(exporter):
    spans = Spans(otel.SimpleSpanProcessor(exporter))
    yield spans
    spans.close()


async def test_a_request_and_its_statements_are_one_trace(world: World, spans, exporter):
    listener = listen("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    origin = world.platform.settings.sandbox_origins[0]
    async with (
        open_platform(world.platform.settings, spans.watching) as platform,
        answering(spans.traced(make_front(platform)), listener),
        aiohttp.ClientSession(base) as session,
    ):
        path = "/v1/senders?external_id=S-1"
        forged = {"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}
        headers = world.client.signed("GET", origin + path, b"") | forged
        async with session.get(path, headers=headers) as answer:
            assert answer.status == 200
            request_id = answer.headers["X-Request-ID"]
    (request,) = [span for span in exporter.get_finished_spans() if span.kind.name == "SERVER"]
    assert request.name == "GET /v1/senders"
    assert request.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/senders",
        "http.response.status_code": 200,
        "bitpesa.request_id": request_id,
    }
    assert request.parent is None, "a trace is not continued from what a stranger wrote"
    below = [
        span for span in exporter.get_finished_spans() if span.parent and span.parent.span_id == request.context.span_id
    ]
    assert "list_senders" in {span.name for span in below}
    assert all(dict(span.attributes) == {"db.system.name": "postgresql"} for span in below)


async def test_a_call_to_the_outside_is_a_span_and_tells_nothing_to_whom_is_called(world: World, spans, exporter):
    async with OutboundHttp(watched_by=spans.watching.outbound) as http:
        url = f"{world.receiver.url}?secret=1"
        await http.post(url, b"", {}, connect_seconds=20, total_seconds=20, allow_private=True)
        await http.post("http://nobody.invalid/", b"{}", {}, connect_seconds=20, total_seconds=20)
    done, failed = exporter.get_finished_spans()
    assert done.name == "POST 127.0.0.1"
    assert dict(done.attributes) == {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "http.response.status_code": 200,
    }
    assert failed.attributes["error.type"] == "ClientConnectorDNSError"
    assert {name.lower() for name in world.heard()[-1].headers} & {"traceparent", "baggage", "tracestate"} == set()


async def test_due_work_that_finds_nothing_makes_no_spans(world: World, spans, exporter):
    async with open_platform(world.platform.settings, spans.watching) as platform, platform.database.reading() as conn:
        await conn.fetchval("select 1")
    assert exporter.get_finished_spans() == ()


async def test_without_an_endpoint_nothing_is_wrapped(world: World):
    async with tracing(world.platform.settings) as none:
        assert isinstance(none, NoTracing)
        app = object()
        assert none.traced(app) is app


def test_nothing_of_it_is_imported_unasked():
    code = "import sys, bitpesa.cli.main, bitpesa.cli.serve; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_an_endpoint_without_the_extra_stops_the_start(world: World, monkeypatch):
    import msgspec

    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    settings = msgspec.structs.replace(world.platform.settings, traces_endpoint="http://127.0.0.1:1/v1/traces")
    with pytest.raises(CannotGoOn, match=r"bitpesa\[tracing\]"):
        async with tracing(settings):
            pass
