"""`/info`: currencies with their rates, and the ways to pay in and out (flows 11.2)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.kernel import clock
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.values import json
from bitpesa.kernel.values.currency import CURRENCIES, Currency
from bitpesa.money.rates.model import Rates
from bitpesa.money.rates.queries import current_rates
from bitpesa.money.rates.wire import Direction, currency_json, currency_with_opposites_json
from bitpesa.payments.collections import wire as collections
from bitpesa.payments.collections.catalogue import PAYIN_TYPES
from bitpesa.payments.collections.catalogue import is_open as is_payin_open
from bitpesa.payments.collections.model import PayinType
from bitpesa.payments.payout_methods.rules import corridor_for, is_open, is_within_sdks
from bitpesa.payments.transactions.draft import is_paid
from bitpesa.rails.corridors.catalogue import CORRIDORS, corridor
from bitpesa.rails.corridors.model import Corridor
from bitpesa.rails.corridors.rules import check_details
from bitpesa.rails.corridors.wire import payment_method_json, requirements_json

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
    return Answer(200, _written_payins(*_open_types(call), within_sdks=is_within_sdks(call.app.settings)))


async def list_payouts(call: Call) -> Answer:
    """List the ways to pay out, with the fields of each and the ways to collect for it."""
    return Answer(200, _written_payouts(*_open_types(call), within_sdks=is_within_sdks(call.app.settings)))


async def show_requirements(call: Call) -> Answer:
    """Tell which details of a payout are still missing, for those in the query (ours)."""
    found = _corridor(call)
    names = [field.name for field in found.fields]
    sent = {name: call.query.text(f"details[{name}]") or call.query.text(name) for name in names}
    details = {name: value for name, value in sent.items() if value is not None}
    return await _requirements(call, found, call.query.text("recipient_type"), details)


async def check_requirements(call: Call) -> Answer:
    """Tell which details of a payout are still missing, for a recipient as creation takes it (ours)."""
    found, recipient = _corridor(call), call.wrapped("recipient")
    method = recipient.get("payout_method")
    details = method.get("details") if isinstance(method, dict) else None
    return await _requirements(call, found, recipient.get("type"), {} if details is None else details)


async def _requirements(call: Call, found: Corridor, type_: Any, details: Any) -> Answer:
    recipient_type = "person" if type_ in (None, "") else type_
    if recipient_type not in found.recipient_types:
        raise refused("recipient_type", "inclusion", recipient_type=recipient_type)
    if not isinstance(details, dict):
        raise refused("details", "invalid", details=details)
    async with call.database.reading() as conn:
        today = (await clock.now(conn, call.app.id)).date()
    checked = check_details(found, recipient_type, details, today=today)
    return shown(requirements_json(found, recipient_type, checked))


def _corridor(call: Call) -> Corridor:
    """The corridor in the path, if the app may pay out over it. Raises NotFound, Invalid."""
    found = corridor_for(call.path_params["type"], call.app.settings)
    if found is None:
        raise NotFound
    if not _may_use(call, found):
        raise refused("type", "not_active", type=found.type)
    return found


@lru_cache(maxsize=8)
def _written_payins(payin_types: tuple[str, ...], payout_types: tuple[str, ...], *, within_sdks: bool) -> bytes:
    """The list of payins as it is sent. It has megabytes, most of them in the opposites, and hardly ever changes."""
    out = [payment_method_json(each, provider=PROVIDER) for each in _corridors(payout_types, within_sdks=within_sdks)]
    payins = [PAYIN_TYPES[type_] for type_ in payin_types]
    listed = [collections.payment_method_json(each, provider=PROVIDER, opposites=out) for each in payins]
    return json.encode({"object": listed})


@lru_cache(maxsize=8)
def _written_payouts(payin_types: tuple[str, ...], payout_types: tuple[str, ...], *, within_sdks: bool) -> bytes:
    """The list of payouts as it is sent, for the same reason."""
    payins = [collections.payment_method_json(PAYIN_TYPES[type_], provider=PROVIDER) for type_ in payin_types]
    out = _corridors(payout_types, within_sdks=within_sdks)
    listed = [payment_method_json(each, provider=PROVIDER, opposites=payins) for each in out]
    return json.encode({"object": listed})


def _open_types(call: Call) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ways by which an app may be paid in and may pay out."""
    return tuple(each.type for each in _open_payins(call)), tuple(each.type for each in _open_corridors(call))


def _corridors(types: Sequence[str], *, within_sdks: bool) -> list[Corridor]:
    return [found for type_ in types if (found := corridor(type_, within_sdks=within_sdks)) is not None]


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
    codes = {each.currency for each in _open_corridors(call)}
    return [each for each in CURRENCIES.values() if each.code in codes]


def _open_payins(call: Call) -> list[PayinType]:
    return [type_ for type_ in PAYIN_TYPES.values() if is_payin_open(type_, call.app.settings)]


def _open_corridors(call: Call) -> list[Corridor]:
    return [each for each in CORRIDORS if _may_use(call, each)]


def _may_use(call: Call, found: Corridor) -> bool:
    return is_open(found, call.app.settings) and is_paid(found, call.app, call.providers)


ROUTES = (
    Route("GET", "/info/currencies", list_currencies),
    Route("GET", "/info/currencies/in", list_input_currencies),
    Route("GET", "/info/currencies/out", list_output_currencies),
    Route("GET", "/info/payment_methods/in", list_payins),
    Route("GET", "/info/payment_methods/out", list_payouts),
    Route("GET", "/info/payment_methods/out/{type}/requirements", show_requirements),
    Route("POST", "/info/payment_methods/out/{type}/requirements", check_requirements),
)
