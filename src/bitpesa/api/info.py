"""`/info`: currencies with their rates, and the ways to pay in and out (flows 11.2)."""

from collections.abc import Sequence

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.corridors.catalogue import CORRIDORS
from bitpesa.corridors.model import Corridor
from bitpesa.corridors.wire import payment_method_json
from bitpesa.kernel.currency import CURRENCIES, Currency
from bitpesa.payout_methods.rules import is_open
from bitpesa.rates.model import Rates
from bitpesa.rates.queries import current_rates
from bitpesa.rates.wire import Direction, currency_json, currency_with_opposites_json

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


async def list_payins(_call: Call) -> Answer:
    """List the ways to collect money from a sender: there are none yet, transactions are funded from the balance."""
    return shown([])


async def list_payouts(call: Call) -> Answer:
    """List the ways to pay out, with the fields that each asks for."""
    return shown([payment_method_json(corridor, provider=PROVIDER) for corridor in _open_corridors(call)])


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


def _open_corridors(call: Call) -> list[Corridor]:
    return [corridor for corridor in CORRIDORS if is_open(corridor, call.app.settings)]


ROUTES = (
    Route("GET", "/info/currencies", list_currencies),
    Route("GET", "/info/currencies/in", list_input_currencies),
    Route("GET", "/info/currencies/out", list_output_currencies),
    Route("GET", "/info/payment_methods/in", list_payins),
    Route("GET", "/info/payment_methods/out", list_payouts),
)
