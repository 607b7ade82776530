"""`/payin_methods`: the collections of transactions, edited, cancelled and tried again one by one (flows 7)."""

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.collections.wire import payin_method_json
from bitpesa.payments.transactions.operations import payin_methods
from bitpesa.payments.transactions.queries import find_payin_method


async def show(call: Call) -> Answer:
    """Show a payin method."""
    async with call.database.reading() as conn:
        _, method = await find_payin_method(conn, call.app.id, read_id(call.path_params["id"]))
    return shown(payin_method_json(method))


async def edit(call: Call) -> Answer:
    """Change details, such as the code that the payer was sent; what waited for them goes on."""
    payin_method_id, submitted = read_id(call.path_params["id"]), call.wrapped_or_bare("payin_method")
    right = await payin_methods.check_otp(call.database, call.app, payin_method_id, submitted, call.providers)
    return await call.write(_shown, payin_methods.edit, call.app, payin_method_id, submitted, otp_is_right=right)


async def cancel(call: Call) -> Answer:
    """Stop a collection."""
    return await call.write(_shown, payin_methods.cancel, call.app, read_id(call.path_params["id"]))


async def retry(call: Call) -> Answer:
    """Ask the payer once more, after an error."""
    return await call.write(_shown, payin_methods.retry, call.app, read_id(call.path_params["id"]))


def _shown(method: PayinMethod) -> Answer:
    return shown(payin_method_json(method))


ROUTES = (
    Route("GET", "/payin_methods/{id}", show),
    Route("PATCH", "/payin_methods/{id}", edit),
    Route("DELETE", "/payin_methods/{id}", cancel),
    Route("POST", "/payin_methods/{id}/retry", retry),
)
