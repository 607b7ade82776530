"""`/payout_methods`: ways to pay that are kept to be used again."""

from collections.abc import Callable
from uuid import UUID

from bitpesa.api.answers import listed, shown, stored
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.pagination import read_choices, read_page, read_range
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.payout_methods import operations, queries
from bitpesa.payments.payout_methods.model import Filters, PayoutMethod
from bitpesa.payments.payout_methods.wire import payout_method_json, with_fields
from bitpesa.rails.corridors.catalogue import CORRIDORS

STATES = ("enabled", "disabled")
TYPES = frozenset(corridor.type for corridor in CORRIDORS)

NOBODY = UUID(int=0)
"""What a filter by an id that is none finds nothing by."""


async def create(call: Call) -> Answer:
    """Store a payout method."""
    submitted = call.wrapped("payout_method")
    return await call.write(_stored(call), operations.create, call.app, submitted)


async def list_all(call: Call) -> Answer:
    """List payout methods, newest first."""
    page, filters = read_page(call.query), _read_filters(call)
    async with call.database.reading() as conn:
        methods, total = await queries.list_page(conn, call.app.id, filters, limit=page.per, offset=page.offset)
    return listed([payout_method_json(method) for method in methods], page, total)


async def show(call: Call) -> Answer:
    """Show a payout method."""
    async with call.database.reading() as conn:
        found = await queries.find(conn, call.app.id, read_id(call.path_params["id"]))
    return shown(with_fields(found, call.app.settings))


async def change(call: Call) -> Answer:
    """Change the details that are sent; SDKs send them without a wrapper."""
    method_id, submitted = read_id(call.path_params["id"]), call.wrapped_or_bare("payout_method")
    return await call.write(_shown(call), operations.change, call.app, method_id, submitted)


async def delete(call: Call) -> Answer:
    """Disable a payout method."""
    method_id = read_id(call.path_params["id"])
    return await call.write(_shown(call), operations.disable, call.app.id, method_id)


def _stored(call: Call) -> Callable[[PayoutMethod], Answer]:
    return lambda method: stored(with_fields(method, call.app.settings))


def _shown(call: Call) -> Callable[[PayoutMethod], Answer]:
    return lambda method: shown(with_fields(method, call.app.settings))


def _read_filters(call: Call) -> Filters:
    created, sender = read_range(call.query), call.query.text("sender_id")
    return Filters(
        states=read_choices(call.query, "state", STATES),
        types=read_choices(call.query, "type", TYPES),
        sender_id=None if sender is None else read_id(sender) or NOBODY,
        since=created.since,
        before=created.before,
    )


ROUTES = (
    Route("POST", "/payout_methods", create),
    Route("GET", "/payout_methods", list_all),
    Route("GET", "/payout_methods/{id}", show),
    Route("PATCH", "/payout_methods/{id}", change),
    Route("DELETE", "/payout_methods/{id}", delete),
)
