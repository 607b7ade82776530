"""What only the sandbox has: forced payins and payouts, and our own `/sandbox` controls (flows 8.10; 404 on live)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.collections.wire import payin_method_json
from bitpesa.kernel import clock
from bitpesa.kernel.amounts import AmountProblem, parse_amount
from bitpesa.kernel.ids import read_id
from bitpesa.kernel.money import TooFine, number_to_minor
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.timestamps import to_wire
from bitpesa.sandbox import operations
from bitpesa.transactions.operations.return_money import return_collected_money
from bitpesa.transactions.queries import find_payin_method
from bitpesa.transactions.wire import payment_json
from bitpesa.wiring import collecting_terms, retry_policy

LONGEST_MOVE_SECONDS = 10 * 366 * 24 * 3600


async def pay_in(call: Call) -> Answer:
    """Fund a transaction as if its sender's money had been collected, the whole amount."""
    transaction_id = read_id(call.path_params["id"])
    terms = collecting_terms(call.settings, speedup=call.settings.sandbox_speedup)
    payment = await call.database.run(operations.pay_in, call.app, transaction_id, _payin_type(call), terms=terms)
    return shown(payment_json(payment))


async def receive_payment(call: Call) -> Answer:
    """Have money reach a payin method: another amount, late, or twice; not `cleared`, it is only seen yet."""
    submitted = call.wrapped("payment")
    cleared = submitted.get("cleared", True)
    if not isinstance(cleared, bool):
        raise refused("cleared", "invalid", **submitted)
    payin_method_id = read_id(call.path_params["id"])
    if submitted.get("amount") is None and cleared:
        method = await call.database.run(operations.clear_payment, call.app, payin_method_id)
    else:
        async with call.database.reading() as conn:
            payment, _ = await find_payin_method(conn, call.app.id, payin_method_id)
        minor = _minor(submitted.get("amount"), payment.transaction.input_currency)
        method = await call.database.run(operations.receive_payment, call.app, payin_method_id, minor, cleared=cleared)
    return shown(payin_method_json(method))


async def script_collection(call: Call) -> Answer:
    """Have the request of a payin method end with a code."""
    code = call.wrapped("answer").get("code")
    if not isinstance(code, str):
        raise refused("code", "blank" if code is None else "invalid", code=code)
    method = await call.database.run(operations.script_collection, call.app, read_id(call.path_params["id"]), code)
    return shown(payin_method_json(method))


async def return_money(call: Call) -> Answer:
    """Do what staff does on live: note that collected money went back to its payer."""
    transaction_id = read_id(call.path_params["id"])
    if transaction_id is None:
        raise NotFound
    return shown(payment_json(await call.database.run(return_collected_money, call.app.id, transaction_id)))


async def pay_out(call: Call) -> Answer:
    """Pay every open recipient of a funded transaction."""
    policy = retry_policy(call.settings, speedup=call.settings.sandbox_speedup)
    transaction_id = read_id(call.path_params["id"])
    return shown(payment_json(await call.database.run(operations.pay_out, call.app, transaction_id, policy=policy)))


async def show_clock(call: Call) -> Answer:
    """Show the time the app lives in."""
    async with call.database.reading() as conn:
        return shown({"time": to_wire(await clock.now(conn, call.app.id))})


async def move_clock(call: Call) -> Answer:
    """Move the app's clock forward, or back."""
    seconds = call.wrapped("clock").get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or abs(seconds) > LONGEST_MOVE_SECONDS:
        raise refused("advance_seconds", "invalid", advance_seconds=seconds)
    moment = await call.database.run(operations.move_clock, call.app.id, timedelta(seconds=seconds))
    return shown({"time": to_wire(moment)})


async def script_answer(call: Call) -> Answer:
    """Have the simulated bank answer a code about a recipient the next time it speaks of it."""
    submitted = call.wrapped("answer")
    code, paid_minor = submitted.get("code"), submitted.get("paid_minor")
    if not isinstance(code, str):
        raise refused("code", "blank" if code is None else "invalid", code=code)
    if paid_minor is not None and (isinstance(paid_minor, bool) or not isinstance(paid_minor, int)):
        raise refused("paid_minor", "invalid", code=code, paid_minor=paid_minor)
    await call.database.run(
        operations.script_answer, call.app, read_id(call.path_params["id"]), code, paid_minor=paid_minor
    )
    return shown({"code": code, "paid_minor": paid_minor})


def _payin_type(call: Call) -> str | None:
    """The type of the payin; a body is optional, and so is the type in it."""
    if not isinstance(call.body, dict) or "payin_method" not in call.body:
        return None
    type_ = call.wrapped("payin_method").get("type")
    return type_ if isinstance(type_, str) and type_ else None


def _minor(value: Any, currency: str) -> int:
    """An amount in minor units. Raises Invalid."""
    try:
        return number_to_minor(Decimal(parse_amount(value)), currency)
    except (AmountProblem, TooFine):
        raise refused("amount", "blank" if value in (None, "") else "invalid", amount=value) from None


ROUTES = (
    Route("POST", "/transactions/{id}/payin", pay_in, sandbox_only=True),
    Route("POST", "/transactions/{id}/payout", pay_out, sandbox_only=True),
    Route("POST", "/sandbox/payin_methods/{id}/payment", receive_payment, sandbox_only=True),
    Route("POST", "/sandbox/payin_methods/{id}/answer", script_collection, sandbox_only=True),
    Route("POST", "/sandbox/transactions/{id}/return", return_money, sandbox_only=True),
    Route("GET", "/sandbox/clock", show_clock, sandbox_only=True),
    Route("POST", "/sandbox/clock", move_clock, sandbox_only=True),
    Route("POST", "/sandbox/recipients/{id}/answer", script_answer, sandbox_only=True),
)
