"""`/webhooks` and `/logs`: who is told of what, and what became of telling (flows 9)."""

from bitpesa.api.answers import listed, shown, stored
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.pagination import read_page, read_range
from bitpesa.kernel.values.ids import read_id
from bitpesa.webhooks import operations, queries
from bitpesa.webhooks.event_names import ACCEPTED
from bitpesa.webhooks.model import Replay, Webhook
from bitpesa.webhooks.wire import log_json, replay_json, webhook_json


async def register(call: Call) -> Answer:
    """Store a webhook that hears of what happens from now on."""
    return await call.write(
        _stored,
        operations.register,
        call.app,
        call.key_id,
        call.wrapped("webhook"),
        allow_private=call.settings.allow_private_webhooks,
        most=call.settings.webhooks_per_app,
    )


async def list_all(call: Call) -> Answer:
    """List webhooks, newest first; disabled ones are among them."""
    page = read_page(call.query)
    async with call.database.reading() as conn:
        webhooks, total = await queries.list_page(conn, call.app.id, limit=page.per, offset=page.offset)
    return listed([webhook_json(webhook) for webhook in webhooks], page, total)


async def list_event_names(_call: Call) -> Answer:
    """List the names of events that a webhook may ask for."""
    return shown(list(ACCEPTED))


async def show(call: Call) -> Answer:
    """Show a webhook."""
    async with call.database.reading() as conn:
        return shown(webhook_json(await queries.find(conn, call.app.id, read_id(call.path_params["id"]))))


async def remove(call: Call) -> Answer:
    """Delete a webhook; what was not sent yet is dropped."""
    return await call.write(_removed, operations.remove, call.app.id, read_id(call.path_params["id"]))


async def enable(call: Call) -> Answer:
    """Let a webhook that was disabled hear again of what happens from now on (ours)."""
    return await call.write(_shown, operations.enable, call.app.id, read_id(call.path_params["id"]))


async def replay_range(call: Call) -> Answer:
    """Deliver once more what happened in a range of time (ours)."""
    submitted = call.wrapped_or_bare("replay")
    return await call.write(_replay, operations.replay_range, call.app.id, read_id(call.path_params["id"]), submitted)


async def replay_attempt(call: Call) -> Answer:
    """Deliver once more what an attempt was about (ours)."""
    return await call.write(_replay, operations.replay_attempt, call.app.id, read_id(call.path_params["id"]))


async def list_logs(call: Call) -> Answer:
    """List the attempts to deliver, newest first."""
    page, created = read_page(call.query), read_range(call.query)
    async with call.database.reading() as conn:
        logs, total = await queries.list_logs(
            conn, call.app.id, since=created.since, before=created.before, limit=page.per, offset=page.offset
        )
    return listed([log_json(log) for log in logs], page, total)


async def show_log(call: Call) -> Answer:
    """Show one attempt."""
    async with call.database.reading() as conn:
        return shown(log_json(await queries.find_log(conn, call.app.id, read_id(call.path_params["id"]))))


def _shown(webhook: Webhook) -> Answer:
    return shown(webhook_json(webhook))


def _replay(replay: Replay) -> Answer:
    return shown(replay_json(replay))


def _stored(webhook: Webhook) -> Answer:
    return stored({**webhook_json(webhook), "errors": {}})


def _removed(webhook: Webhook) -> Answer:
    return shown({**webhook_json(webhook), "errors": {}})


ROUTES = (
    Route("POST", "/webhooks", register),
    Route("GET", "/webhooks", list_all),
    Route("GET", "/webhooks/events", list_event_names),
    Route("GET", "/webhooks/{id}", show),
    Route("DELETE", "/webhooks/{id}", remove),
    Route("POST", "/webhooks/{id}/enable", enable),
    Route("POST", "/webhooks/{id}/replay", replay_range),
    Route("POST", "/logs/{id}/replay", replay_attempt),
    Route("GET", "/logs/webhooks", list_logs),
    Route("GET", "/logs/{id}", show_log),
)
