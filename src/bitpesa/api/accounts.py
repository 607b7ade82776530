"""`/accounts`: balances, and the debits that fund transactions from them (flows 6)."""

from collections.abc import Sequence

from bitpesa.api.answers import listed, shown, stored
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.pagination import read_page
from bitpesa.kernel.problems import Invalid, Malformed
from bitpesa.kernel.values.ids import read_id
from bitpesa.money.accounts import queries
from bitpesa.money.accounts.model import Debit
from bitpesa.money.accounts.wire import account_json, debit_json
from bitpesa.payments.transactions.operations.fund_from_balance import MOST_DEBITS
from bitpesa.payments.transactions.operations.fund_from_balance import debit as debit_transactions


async def list_balances(call: Call) -> Answer:
    """Show the balances of the app."""
    async with call.database.reading() as conn:
        balances = await queries.balances(conn, call.app.id)
    return shown([account_json(balance) for balance in balances], _meta(call))


async def show_balance(call: Call) -> Answer:
    """Show the balance in one currency; its code is upper case and nothing else."""
    async with call.database.reading() as conn:
        balance = await queries.balance(conn, call.app.id, call.path_params["currency"])
    return shown(account_json(balance), _meta(call))


async def debit(call: Call) -> Answer:
    """Fund one transaction or several, all or none."""
    if isinstance(call.body, dict) and "debit" not in call.body:
        return await _debit_bare(call)
    submitted = call.wrapped_list("debit")
    if not 0 < len(submitted) <= MOST_DEBITS:
        raise Malformed
    return await call.write_on_sheet(_stored, debit_transactions, call.app, submitted)


async def _debit_bare(call: Call) -> Answer:
    """The form of 2018, its fields at the top, answered with an object rather than a list."""
    if "to_id" not in call.body:
        raise Malformed
    try:
        return await call.write_on_sheet(_stored_bare, debit_transactions, call.app, [call.body])
    except Invalid as refusal:
        raise Invalid(*refusal.object) from None


def _stored(debits: Sequence[Debit]) -> Answer:
    return stored([debit_json(each) for each in debits])


def _stored_bare(debits: Sequence[Debit]) -> Answer:
    (made,) = debits
    return stored(debit_json(made))


async def list_debits(call: Call) -> Answer:
    """List the debits, newest first."""
    page = read_page(call.query)
    async with call.database.reading() as conn:
        debits, total = await queries.list_debits(conn, call.app.id, limit=page.per, offset=page.offset)
    return listed([debit_json(each) for each in debits], page, total)


async def show_debit(call: Call) -> Answer:
    """Show a debit."""
    async with call.database.reading() as conn:
        return shown(debit_json(await queries.find_debit(conn, call.app.id, read_id(call.path_params["id"]))))


def _meta(call: Call) -> dict[str, bool]:
    return {"negative_balance": call.app.settings.negative_balance}


ROUTES = (
    Route("GET", "/accounts", list_balances),
    Route("GET", "/accounts/{currency}", show_balance),
    Route("POST", "/accounts/debits", debit, on_sheet=True),
    Route("GET", "/accounts/debits", list_debits),
    Route("GET", "/accounts/debits/{id}", show_debit),
)
