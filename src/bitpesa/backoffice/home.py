"""The first page: what waits for staff, and whether the platform is well."""

from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.accounts import queries as accounts
from bitpesa.audit_trail import queries as audit_trail
from bitpesa.backoffice.site import HOME
from bitpesa.backoffice.visitor import Officer, page, render
from bitpesa.collections import queries as collections
from bitpesa.kernel.statements import Connection
from bitpesa.mandates import queries as mandates
from bitpesa.onboarding import queries as onboarding
from bitpesa.pages.answers import platform_of
from bitpesa.recipients import queries as recipients
from bitpesa.reports import operating
from bitpesa.reports.audits import list_audits
from bitpesa.screening import queries as screening
from bitpesa.senders import queries as senders
from bitpesa.transactions import queries as transactions

LATE_SECONDS = 60
"""Due work that waits longer than this is late."""
LATEST = 8


class Queue(msgspec.Struct, frozen=True):
    """Something that waits for staff: how many, and since when the longest."""

    path: str
    label: str
    count: int
    since: datetime | None = None


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show the queues and the health."""
    async with platform_of(request).database.reading() as conn:
        queues = await _queues(conn)
        seen = await operating.look(conn)
        audits, _ = await list_audits(conn, limit=1)
        latest, _ = await audit_trail.list_page(conn, limit=LATEST)
    return render(
        request,
        officer,
        "office/home.html",
        queues=queues,
        late={topic: seconds for topic, seconds in seen.lag_seconds.items() if seconds > LATE_SECONDS},
        longest=max(seen.lag_seconds.values(), default=0),
        imbalances={code: minor for code, minor in seen.imbalance_minor.items() if minor},
        currencies=len(seen.imbalance_minor),
        audit=audits[0] if audits else None,
        latest=latest,
    )


async def _queues(conn: Connection) -> list[Queue]:
    waiting, senders_total = await senders.list_waiting(conn, limit=1)
    held, held_total = await transactions.list_held(conn, limit=1)
    exceptions, exceptions_total = await transactions.list_exceptions(conn, limit=1)
    stuck, stuck_total = await recipients.list_for_people(conn, limit=1)
    unsigned, unsigned_total = await mandates.unsigned(conn, limit=1)
    surplus, surplus_total = await collections.surplus_everywhere(conn, limit=1)
    moves, moves_total = await accounts.movements_waiting(conn, limit=1)
    asked = await onboarding.waiting(conn)
    _, hits_total = await screening.open_hits(conn, limit=1)
    return [
        Queue("/office/senders", "Senders to check", senders_total, waiting[0].created_at if waiting else None),
        Queue("/office/senders/hits", "Potential sanctions matches", hits_total),
        Queue("/office/held", "Held transactions", held_total, held[0].transaction.updated_at if held else None),
        Queue(
            "/office/exceptions",
            "Exceptions",
            exceptions_total,
            exceptions[0].transaction.updated_at if exceptions else None,
        ),
        Queue("/office/payouts", "Payouts needing people", stuck_total, stuck[0].updated_at if stuck else None),
        Queue("/office/balances", "Movements to confirm", moves_total, moves[0].proposed_at if moves else None),
        Queue("/office/surplus", "Surplus to return", surplus_total, surplus[0].received_at if surplus else None),
        Queue("/office/mandates", "Unsigned mandates", unsigned_total, unsigned[0].created_at if unsigned else None),
        Queue("/office/organisations", "Live requests", len(asked), asked[0].asked_at if asked else None),
    ]


ROUTES = [Route(HOME, show)]
