"""Mandates that wait for a signature, and how their signing ended."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.mandates import queries
from bitpesa.payments.mandates.model import Mandate, MandateStatus
from bitpesa.payments.transactions.operations.mandates import end_signing, follow_mandate
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import app_named, id_of, names_of_apps, tried
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.paging import PER, asked
from bitpesa.wiring import policy_of

PATH = "/office/mandates"

ENDINGS = (
    (MandateStatus.SIGNED, "Signed"),
    (MandateStatus.FAILED, "Failed"),
    (MandateStatus.BYPASSED, "Do without"),
)


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List mandates that wait for a signature, the oldest first."""
    return await _shown(request, officer)


@page(StaffRole.OPERATOR, fresh=True)
async def end(request: Request, officer: Officer) -> Response:
    """Note how the signing ended; what waited for it goes on, or has failed."""
    form = await request.form()
    wanted = text(form, "status")
    if wanted not in [status for status, _ in ENDINGS]:
        raise NotFound
    app = await app_named(request)
    ended: list[Mandate] = []

    async def note_end(work: Work, app: App) -> None:
        reason = text(form, "reason") or None
        mandate = await end_signing(
            work, app, id_of(request), MandateStatus(wanted), actor=officer.actor, reason=reason
        )
        ended[:] = [mandate]

    refusal = await tried(request, note_end, app)
    if refusal is not None:
        return await _shown(request, officer, refusal)
    platform = platform_of(request)
    policy = policy_of(platform.settings, app.environment)
    await platform.database.run(follow_mandate, app, ended[0], policy=policy)
    return go(request, f"{PATH}?done=ended")


async def _shown(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    wanted = asked(request, PATH)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.unsigned(conn, limit=PER, offset=wanted.offset)
        names = await names_of_apps(conn, {each.app_id for each in found})
    return render(
        request,
        officer,
        "office/mandates.html",
        status=200 if refusal is None else 422,
        found=found,
        names=names,
        pages=wanted.pages(total),
        endings=ENDINGS,
        refusal=refusal,
        done=request.query_params.get("done"),
    )


ROUTES = [
    Route(PATH, list_all),
    Route(f"{PATH}/{{app_id}}/{{id}}", end, methods=["POST"]),
]
