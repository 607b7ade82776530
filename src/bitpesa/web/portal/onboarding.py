"""Going live: the five checks with what shows them, and the request for live access."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import Invalid
from bitpesa.onboarding import operations, rules
from bitpesa.onboarding.model import Evidence, RequestState
from bitpesa.tenants.audit_log.model import user
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.refusals import Problems, problems_of
from bitpesa.web.portal.guards import TEST, Visitor, forbidden, page, render

PATH = "/portal/onboarding"

PAGES = {
    "api_log": "/logs/{}",
    "webhook_log": "/webhooks/attempts/{}",
    "sender": "/senders/{}",
    "transaction": "/transactions/{}",
}
"""Where each kind of evidence is shown, in the sandbox."""

READERS = {"api_log": Permission.LOGS_READ, "webhook_log": Permission.WEBHOOKS_READ}
"""Who may read it, where not everybody may."""

HELP = {
    "authenticates": ("/documentation", "How calls are signed"),
    "senders": ("/documentation/transactions#create", "How a transaction names its sender"),
    "funds": ("/documentation/accounts", "How transactions are funded"),
    "learns": (f"{TEST}/webhooks", "Your webhooks"),
    "failures": ("/documentation/recipients", "How recipients are cancelled"),
}
"""Where to read on, by check."""


@page()
async def show(request: Request, visitor: Visitor) -> Response:
    """Show how far the organisation is; what was seen is noted, since logs are forgotten one day."""
    return await _show(request, visitor)


@page()
async def ask(request: Request, visitor: Visitor) -> Response:
    """Ask for live access; administrators do."""
    if not visitor.is_administrator:
        return forbidden(request, visitor)
    form = await request.form()
    reason = str(form.get("reason", ""))
    app = await _sandbox_app(request, visitor)
    if app is None:
        return await _show(request, visitor)
    try:
        await platform_of(request).database.run(
            operations.ask_for_live,
            visitor.organisation.id,
            app,
            actor=user(visitor.user.email, visitor.user.id),
            reason=reason,
        )
    except Invalid as refusal:
        return await _show(request, visitor, reason, problems_of(refusal))
    return go(request, PATH)


async def _show(request: Request, visitor: Visitor, reason: str = "", problems: Problems | None = None) -> Response:
    app = await _sandbox_app(request, visitor)
    if app is None:
        return render(request, visitor, "not_live.html")
    progress = await platform_of(request).database.run(operations.note_progress, visitor.organisation.id, app)
    last = progress.request
    return render(
        request,
        visitor,
        "onboarding.html",
        status=422 if problems else 200,
        checks=[
            (check, progress.ticks.get(check.name), progress.missing.get(check.name), HELP[check.name])
            for check in rules.CHECKS
        ],
        passed=len(progress.ticks),
        is_complete=not rules.open_checks(progress.ticks),
        last=last,
        may_ask=visitor.is_administrator and (last is None or last.state is RequestState.RETURNED),
        address_of=lambda evidence: address_of(evidence, visitor),
        may_make_keys=visitor.may(Permission.API_KEYS_WRITE),
        closed=set() if visitor.may(Permission.WEBHOOKS_READ) else {HELP["learns"]},
        reason=reason,
        problems=problems or {},
    )


def address_of(evidence: Evidence, visitor: Visitor) -> str | None:
    """The page that shows a piece of evidence; None for a visitor who may not read it."""
    needed = READERS.get(evidence.kind)
    if needed is not None and not visitor.may(needed):
        return None
    return f"{TEST}{PAGES[evidence.kind].format(evidence.id)}"


async def _sandbox_app(request: Request, visitor: Visitor) -> App | None:
    """The checks are about the sandbox, whichever side the visitor looks at."""
    async with platform_of(request).database.reading() as conn:
        apps = await organisations.list_apps(conn, visitor.organisation.id)
    return next((app for app in apps if app.is_sandbox), None)


ROUTES = [
    Route(PATH, show),
    Route(PATH, ask, methods=["POST"]),
]
