"""`bitpesa serve`: the API and the portal of a deployment, without its due work."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence

from bitpesa.cli.sandbox import Host, Port
from bitpesa.server.connection_limits import limits_of
from bitpesa.server.deployment import (
    DEFAULT_DATA,
    Data,
    DatabaseUrl,
    Place,
    database_at,
    platform_at,
    run_for_long,
    settings_at,
)
from bitpesa.server.http import answering, listen_everywhere, make_front, stop_asked
from bitpesa.server.logs import log_to_stderr
from bitpesa.server.metrics import measured, showing_metrics
from bitpesa.server.tracing import tracing


def run(
    data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, host: Host = "127.0.0.1", port: Port = 8080
) -> None:
    """Answer API requests. Run as many of these as there are cores, and at least one `bitpesa worker` beside them."""
    log_to_stderr()
    listeners = listen_everywhere(host, port)
    with database_at(data, database_url) as place:
        run_for_long(_serve(place, listeners))


async def _serve(place: Place, listeners: Sequence[socket.socket]) -> None:
    async with tracing(settings_at(place)) as traces, platform_at(place, traces.watching) as platform:
        bridge = asyncio.create_task(platform.database.wakeups.bridge(place.database_url), name="wake-ups")
        front = traces.traced(measured(make_front(platform), platform.settings))
        async with showing_metrics(platform), answering(front, listeners, limits_of(platform.settings)):
            await stop_asked()
        bridge.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await bridge
