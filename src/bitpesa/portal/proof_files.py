"""`/files/proofs/{app}/{recipient}.pdf`: proofs of payment, for whoever holds a signed link (flows 8.9)."""

import asyncio
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.ids import read_id
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.signed_links import link_keys, opens
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
    keys = link_keys(platform.settings.master_keys)
    if not opens(request.url.path, request.query_params, datetime.now(UTC), keys):
        raise HTTPException(404)
    proof = await _find(platform, request)
    if proof is None:
        raise HTTPException(404)
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{proof.file_name}"'}
    return Response(await asyncio.to_thread(render, proof), media_type="application/pdf", headers=headers)


async def _find(platform: Platform, request: Request) -> Proof | None:
    app_id, recipient_id = (read_id(request.path_params[name]) for name in ("app_id", "recipient_id"))
    if app_id is None:
        return None
    async with platform.database.reading() as conn:
        try:
            return await proof_of(conn, app_id, recipient_id)
        except NotFound:
            return None
