"""Telling an open page that something changed, as server-sent events: the page then fetches itself anew.

What is told is only that there is news, so that nothing is shown here that its page would not show. The newest event
of the app is asked for every now and then: one step into an index, whoever wrote it and in whichever process. A page
says up to which event it has seen, since much happens between its making and the opening of its stream.
"""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.outbox import events
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import platform_of, safe_headers
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.guards import PLACE, Visitor

PATH = "/live"

LONGEST_NUMBER = 19
"""Digits that a number of an event may have: more than there will ever be."""

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_UNTIL_ASKED_ANEW = 300.0
"""A stream ends after this, and the browser asks again: who was logged out meanwhile hears nothing more."""
SECONDS_BETWEEN_SIGNS_OF_LIFE = 15.0
"""So often at least something is written, since only by writing do both ends notice that the other is gone."""


@app_page()
async def stream(request: Request, _visitor: Visitor, app: App) -> Response:
    """Tell of changes as they happen, until the browser goes or the server stops."""
    platform = platform_of(request)
    headers = {**safe_headers(platform.settings), "X-Accel-Buffering": "no"}
    told = changes(platform.database, app.id, request.app.state.stopping, seen=_seen(request))
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


async def changes(
    database: Database, app_id: UUID, stopping: asyncio.Event, *, seen: int | None = None
) -> AsyncIterator[str]:
    """The stream itself, one message at a time. `seen`: the newest event that its page shows, if it says."""
    yield "retry: 3000\n\n"
    if seen is None:
        seen = await _newest(database, app_id)
    looks = int(SECONDS_UNTIL_ASKED_ANEW / SECONDS_BETWEEN_LOOKS)
    for look in range(1, looks + 1):
        newest = await _newest(database, app_id)
        if newest is not None and newest != seen:
            seen = newest
            yield f"id: {newest}\nevent: changed\ndata: {newest}\n\n"
        elif look % int(SECONDS_BETWEEN_SIGNS_OF_LIFE / SECONDS_BETWEEN_LOOKS) == 0:
            yield ": still here\n\n"
        if await _stops_within(stopping, SECONDS_BETWEEN_LOOKS):
            return


def _seen(request: Request) -> int | None:
    """What its page has seen: a browser that comes back says what it was told last, a new one what the page said."""
    said = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < LONGEST_NUMBER else None


async def _newest(database: Database, app_id: UUID) -> int | None:
    """The number of the newest event; None while the database is away."""
    try:
        async with database.reading() as conn:
            return await events.newest(conn, app_id)
    except UNREACHABLE:
        return None


async def _stops_within(stopping: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True


ROUTES = [Route(PLACE + PATH, stream)]
