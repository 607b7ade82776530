"""The first page: what waits for staff, and whether the platform is well."""

from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.database.statements import Connection
from bitpesa.money.rates import queries as rates
from bitpesa.onboarding import queries as onboarding
from bitpesa.ops.bookkeeping.integrity_runs import list_audits
from bitpesa.ops.health import lag
from bitpesa.tenants.audit_log import queries as audit_trail
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.backoffice.site import HOME
from bitpesa.web.kit.answers import platform_of

LATE_SECONDS = 60
"""Due work that waits longer than this is late."""
LATEST = 8


class Queue(msgspec.Struct, frozen=True):
    """Something that waits for staff: how many of live and of the sandbox, and since when the longest of live."""

    path: str
    label: str
    count: int
    in_sandbox: int = 0
    since: datetime | None = None


QUEUES = (
    ("senders", "/office/senders", "Senders to check"),
    ("hits", "/office/senders/hits", "Potential sanctions matches"),
    ("held", "/office/held", "Held transactions"),
    ("exceptions", "/office/exceptions", "Exceptions"),
    ("payouts", "/office/payouts", "Payouts needing people"),
    ("movements", "/office/balances", "Movements to confirm"),
    ("surplus", "/office/surplus", "Surplus to return"),
    ("mandates", "/office/mandates", "Unsigned mandates"),
)
"""What waits of an app, where it is listed, and what it is called."""


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show the queues and the health, of live and of the sandbox apart."""
    async with platform_of(request).database.reading() as conn:
        queues = await _queues(conn)
        seen = await lag.look(conn)
        audits, _ = await list_audits(conn, limit=1)
        latest, _ = await audit_trail.list_page(conn, limit=LATEST)
    return render(
        request,
        officer,
        "office/home.html",
        queues=queues,
        health=[(environment, _late(each), each) for environment, each in seen.items()],
        audit=audits[0] if audits else None,
        latest=latest,
    )


def _late(seen: lag.Operating) -> dict[str, float]:
    return {topic: seconds for topic, seconds in seen.lag_seconds.items() if seconds > LATE_SECONDS}


async def _queues(conn: Connection) -> list[Queue]:
    waiting = {(each.what, each.environment): each for each in await lag.waiting_for_staff(conn)}
    proposals = await rates.waiting_proposals(conn)
    asked = await onboarding.waiting(conn)
    live = Queue("/office/organisations", "Live requests", len(asked), since=asked[0].asked_at if asked else None)
    return [
        *(
            _queue(path, label, waiting.get((what, "live")), waiting.get((what, "sandbox")))
            for what, path, label in QUEUES
        ),
        Queue(
            "/office/rates", "Rates to confirm", len(proposals), since=proposals[0].proposed_at if proposals else None
        ),
        live,
    ]


def _queue(path: str, label: str, live: lag.Waiting | None, sandbox: lag.Waiting | None) -> Queue:
    return Queue(
        path,
        label,
        0 if live is None else live.count,
        in_sandbox=0 if sandbox is None else sandbox.count,
        since=None if live is None else live.since,
    )


ROUTES = [Route(HOME, show)]
