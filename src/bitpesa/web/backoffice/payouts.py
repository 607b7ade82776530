"""Payouts that machines cannot end: what their providers said, how they ended by the word of staff, trying again."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import NotFound
from bitpesa.payments.compliance.matches import dismiss_recipient_hits
from bitpesa.payments.recipients import queries
from bitpesa.payments.recipients.model import Ending
from bitpesa.payments.transactions.operations.staff_settlement import retry_recipient, settle_recipient
from bitpesa.rails.providers import codes
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice import payments
from bitpesa.web.backoffice.actions import app_named, id_of, names_of_apps, tried
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.labels import called
from bitpesa.web.kit.paging import PER, asked
from bitpesa.wiring import policy_of

PATH = "/office/payouts"


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List payouts that are stuck, given up or failed unexpectedly, the longest waiting first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.list_for_people(conn, limit=PER, offset=wanted.offset)
        names = await names_of_apps(conn, {each.app_id for each in found})
    shown = [
        (each, called(each.details), None if each.result_code is None else codes.details(each.result_code))
        for each in found
    ]
    return render(request, officer, "office/payouts.html", found=shown, names=names, pages=wanted.pages(total))


@page(StaffRole.OPERATOR, fresh=True)
async def settle(request: Request, officer: Officer) -> Response:
    """Record how a payout truly ended."""
    form = await request.form()
    wanted = text(form, "ending")
    if wanted not in list(Ending):
        raise NotFound
    app = await app_named(request)
    refusal = await tried(
        request,
        settle_recipient,
        app,
        id_of(request),
        Ending(wanted),
        actor=officer.actor,
        reason=text(form, "reason"),
        policy=policy_of(platform_of(request).settings, app.environment),
        code=text(form, "code") or None,
        surely_unpaid=text(form, "surely_unpaid") == "yes",
    )
    return await _after(request, officer, app, refusal, "settled")


@page(StaffRole.OPERATOR, fresh=True)
async def retry(request: Request, officer: Officer) -> Response:
    """Have a payout tried again; one that a provider may have is asked about, and never sent again."""
    reason = text(await request.form(), "reason") or None
    app = await app_named(request)
    refusal = await tried(request, retry_recipient, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app, refusal, "retried")


@page(StaffRole.OPERATOR, fresh=True)
async def dismiss(request: Request, officer: Officer) -> Response:
    """Say that what lists say of a recipient is somebody else."""
    reason = text(await request.form(), "reason")
    app = await app_named(request)
    refusal = await tried(request, dismiss_recipient_hits, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app, refusal, "dismissed")


async def _after(request: Request, officer: Officer, app: App, refusal: str | None, done: str) -> Response:
    async with platform_of(request).database.reading() as conn:
        transaction_id = await queries.transaction_of(conn, app.id, id_of(request))
    if refusal is not None:
        return await payments.show_transaction(request, officer, app, transaction_id, refusal)
    return go(request, f"{payments.PATH}/{app.id}/{transaction_id}?done={done}")


ROUTES = [
    Route(PATH, list_all),
    Route(f"{PATH}/{{app_id}}/{{id}}/settle", settle, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/retry", retry, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/false-positive", dismiss, methods=["POST"]),
]
