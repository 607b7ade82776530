"""`/files/proofs/{app}/{recipient}.pdf`: proofs of payment, for whoever holds a signed link (flows 8.9)."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel import clock
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.ops.reports.proof_of_payment import Issuer, Proof, link_path, links, proof_of, render
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.kit.failures import answer

PROOF_PATH = "/files/proofs/{app_id}/{recipient_id}.pdf"

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def show_proof(request: Request) -> Response:
    """Show the proof that a link names, while the link is good by the clock of the app."""
    platform = platform_of(request)
    app_id, recipient_id = (read_id(request.path_params[name]) for name in ("app_id", "recipient_id"))
    if app_id is None or recipient_id is None:
        return answer(request, 403)
    proofs = links(platform.settings.master_keys)
    ends_at = proofs.end_of(link_path(app_id, recipient_id), request.scope["query_string"])
    if ends_at is None:
        return answer(request, 403)
    async with platform.database.reading() as conn:
        if await clock.now(conn, app_id) >= ends_at:
            return answer(request, 403)
        try:
            proof = await proof_of(conn, app_id, recipient_id)
        except NotFound:
            proof = None
    if proof is None:
        return answer(request, 404)
    return await _shown(proof, Issuer(platform.settings.issuer_name, platform.settings.issuer_address or ""))


async def _shown(proof: Proof, issuer: Issuer) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{proof.file_name}"'}
    return Response(await asyncio.to_thread(render, proof, issuer), media_type="application/pdf", headers=headers)
