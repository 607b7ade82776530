"""What only the sandbox has: forced payins and payouts, and our own `/sandbox` controls (flows 8.10; 404 on live)."""

from datetime import timedelta

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.kernel import clock
from bitpesa.kernel.ids import read_id
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.timestamps import to_wire
from bitpesa.mandates.wire import mandate_json
from bitpesa.sandbox import operations
from bitpesa.transactions.operations.fund import collect
from bitpesa.transactions.operations.mandates import pay_signed, sign
from bitpesa.transactions.wire import payment_json
from bitpesa.wiring import retry_policy

LONGEST_MOVE_SECONDS = 10 * 366 * 24 * 3600


async def pay_in(call: Call) -> Answer:
    """Fund a transaction as if its sender's money had been collected, the whole amount."""
    transaction_id = read_id(call.path_params["id"])
    if transaction_id is None:
        raise NotFound
    type_ = _payin_type(call)
    return shown(payment_json(await call.database.run(collect, call.app, transaction_id, type_)))


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


async def sign_mandate(call: Call) -> Answer:
    """Have the recipient sign a mandate; what waited for it is paid."""
    mandate = await call.database.run(sign, call.app, read_id(call.path_params["id"]))
    await call.database.run(pay_signed, call.app, mandate.id)
    return shown(mandate_json(mandate))


def _payin_type(call: Call) -> str:
    """The type of the payin; a body is optional, and so is the type in it."""
    if not isinstance(call.body, dict) or "payin_method" not in call.body:
        return "unknown"
    type_ = call.wrapped("payin_method").get("type")
    return type_ if isinstance(type_, str) and type_ else "unknown"


ROUTES = (
    Route("POST", "/transactions/{id}/payin", pay_in, sandbox_only=True),
    Route("POST", "/transactions/{id}/payout", pay_out, sandbox_only=True),
    Route("GET", "/sandbox/clock", show_clock, sandbox_only=True),
    Route("POST", "/sandbox/clock", move_clock, sandbox_only=True),
    Route("POST", "/sandbox/recipients/{id}/answer", script_answer, sandbox_only=True),
    Route("POST", "/sandbox/mandates/{id}/sign", sign_mandate, sandbox_only=True),
)
