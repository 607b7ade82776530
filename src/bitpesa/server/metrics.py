"""What a process shows its operator, on an address of its own: figures for Prometheus, and its health.

Off unless `BITPESA_METRICS_ADDRESS` names an address. It asks for no key, so the address belongs inside the deployment.
"""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitpesa.api.call import Route as Operation
from bitpesa.api.routes import BASE
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.observability.metrics import PREFIX, REGISTRY, histogram
from bitpesa.ops.health import lag as due_work_lag
from bitpesa.ops.health.lag import Operating
from bitpesa.server.http import answering, listen
from bitpesa.settings import Settings
from bitpesa.tenants.organisations.model import Environment
from bitpesa.web.public.probes import ROUTES as HEALTH
from bitpesa.wiring import Platform

REQUESTS = histogram(
    "request_seconds",
    "Requests answered, by operation and status: from their head to the end of the answer.",
    "method",
    "route",
    "status",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"

log = structlog.get_logger()


class Measured:
    """Counts what passes. A path counts under its template, whatever stands in it, so that labels stay few."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and take its time."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = "none", time.perf_counter()

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            REQUESTS.labels(method, route_of(scope), status).observe(time.perf_counter() - began)


def route_of(scope: Scope) -> str:
    """The template of the path of a request that was answered, as its router left it."""
    route = scope.get("route")
    if isinstance(route, Operation):
        return f"/{BASE}{route.path}"
    return getattr(route, "path", NO_ROUTE)


class Now(Collector):
    """Figures of the moment, taken when somebody asks: of the database's pool, and what was found in the database."""

    def __init__(self, database: Database, found: dict[Environment, Operating] | None) -> None:
        self._database = database
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """Tell them."""
        pool = self._database.pool
        connections = _gauge("database_connections", "Connections of this process, by what they do.", "state")
        connections.add_metric(["idle"], pool.get_idle_size())
        connections.add_metric(["busy"], pool.get_size() - pool.get_idle_size())
        yield connections
        most = _gauge("database_connections_most", "How many connections this process may open.")
        most.add_metric([], pool.get_max_size())
        yield most
        up = _gauge("database_up", "Whether the database answered when it was asked just now.")
        up.add_metric([], self._found is not None)
        yield up
        if self._found is None:
            return
        lag = _gauge(
            "due_work_lag_seconds", "How late the longest overdue row of a kind of due work is.", "environment", "topic"
        )
        for environment, seen in self._found.items():
            for topic, seconds in seen.lag_seconds.items():
                lag.add_metric([environment, topic], seconds)
        yield lag
        meaning = "By how much the books of a currency miss zero."
        imbalance = _gauge("ledger_imbalance_minor", meaning, "environment", "currency")
        for environment, seen in self._found.items():
            for currency, minor in seen.imbalance_minor.items():
                imbalance.add_metric([environment, currency], minor)
        yield imbalance


async def show_metrics(request: Request) -> Response:
    """Show every figure, in the text format of Prometheus."""
    database: Database = request.app.state.platform.database
    try:
        async with database.reading() as conn:
            found = await due_work_lag.look(conn)
    except UNREACHABLE:
        found = None
    now = CollectorRegistry()
    now.register(Now(database, found))
    return Response(generate_latest(REGISTRY) + generate_latest(now), media_type=CONTENT_TYPE_LATEST)


def make_metrics(platform: Platform) -> Starlette:
    """The pages for the operator."""
    pages = Starlette(routes=[Route("/metrics", show_metrics), *HEALTH])
    pages.state.platform = platform
    return pages


def measured(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The same application, counting what passes where somebody will ask for it."""
    return app if settings.metrics_address is None else Measured(app)


@asynccontextmanager
async def showing_metrics(platform: Platform) -> AsyncIterator[None]:
    """Show figures and health while the block runs, where an address is set. Raises CannotGoOn."""
    where = address_of(platform.settings)
    if where is None:
        yield
        return
    listener = listen(*where)
    log.info("metrics.shown", address=platform.settings.metrics_address)
    async with answering(make_metrics(platform), listener):
        yield


def address_of(settings: Settings) -> tuple[str, int] | None:
    """Where figures are shown; None when nowhere."""
    if settings.metrics_address is None:
        return None
    host, _, port = settings.metrics_address.rpartition(":")
    return host.strip("[]"), int(port)


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, meaning, labels=labels)
