"""`bitpesa worker`: the due work of a deployment, without its API."""

import asyncio
import contextlib

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
from bitpesa.server.http import stop_asked
from bitpesa.server.logs import log_to_stderr
from bitpesa.server.metrics import showing_metrics
from bitpesa.server.tracing import tracing
from bitpesa.worker.loops import run_worker


def run(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Do due work: payouts, webhooks, expiry, refunds. Several may run at once."""
    log_to_stderr()
    with database_at(data, database_url) as place:
        run_for_long(_work(place))


async def _work(place: Place) -> None:
    async with (
        tracing(settings_at(place)) as traces,
        platform_at(place, traces.watching) as platform,
        showing_metrics(platform),
    ):
        working = asyncio.create_task(run_worker(platform), name="worker")
        stopping = asyncio.create_task(stop_asked(), name="stop")
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
