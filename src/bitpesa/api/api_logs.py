"""`/api_logs`: what the app called and was answered (flows 11.3)."""

from bitpesa.api.answers import listed, shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.pagination import read_page, read_range
from bitpesa.api_support.api_logs import queries
from bitpesa.api_support.api_logs.model import Filters
from bitpesa.api_support.api_logs.wire import api_log_json
from bitpesa.kernel.values.ids import read_id


async def list_all(call: Call) -> Answer:
    """List the calls, newest first."""
    page, created = read_page(call.query), read_range(call.query)
    async with call.database.reading() as conn:
        filters = Filters(since=created.since, before=created.before)
        logs, total = await queries.list_page(conn, call.app.id, filters, limit=page.per, offset=page.offset)
    return listed([api_log_json(log) for log in logs], page, total)


async def show(call: Call) -> Answer:
    """Show one call."""
    async with call.database.reading() as conn:
        return shown(api_log_json(await queries.find(conn, call.app.id, read_id(call.path_params["id"]))))


ROUTES = (
    Route("GET", "/api_logs", list_all),
    Route("GET", "/api_logs/{id}", show),
)
