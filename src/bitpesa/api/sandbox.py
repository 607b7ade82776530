"""What only the sandbox has: forced payins and payouts, and our own `/sandbox` controls (flows 8.10; 404 on live)."""

from datetime import datetime, timedelta
from typing import Any

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.kernel import clock
from bitpesa.kernel.problems import refused
from bitpesa.kernel.values.amounts import EXACT, parse_amount
from bitpesa.kernel.values.currency import currency
from bitpesa.kernel.values.ids import read_id
from bitpesa.kernel.values.money import MAX_MINOR, Money
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.money.accounts.wire import account_json
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.collections.wire import payin_method_json
from bitpesa.payments.mandates.model import Mandate
from bitpesa.payments.mandates.wire import mandate_json
from bitpesa.payments.senders.model import Sender
from bitpesa.payments.senders.wire import sender_json
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.return_money import return_collected_money
from bitpesa.payments.transactions.wire import payment_json
from bitpesa.sandbox import operations
from bitpesa.tenants.audit_log.model import SANDBOX
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import collecting_terms, retry_policy

LONGEST_MOVE_SECONDS = 10 * 366 * 24 * 3600


async def pay_in(call: Call) -> Answer:
    """Fund a transaction as if its sender's money had been collected, the whole amount."""
    transaction_id = read_id(call.path_params["id"])
    terms = collecting_terms(call.settings, speedup=call.settings.sandbox_speedup)
    return await call.write(_payment, operations.pay_in, call.app, transaction_id, _payin_type(call), terms=terms)


async def receive_payment(call: Call) -> Answer:
    """Have money reach a payin method: another amount, late, or twice; not `cleared`, it is only seen yet."""
    submitted = call.wrapped("payment")
    cleared = submitted.get("cleared", True)
    if not isinstance(cleared, bool):
        raise refused("cleared", "invalid", **submitted)
    payin_method_id = read_id(call.path_params["id"])
    amount = submitted.get("amount")
    if amount is None and cleared:
        return await call.write(_payin_method, operations.clear_payment, call.app, payin_method_id)
    return await call.write(
        _payin_method, operations.receive_payment, call.app, payin_method_id, amount, cleared=cleared
    )


async def script_collection(call: Call) -> Answer:
    """Have the request of a payin method end with a code."""
    code = call.wrapped("answer").get("code")
    if not isinstance(code, str):
        raise refused("code", "blank" if code is None else "invalid", code=code)
    payin_method_id = read_id(call.path_params["id"])
    return await call.write(_payin_method, operations.script_collection, call.app, payin_method_id, code)


def _payin_method(method: PayinMethod) -> Answer:
    return shown(payin_method_json(method))


async def return_money(call: Call) -> Answer:
    """Do what staff does on live: note that collected money went back to its payer."""
    transaction_id = read_id(call.path_params["id"])
    return await call.write(_payment, return_collected_money, call.app, transaction_id, actor=SANDBOX)


async def pay_out(call: Call) -> Answer:
    """Pay every open recipient of a funded transaction."""
    policy = retry_policy(call.settings, speedup=call.settings.sandbox_speedup)
    transaction_id = read_id(call.path_params["id"])
    return await call.write(_payment, operations.pay_out, call.app, transaction_id, policy=policy)


async def review_transaction(call: Call) -> Answer:
    """Have a transaction held when its money comes, or do what staff does on live: release it, or refuse it."""
    outcome, reason = _review(call)
    transaction_id = read_id(call.path_params["id"])
    return await call.write(_payment, operations.review_transaction, call.app, transaction_id, outcome, reason=reason)


async def review_sender(call: Call) -> Answer:
    """Decide about a sender, as staff does on live."""
    outcome, reason = _review(call)
    sender_id = read_id(call.path_params["id"])
    return await call.write(_sender, operations.review_sender, call.app, sender_id, outcome, reason=reason)


def _review(call: Call) -> tuple[str, str | None]:
    """What is decided, and why. Raises Invalid."""
    submitted = call.wrapped("review")
    outcome, reason = submitted.get("outcome"), submitted.get("reason")
    if not isinstance(outcome, str):
        raise refused("outcome", "blank" if outcome is None else "invalid", outcome=outcome)
    if reason is not None and not isinstance(reason, str):
        raise refused("reason", "invalid", outcome=outcome, reason=reason)
    return outcome, reason


def _sender(sender: Sender) -> Answer:
    return shown(sender_json(sender))


async def show_clock(call: Call) -> Answer:
    """Show the time the app lives in."""
    async with call.database.reading() as conn:
        return _time(await clock.now(conn, call.app.id))


async def move_clock(call: Call) -> Answer:
    """Move the app's clock forward, or back."""
    seconds = call.wrapped("clock").get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or abs(seconds) > LONGEST_MOVE_SECONDS:
        raise refused("advance_seconds", "invalid", advance_seconds=seconds)
    most = timedelta(days=call.settings.sandbox_clock_days)
    return await call.write(_time, operations.move_clock, call.app.id, timedelta(seconds=seconds), most=most)


async def script_answer(call: Call) -> Answer:
    """Have the simulated bank answer a code about a recipient the next time it speaks of it."""
    submitted = call.wrapped("answer")
    code, paid_minor = submitted.get("code"), submitted.get("paid_minor")
    if not isinstance(code, str):
        raise refused("code", "blank" if code is None else "invalid", code=code)
    if paid_minor is not None and (isinstance(paid_minor, bool) or not isinstance(paid_minor, int)):
        raise refused("paid_minor", "invalid", code=code, paid_minor=paid_minor)
    recipient_id = read_id(call.path_params["id"])
    return await call.write(_scripted, operations.script_answer, call.app, recipient_id, code, paid_minor=paid_minor)


def _payment(payment: Payment) -> Answer:
    return shown(payment_json(payment))


def _time(moment: datetime) -> Answer:
    return shown({"time": to_wire(moment)})


def _scripted(script: tuple[str, int | None]) -> Answer:
    code, paid_minor = script
    return shown({"code": code, "paid_minor": paid_minor})


async def reset(call: Call) -> Answer:
    """Give the app a fresh start, with the balances that are asked for or those of a new sandbox."""
    balances = _balances(call.wrapped_or_bare("reset")) if call.body is not None else None
    return await call.write(_fresh, operations.reset, call.app, balances)


def _balances(submitted: dict[str, Any]) -> list[Money] | None:
    """The balances that are asked for, by currency; None when nothing is said of them. Raises Invalid."""
    wanted = submitted.get("balances")
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise refused("balances", "invalid", balances=wanted)
    try:
        return [_balance(code, amount) for code, amount in wanted.items()]
    except ValueError:
        raise refused("balances", "invalid", balances=wanted) from None


def _balance(code: str, amount: Any) -> Money:
    """An amount of a currency in which there are balances. Raises ValueError."""
    known = currency(code)
    if known is None or not known.input:
        raise ValueError(code)
    minor = EXACT.scaleb(parse_amount(amount), known.decimals)
    if minor != minor.to_integral_value() or not 0 < minor <= MAX_MINOR:
        raise ValueError(amount)
    return Money(int(minor), known.code)


def _fresh(begun: tuple[App, list[Money]]) -> Answer:
    app, balances = begun
    return Answer(200, {"object": {"balances": [account_json(each) for each in balances]}}, app_id=app.id)


async def sign_mandate(call: Call) -> Answer:
    """Have the recipient sign a mandate; what waited for it is paid."""
    mandate_id = read_id(call.path_params["id"])
    answer = await call.write(_signed, operations.sign_mandate, call.app, mandate_id)
    policy = retry_policy(call.settings, speedup=call.settings.sandbox_speedup)
    await operations.pay_signed(call.database, call.app, mandate_id, policy=policy)
    return answer


def _signed(mandate: Mandate) -> Answer:
    return shown(mandate_json(mandate))


def _payin_type(call: Call) -> str | None:
    """The type of the payin; a body is optional, and so is the type in it."""
    if not isinstance(call.body, dict) or "payin_method" not in call.body:
        return None
    type_ = call.wrapped("payin_method").get("type")
    return type_ if isinstance(type_, str) and type_ else None


ROUTES = (
    Route("POST", "/transactions/{id}/payin", pay_in, sandbox_only=True),
    Route("POST", "/transactions/{id}/payout", pay_out, sandbox_only=True),
    Route("POST", "/sandbox/payin_methods/{id}/payment", receive_payment, sandbox_only=True),
    Route("POST", "/sandbox/payin_methods/{id}/answer", script_collection, sandbox_only=True),
    Route("POST", "/sandbox/transactions/{id}/return", return_money, sandbox_only=True),
    Route("POST", "/sandbox/transactions/{id}/review", review_transaction, sandbox_only=True),
    Route("POST", "/sandbox/senders/{id}/review", review_sender, sandbox_only=True),
    Route("GET", "/sandbox/clock", show_clock, sandbox_only=True),
    Route("POST", "/sandbox/clock", move_clock, sandbox_only=True),
    Route("POST", "/sandbox/reset", reset, sandbox_only=True),
    Route("POST", "/sandbox/recipients/{id}/answer", script_answer, sandbox_only=True),
    Route("POST", "/sandbox/mandates/{id}/sign", sign_mandate, sandbox_only=True),
)
