"""`bitpesa balance`: an operator's entries in the balances of clients, through the ledger like everything."""

from typing import Annotated

import typer

from bitpesa.accounts import operations
from bitpesa.accounts.queries import balances
from bitpesa.accounts.wire import account_json
from bitpesa.cli import acting
from bitpesa.cli.acting import As
from bitpesa.cli.choosing import chosen_app
from bitpesa.cli.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.cli.failures import CannotGoOn
from bitpesa.cli.keys import AppId
from bitpesa.cli.terminal import AsJson, say
from bitpesa.kernel import json
from bitpesa.kernel.amounts import AmountProblem, parse_amount
from bitpesa.kernel.currency import currency
from bitpesa.kernel.database import Work
from bitpesa.kernel.money import Money, minor_to_number
from bitpesa.wiring import Platform

app = typer.Typer(help="Balances of an app.", no_args_is_help=True)


@app.command("top-up")
def top_up(
    amount: Annotated[str, typer.Argument(help="How much, such as 250.50")],
    code: Annotated[str, typer.Argument(metavar="CURRENCY", help="In which currency, such as USD")],
    app_id: AppId = None,
    note: Annotated[str | None, typer.Option("--note", help="What the books shall say of it.")] = None,
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Credit a balance with money that came into the platform's bank."""
    money = _read(amount, code)

    async def work(work: Work) -> int:
        chosen = await chosen_app(work.conn, app_id)
        balance = await operations.deposit(work, chosen.id, money, note=note)
        about = {"amount_minor": money.minor, "currency": money.currency, "balance_minor": balance}
        await acting.note(work, name, "balance.topped_up", "Account", code, app=chosen, reason=note, details=about)
        return balance

    async def run(platform: Platform) -> int:
        return await platform.database.run(work)

    balance = work_on(data, database_url, run)
    say(f"balance {minor_to_number(balance, code)} {code}")


@app.command()
def show(
    app_id: AppId = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False
) -> None:
    """Show the balances of an app."""

    async def run(platform: Platform) -> list[Money]:
        async with platform.database.reading() as conn:
            return await balances(conn, (await chosen_app(conn, app_id)).id)

    found = work_on(data, database_url, run)
    if as_json:
        say(json.encode_text([account_json(balance) for balance in found]))
        return
    for balance in found:
        say(f"{minor_to_number(balance.minor, balance.currency):>20} {balance.currency}")


def _read(amount: str, code: str) -> Money:
    known = currency(code)
    if known is None:
        raise CannotGoOn(f"{code} is not a currency we know")
    try:
        units = parse_amount(amount)
    except AmountProblem as problem:
        raise CannotGoOn(f"{amount} is not an amount ({problem.code})") from None
    minor = units.scaleb(known.decimals)
    if minor != minor.to_integral_value():
        raise CannotGoOn(f"{code} has {known.decimals} decimals; {amount} has more")
    return Money(int(minor), known.code)
