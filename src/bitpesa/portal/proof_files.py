"""`/files/proofs/{app}/{recipient}.pdf`: proofs of payment, for whoever holds a signed link (flows 8.9)."""

import asyncio
from datetime import datetime
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel import clock
from bitpesa.kernel.ids import read_id
from bitpesa.kernel.problems import NotFound
from bitpesa.reports.proof_links import proof_links, proof_path
from bitpesa.reports.proof_of_payment import Proof, proof_of, render
from bitpesa.wiring import Platform

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def proof_file(request: Request) -> Response:
    """Show the proof that the link names; a link that was altered, or is over, leads nowhere."""
    platform: Platform = request.app.state.platform
    app_id, recipient_id = (read_id(request.path_params[name]) for name in ("app_id", "recipient_id"))
    if app_id is None or recipient_id is None:
        raise HTTPException(404)
    links = proof_links(platform.settings.master_keys)
    ends_at = links.end_of(proof_path(app_id, recipient_id), request.scope["query_string"])
    proof = None if ends_at is None else await _find(platform, app_id, recipient_id, ends_at)
    if proof is None:
        raise HTTPException(404)
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{proof.file_name}"'}
    return Response(await asyncio.to_thread(render, proof), media_type="application/pdf", headers=headers)


async def _find(platform: Platform, app_id: UUID, recipient_id: UUID, ends_at: datetime) -> Proof | None:
    async with platform.database.reading() as conn:
        if await clock.now(conn, app_id) >= ends_at:
            return None
        try:
            return await proof_of(conn, app_id, recipient_id)
        except NotFound:
            return None
