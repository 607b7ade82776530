"""`/senders`: the people and companies whose money moves (flows 3)."""

from bitpesa.api.answers import listed, shown, stored
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.pagination import read_page, read_range
from bitpesa.api.uploads import with_files
from bitpesa.kernel import clock
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.compliance.senders import change_sender, delete_sender
from bitpesa.payments.senders import operations, queries
from bitpesa.payments.senders.model import Sender
from bitpesa.payments.senders.wire import sender_json


async def create(call: Call) -> Answer:
    """Store a sender."""
    async with call.database.reading() as conn:
        now = await clock.now(conn, call.app.id)
    async with with_files(call, call.wrapped("sender")) as submitted:
        return await call.write(_stored, operations.create, call.app, submitted, now)


async def list_all(call: Call) -> Answer:
    """List senders, newest first."""
    page, created = read_page(call.query), read_range(call.query)
    async with call.database.reading() as conn:
        senders, total = await queries.list_page(
            conn,
            call.app.id,
            external_id=call.query.text("external_id"),
            since=created.since,
            before=created.before,
            limit=page.per,
            offset=page.offset,
        )
    return listed([sender_json(sender) for sender in senders], page, total)


async def show(call: Call) -> Answer:
    """Show a sender."""
    async with call.database.reading() as conn:
        return shown(sender_json(await queries.find(conn, call.app.id, read_id(call.path_params["id"]))))


async def change(call: Call) -> Answer:
    """Change the fields that are sent."""
    sender_id = read_id(call.path_params["id"])
    async with with_files(call, call.wrapped("sender")) as submitted:
        return await call.write(_shown, change_sender, call.app, sender_id, submitted)


async def delete(call: Call) -> Answer:
    """Disable a sender."""
    sender_id = read_id(call.path_params["id"])
    return await call.write(_shown, delete_sender, call.app, sender_id)


def _stored(sender: Sender) -> Answer:
    return stored(sender_json(sender))


def _shown(sender: Sender) -> Answer:
    return shown(sender_json(sender))


ROUTES = (
    Route("POST", "/senders", create),
    Route("GET", "/senders", list_all),
    Route("GET", "/senders/{id}", show),
    Route("PATCH", "/senders/{id}", change),
    Route("DELETE", "/senders/{id}", delete),
)
