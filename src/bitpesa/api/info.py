"""`/info`: currencies with their rates, and the ways to pay in and out (flows 11.2)."""

from collections.abc import Sequence

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.collections import wire as collections
from bitpesa.collections.catalogue import PAYIN_TYPES
from bitpesa.collections.catalogue import is_open as is_payin_open
from bitpesa.collections.model import PayinType
from bitpesa.corridors.catalogue import CORRIDORS
from bitpesa.corridors.model import Corridor
from bitpesa.corridors.wire import payment_method_json
from bitpesa.kernel.currency import CURRENCIES, Currency
from bitpesa.rates.model import Rates
from bitpesa.rates.queries import current_rates
from bitpesa.rates.wire import Direction, currency_json, currency_with_opposites_json
from bitpesa.transactions.draft import is_open

PROVIDER = "bitpesa"
"""Who pays, as far as clients are told."""


async def list_currencies(call: Call) -> Answer:
    """List the currencies in which an amount may be requested."""
    rates = await _rates(call)
    return shown([currency_json(each, rates) for each in CURRENCIES.values() if each.requested])


async def list_input_currencies(call: Call) -> Answer:
    """List the currencies that may be paid in, each with what it can be paid out in."""
    return await _list_exchanges(call, _paid_in(), _paid_out(call), "in")


async def list_output_currencies(call: Call) -> Answer:
    """List the currencies that may be paid out, each with what it can be paid in with."""
    return await _list_exchanges(call, _paid_out(call), _paid_in(), "out")


async def list_payins(call: Call) -> Answer:
    """List the ways to collect money from a sender, with the fields of each and the ways to pay it out."""
    out = [payment_method_json(corridor, provider=PROVIDER) for corridor in _open_corridors(call)]
    return shown(
        [collections.payment_method_json(type_, provider=PROVIDER, opposites=out) for type_ in _open_payins(call)]
    )


async def list_payouts(call: Call) -> Answer:
    """List the ways to pay out, with the fields of each and the ways to collect for it."""
    payins = [collections.payment_method_json(type_, provider=PROVIDER) for type_ in _open_payins(call)]
    return shown(
        [payment_method_json(corridor, provider=PROVIDER, opposites=payins) for corridor in _open_corridors(call)]
    )


async def _list_exchanges(
    call: Call, currencies: Sequence[Currency], opposites: Sequence[Currency], direction: Direction
) -> Answer:
    rates = await _rates(call)
    return shown([currency_with_opposites_json(each, opposites, rates, direction) for each in currencies])


async def _rates(call: Call) -> Rates:
    async with call.database.reading() as conn:
        return await current_rates(conn, call.app.settings.margin)


def _paid_in() -> list[Currency]:
    return [each for each in CURRENCIES.values() if each.input]


def _paid_out(call: Call) -> list[Currency]:
    codes = {corridor.currency for corridor in _open_corridors(call)}
    return [each for each in CURRENCIES.values() if each.code in codes]


def _open_payins(call: Call) -> list[PayinType]:
    return [type_ for type_ in PAYIN_TYPES.values() if is_payin_open(type_, call.app.settings)]


def _open_corridors(call: Call) -> list[Corridor]:
    return [corridor for corridor in CORRIDORS if is_open(corridor, call.app.settings)]


ROUTES = (
    Route("GET", "/info/currencies", list_currencies),
    Route("GET", "/info/currencies/in", list_input_currencies),
    Route("GET", "/info/currencies/out", list_output_currencies),
    Route("GET", "/info/payment_methods/in", list_payins),
    Route("GET", "/info/payment_methods/out", list_payouts),
)
