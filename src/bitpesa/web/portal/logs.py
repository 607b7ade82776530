"""What the app called and was answered, and what its webhooks were sent (flows 11.3, 9.5)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.api_support.api_logs import queries
from bitpesa.api_support.api_logs.model import Filters
from bitpesa.api_support.soft_limits import queries as soft_limits
from bitpesa.kernel import clock
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.kit.paging import PER, Asked, asked
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.web.portal.log_reading import page_about, page_answered, pretty, read
from bitpesa.web.portal.personal_data import attempt_told, call_told, url_told
from bitpesa.web.portal.webhooks import ending_of
from bitpesa.webhooks import queries as webhooks

PATH = "/logs"

METHODS = [("", "Any method"), *((each, each) for each in ("GET", "POST", "PATCH", "DELETE"))]
OUTCOMES = [("", "Any answer"), ("2", "2xx worked"), ("4", "4xx refused"), ("5", "5xx failed")]
REFUSED = 400


@app_page(Permission.LOGS_READ)
async def list_calls(request: Request, visitor: Visitor, app: App) -> Response:
    """List calls, newest first, and how much of the daily limits is used."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.list_page(conn, app.id, _filters(wanted, visitor), limit=PER, offset=wanted.offset)
        used = await soft_limits.used_on_day(conn, app.id, await clock.now(conn, app.id))
    return render(
        request,
        visitor,
        "logs.html",
        logs=[(log, _path(url_told(visitor, log.request_url))) for log in found],
        pages=wanted.pages(total),
        wanted=wanted,
        methods=METHODS,
        outcomes=OUTCOMES,
        limits=list(used.items()),
    )


@app_page(Permission.LOGS_READ)
async def show_call(request: Request, visitor: Visitor, app: App) -> Response:
    """Show one call: what was sent with what was wrong beside it, and both sides as they went over the wire."""
    async with platform_of(request).database.reading() as conn:
        log = call_told(visitor, await queries.find(conn, app.id, read_id(request.path_params["id"])))
    return render(
        request,
        visitor,
        "log.html",
        log=log,
        path=_path(log.request_url),
        about=visitor.found(
            page_answered(_path(log.request_url), log.response_body) if log.response_status < REFUSED else None
        ),
        lines=read(log.request_body, log.response_body),
        was_refused=log.response_status >= REFUSED,
        sent=pretty(log.request_body),
        answered=pretty(log.response_body),
    )


@app_page(Permission.LOGS_READ)
async def list_attempts(request: Request, visitor: Visitor, app: App) -> Response:
    """List the attempts to reach webhooks, newest first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await webhooks.list_logs(
            conn, app.id, since=wanted.since(), before=wanted.before(), limit=PER, offset=wanted.offset
        )
    return render(
        request,
        visitor,
        "webhook_logs.html",
        logs=[(log, ending_of(log.message)) for log in found],
        pages=wanted.pages(total),
        wanted=wanted,
    )


@app_page(Permission.LOGS_READ)
async def show_attempt(request: Request, visitor: Visitor, app: App) -> Response:
    """Show what was sent in one attempt, and what came back."""
    async with platform_of(request).database.reading() as conn:
        log = attempt_told(visitor, await webhooks.find_log(conn, app.id, read_id(request.path_params["id"])))
        is_there = await webhooks.is_there(conn, app.id, log.webhook_id)
    return render(
        request,
        visitor,
        "webhook_attempt.html",
        log=log,
        ending=ending_of(log.message),
        about=visitor.found(page_about(log.metadata)),
        sent=pretty(log.metadata["request"]["body"] or ""),
        answered=pretty(log.metadata["response"]["body"] or ""),
        webhook_is_there=is_there,
        may_write=is_there and visitor.may(Permission.WEBHOOKS_WRITE),
        trail=[(visitor.to(PATH), "Logs"), (visitor.to(f"{PATH}/webhooks"), "Webhooks")],
    )


def _filters(wanted: Asked, visitor: Visitor) -> Filters:
    """What is looked for. A text in the address is found by those only who may see the whole address."""
    outcome, method = wanted.text("outcome"), wanted.text("method")
    return Filters(
        since=wanted.since(),
        before=wanted.before(),
        method=method if (method, method) in METHODS else None,
        outcome=int(outcome) if outcome in {"2", "4", "5"} else None,
        text=wanted.text("text") if visitor.sees_personal_data else None,
    )


def _path(url: str) -> str:
    """A URL without its origin."""
    rest = url.partition("://")[2]
    return "/" + rest.partition("/")[2] if rest else url


ROUTES = [
    Route(PLACE + PATH, list_calls),
    Route(f"{PLACE}{PATH}/webhooks", list_attempts),
    Route(f"{PLACE}{PATH}/webhooks/{{id}}", show_attempt),
    Route(f"{PLACE}{PATH}/{{id}}", show_call),
]
