"""Webhooks: who is told of what, how that went, and what can be done about it, by the operations of the API."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from bitpesa.web.kit import charts
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.paging import PER, asked
from bitpesa.web.kit.refusals import Problems, problems_of, sentence_of
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.web.portal.log_reading import page_about, pretty
from bitpesa.web.portal.personal_data import attempt_told
from bitpesa.webhooks import operations, queries
from bitpesa.webhooks.event_names import EVENT_NAMES
from bitpesa.webhooks.model import AttemptCount, Webhook

PATH = "/webhooks"

DAYS = 14
MOST_LISTED = 100

TOLD = {
    "created": "The webhook hears of what happens from now on.",
    "deleted": "The webhook is deleted; what was not sent yet is dropped.",
    "tested": "A test event is on its way. Its attempt appears below.",
    "enabled": "The webhook hears again of what happens from now on.",
}


@app_page(Permission.WEBHOOKS_READ)
async def list_all(request: Request, visitor: Visitor, app: App) -> Response:
    """List webhooks, newest first, and beside them the form for a new one."""
    return await _list(request, visitor, app)


@app_page(Permission.WEBHOOKS_WRITE)
async def create(request: Request, visitor: Visitor, app: App) -> Response:
    """Register a webhook, as POST /v1/webhooks does; it is signed by the newest key of the app."""
    form = await request.form()
    url, names = str(form.get("url", "")).strip(), [str(each) for each in form.getlist("events")]
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        key = (await platform.keys.to_sign_with(conn, [(app.id, None)])).get((app.id, None))
    if key is None:
        return await _list(request, visitor, app, url, names, {"base": ["Create an API key first: it signs webhooks"]})
    try:
        webhook = await platform.database.run(
            operations.register,
            app,
            key.key_id,
            {"url": url, "events": names},
            allow_private=platform.settings.allow_private_webhooks,
            most=platform.settings.webhooks_per_app,
        )
    except Invalid as refusal:
        return await _list(request, visitor, app, url, names, problems_of(refusal))
    return go(request, visitor.to(f"{PATH}/{webhook.id}?done=created"))


@app_page(Permission.WEBHOOKS_READ)
async def show(request: Request, visitor: Visitor, app: App) -> Response:
    """Show a webhook and the attempts to reach it."""
    return await _show(request, visitor, app)


@app_page(Permission.WEBHOOKS_READ)
async def show_attempt(request: Request, visitor: Visitor, app: App) -> Response:
    """Show what was sent in one attempt, and what came back."""
    async with platform_of(request).database.reading() as conn:
        log = attempt_told(visitor, await queries.find_log(conn, app.id, read_id(request.path_params["id"])))
        is_there = await queries.is_there(conn, app.id, log.webhook_id)
    of_webhook = [(visitor.to(f"{PATH}/{log.webhook_id}"), "Webhook")] if is_there else []
    return render(
        request,
        visitor,
        "webhook_attempt.html",
        log=log,
        ending=ending_of(log.message),
        about=visitor.found(page_about(log.metadata)),
        webhook_is_there=is_there,
        may_write=is_there and visitor.may(Permission.WEBHOOKS_WRITE),
        sent=pretty(log.metadata["request"]["body"] or ""),
        answered=pretty(log.metadata["response"]["body"] or ""),
        trail=[(visitor.to(PATH), "Webhooks"), *of_webhook],
    )


@app_page(Permission.WEBHOOKS_WRITE)
async def remove(request: Request, visitor: Visitor, app: App) -> Response:
    """Ask whether to delete; then do it, as DELETE /v1/webhooks/{id} does."""
    platform, webhook_id = platform_of(request), read_id(request.path_params["id"])
    if request.method == "POST":
        await platform.database.run(operations.remove, app.id, webhook_id)
        return go(request, visitor.to(f"{PATH}?done=deleted"))
    async with platform.database.reading() as conn:
        webhook = await queries.find(conn, app.id, webhook_id)
    return render(request, visitor, "delete_webhook.html", webhook=webhook)


@app_page(Permission.WEBHOOKS_WRITE)
async def test(request: Request, visitor: Visitor, app: App) -> Response:
    """Send a test event."""
    webhook_id = read_id(request.path_params["id"])
    try:
        await platform_of(request).database.run(operations.send_test, app.id, webhook_id)
    except Invalid as refusal:
        return await _show(request, visitor, app, refusal)
    return go(request, visitor.to(f"{PATH}/{webhook_id}?done=tested"))


@app_page(Permission.WEBHOOKS_WRITE)
async def enable(request: Request, visitor: Visitor, app: App) -> Response:
    """Let a disabled webhook hear again."""
    webhook_id = read_id(request.path_params["id"])
    await platform_of(request).database.run(operations.enable, app.id, webhook_id)
    return go(request, visitor.to(f"{PATH}/{webhook_id}?done=enabled"))


@app_page(Permission.WEBHOOKS_WRITE)
async def replay_range(request: Request, visitor: Visitor, app: App) -> Response:
    """Deliver a range of time once more."""
    form = await request.form()
    webhook_id = read_id(request.path_params["id"])
    submitted = {"from": form.get("from"), "to": form.get("to")}
    try:
        replay = await platform_of(request).database.run(operations.replay_range, app.id, webhook_id, submitted)
    except Invalid as refusal:
        return await _show(request, visitor, app, refusal)
    return go(request, visitor.to(f"{PATH}/{webhook_id}?replayed={replay.deliveries}"))


@app_page(Permission.WEBHOOKS_WRITE)
async def retry(request: Request, visitor: Visitor, app: App) -> Response:
    """Deliver once more what one attempt was about."""
    log_id = read_id(request.path_params["id"])
    try:
        replay = await platform_of(request).database.run(operations.replay_attempt, app.id, log_id)
    except Invalid as refusal:
        async with platform_of(request).database.reading() as conn:
            log = await queries.find_log(conn, app.id, log_id)
        return await _show(request, visitor, app, refusal, log.webhook_id)
    return go(request, visitor.to(f"{PATH}/{replay.webhook.id}?replayed={replay.deliveries}"))


async def _list(
    request: Request,
    visitor: Visitor,
    app: App,
    url: str = "",
    names: list[str] | None = None,
    problems: Problems | None = None,
) -> Response:
    async with platform_of(request).database.reading() as conn:
        webhooks, _ = await queries.list_page(conn, app.id, limit=MOST_LISTED, offset=0)
        failing = await queries.failing(conn, app.id)
    return render(
        request,
        visitor,
        "webhooks.html",
        status=422 if problems else 200,
        webhooks=[(each, _state(each, failing)) for each in webhooks],
        may_write=visitor.may(Permission.WEBHOOKS_WRITE),
        groups=_groups(),
        url=url,
        chosen=set(names or ()),
        problems=problems or {},
        told=TOLD.get(request.query_params.get("done", "")),
    )


async def _show(
    request: Request, visitor: Visitor, app: App, refusal: Invalid | None = None, webhook_id: UUID | None = None
) -> Response:
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        webhook = await queries.find(conn, app.id, webhook_id or read_id(request.path_params["id"]))
        logs, total = await queries.list_logs(
            conn,
            app.id,
            webhook_id=webhook.id,
            since=wanted.since(),
            before=wanted.before(),
            limit=PER,
            offset=wanted.offset,
        )
        now = await clock.now(conn, app.id)
        first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
        counted = {each.day: each for each in await queries.attempts_by_day(conn, app.id, webhook.id, first)}
    days = [first.date() + timedelta(days=each) for each in range(DAYS)]
    counts = [counted.get(day) or AttemptCount(day, 0, 0) for day in days]
    return render(
        request,
        visitor,
        "webhook.html",
        status=200 if refusal is None else 422,
        webhook=webhook,
        logs=[(log, ending_of(log.message)) for log in logs],
        pages=wanted.pages(total),
        wanted=wanted,
        may_write=visitor.may(Permission.WEBHOOKS_WRITE),
        counts=counts,
        chart_of=_chart(counts),
        told=_told(request),
        refusal=None if refusal is None else sentence_of(refusal),
        today=now.date(),
    )


def _state(webhook: Webhook, failing: Collection[UUID]) -> str:
    if webhook.disabled_at is not None:
        return "disabled"
    return "failing" if webhook.id in failing else "enabled"


def _chart(counts: list[AttemptCount]) -> charts.Chart:
    return charts.stacked([(each.day, _parts(each)) for each in counts])


def _parts(each: AttemptCount) -> list[charts.Part]:
    failed = each.attempts - each.delivered
    return [
        charts.Part(each.delivered, "good", f"{each.day:%d %b}: {each.delivered} delivered"),
        charts.Part(failed, "bad", f"{each.day:%d %b}: {failed} failed"),
    ]


def _groups() -> list[tuple[str, list[str]]]:
    """The events that may be asked for and are ever sent, by what they are about."""
    groups: dict[str, list[str]] = {}
    for name in (each.name for each in EVENT_NAMES if each.is_accepted and each.is_emitted):
        groups.setdefault(name.partition(".")[0], []).append(name)
    return list(groups.items())


def _told(request: Request) -> str | None:
    replayed = request.query_params.get("replayed", "")
    if replayed.isascii() and replayed.isdigit():
        return f"{int(replayed[:6]):,} deliveries are on their way once more."
    return TOLD.get(request.query_params.get("done", ""))


def ending_of(message: str) -> str:
    """How an attempt ended, from the line that sums it up: `delivered`, `pending`, `failed`, `dropped`."""
    return message.rpartition(" ")[2].rstrip("!")


ROUTES = [
    Route(PLACE + PATH, list_all),
    Route(PLACE + PATH, create, methods=["POST"]),
    Route(f"{PLACE}{PATH}/attempts/{{id}}", show_attempt),
    Route(f"{PLACE}{PATH}/attempts/{{id}}/retry", retry, methods=["POST"]),
    Route(f"{PLACE}{PATH}/{{id}}", show),
    Route(f"{PLACE}{PATH}/{{id}}/delete", remove, methods=["GET", "POST"]),
    Route(f"{PLACE}{PATH}/{{id}}/test", test, methods=["POST"]),
    Route(f"{PLACE}{PATH}/{{id}}/enable", enable, methods=["POST"]),
    Route(f"{PLACE}{PATH}/{{id}}/replay", replay_range, methods=["POST"]),
]
