"""Transactions that wait for staff: held ones, and those that failed unexpectedly; one transaction with its story."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import NotFound
from bitpesa.ops.insights.timeline import Reader, timeline
from bitpesa.payments.collections import queries as collections
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import FOR_PEOPLE, Ending, Recipient
from bitpesa.payments.screening import queries as screening
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.operations import review
from bitpesa.payments.transactions.operations.return_money import return_collected_money
from bitpesa.payments.transactions.operations.staff_exceptions import WayOut, settle_exception
from bitpesa.rails.providers import codes
from bitpesa.tenants.audit_log import queries as audit_trail
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import app_named, app_of, id_of, names_of_apps, organisation_of, tried
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.paging import PER, asked
from bitpesa.wiring import policy_of

PATH = "/office/transactions"

MOST_SHOWN = 20
FAILURES = [
    (code, f"{code} {known.messages[-1]}")
    for code, known in codes.CODES.items()
    if known.category in recipient_rules.FAILED and not codes.leaves_doubt(code, asked=True)
]
"""Codes that say why a payout surely failed, with their words."""


@page()
async def list_held(request: Request, officer: Officer) -> Response:
    """List funded transactions that are held, the longest waiting first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.list_held(conn, limit=PER, offset=wanted.offset)
        names = await names_of_apps(conn, {each.transaction.app_id for each in found})
    return render(
        request, officer, "office/transactions.html", found=found, names=names, pages=wanted.pages(total), held=True
    )


@page()
async def list_exceptions(request: Request, officer: Officer) -> Response:
    """List transactions that failed unexpectedly, the longest waiting first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.list_exceptions(conn, limit=PER, offset=wanted.offset)
        names = await names_of_apps(conn, {each.transaction.app_id for each in found})
    return render(
        request, officer, "office/transactions.html", found=found, names=names, pages=wanted.pages(total), held=False
    )


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show a transaction with everything that happened to it."""
    async with platform_of(request).database.reading() as conn:
        app = await app_of(conn, request)
    return await show_transaction(request, officer, app, id_of(request))


@page(StaffRole.OPERATOR, fresh=True)
async def release(request: Request, officer: Officer) -> Response:
    """Let the payouts of a held transaction start."""
    reason = text(await request.form(), "reason") or None
    app = await app_named(request)
    refusal = await tried(request, review.release, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app, refusal, "released")


@page(StaffRole.OPERATOR, fresh=True)
async def refuse(request: Request, officer: Officer) -> Response:
    """Give the money of a held transaction back."""
    reason = text(await request.form(), "reason")
    app = await app_named(request)
    refusal = await tried(request, review.refuse, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app, refusal, "refused")


@page(StaffRole.OPERATOR, fresh=True)
async def mark(request: Request, officer: Officer) -> Response:
    """Have a transaction held once its money is in."""
    reason = text(await request.form(), "reason")
    app = await app_named(request)
    refusal = await tried(request, review.mark_for_review, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app, refusal, "marked")


@page(StaffRole.OPERATOR, fresh=True)
async def settle(request: Request, officer: Officer) -> Response:
    """Say how a transaction goes on that failed unexpectedly."""
    form = await request.form()
    wanted = text(form, "way_out")
    if wanted not in list(WayOut):
        raise NotFound
    app = await app_named(request)
    refusal = await tried(
        request,
        settle_exception,
        app,
        id_of(request),
        WayOut(wanted),
        actor=officer.actor,
        reason=text(form, "reason"),
        policy=policy_of(platform_of(request).settings, app.environment),
        surely_unpaid=text(form, "surely_unpaid") == "yes",
    )
    return await _after(request, officer, app, refusal, "settled")


@page(StaffRole.OPERATOR, fresh=True)
async def give_back(request: Request, officer: Officer) -> Response:
    """Note that the collected money of a transaction that waited for it was sent back to its payer."""
    reason = text(await request.form(), "reason") or None
    app = await app_named(request)
    refusal = await tried(request, return_collected_money, app, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, app, refusal, "returned")


async def show_transaction(
    request: Request, officer: Officer, app: App, transaction_id: UUID | None, refusal: str | None = None
) -> Response:
    """The page of a transaction, with a refusal of what was just tried. Raises NotFound."""
    async with platform_of(request).database.reading() as conn:
        payment = await queries.find(conn, app.id, transaction_id)
        story = await timeline(conn, payment, Reader.STAFF)
        organisation = await organisation_of(conn, app.organisation_id)
        parts = {payment.transaction.id, *(r.id for r in payment.recipients), *(m.id for m in payment.payin_methods)}
        entries, did = await audit_trail.list_about_payment(conn, app.id, parts, limit=MOST_SHOWN)
        receipts = await collections.receipts_of(conn, app.id, payment.transaction.id)
        hits = await screening.hits_of_recipients(conn, app.id, [each.id for each in payment.recipients])
    return render(
        request,
        officer,
        "office/transaction.html",
        status=200 if refusal is None else 422,
        app=app,
        organisation=organisation,
        payment=payment,
        t=payment.transaction,
        legs=[(each, _words_of(each)) for each in payment.recipients],
        matches={r.id: [hit for hit in hits if hit.recipient_id == r.id] for r in payment.recipients},
        for_people=FOR_PEOPLE,
        failures=FAILURES,
        endings=list(Ending),
        ways_out=list(WayOut),
        receipts=receipts,
        story=story,
        entries=entries,
        did=did,
        refusal=refusal,
        done=request.query_params.get("done"),
    )


async def _after(request: Request, officer: Officer, app: App, refusal: str | None, done: str) -> Response:
    if refusal is not None:
        return await show_transaction(request, officer, app, id_of(request), refusal)
    return go(request, f"{PATH}/{app.id}/{id_of(request)}?done={done}")


def _words_of(recipient: Recipient) -> dict[str, object] | None:
    """What the code of a payout's provider means."""
    return None if recipient.result_code is None else codes.details(recipient.result_code)


ROUTES = [
    Route("/office/held", list_held),
    Route("/office/exceptions", list_exceptions),
    Route(f"{PATH}/{{app_id}}/{{id}}", show),
    Route(f"{PATH}/{{app_id}}/{{id}}/release", release, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/refuse", refuse, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/mark", mark, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/settle", settle, methods=["POST"]),
    Route(f"{PATH}/{{app_id}}/{{id}}/return", give_back, methods=["POST"]),
]
