"""`/mandates`: what recipients of rand sign; none is created or listed here (flows 4.6)."""

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.kernel import clock
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.mandates import queries
from bitpesa.payments.mandates.wire import mandate_json


async def show(call: Call) -> Answer:
    """Show a mandate of this calendar year."""
    async with call.database.reading() as conn:
        now = await clock.now(conn, call.app.id)
        return shown(mandate_json(await queries.find(conn, call.app.id, read_id(call.path_params["id"]), now)))


ROUTES = (Route("GET", "/mandates/{id}", show),)
