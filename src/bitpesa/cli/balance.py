"""`bitpesa balance`: an operator's entries in the balances of clients, through the ledger like everything."""

from typing import Annotated

import typer

from bitpesa.cli import staff_actions
from bitpesa.cli.app_option import chosen_app
from bitpesa.cli.failures import in_words
from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import As
from bitpesa.cli.terminal import AsJson, say
from bitpesa.kernel.clock import real_now
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values import json
from bitpesa.kernel.values.currency import currency
from bitpesa.kernel.values.money import Money, minor_to_number
from bitpesa.kernel.values.typed_numbers import TypedNumberProblem, read_typed_money
from bitpesa.money.accounts import operations
from bitpesa.money.accounts.bank_entries import LooksRepeated
from bitpesa.money.accounts.queries import balances
from bitpesa.money.accounts.rules import read_bank_line
from bitpesa.money.accounts.wire import account_json
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.wiring import Platform

app = typer.Typer(help="Balances of an app.", no_args_is_help=True)


@app.command("top-up")
def top_up(
    amount: Annotated[str, typer.Argument(help="How much, such as 250.50")],
    code: Annotated[str, typer.Argument(metavar="CURRENCY", help="In which currency, such as USD")],
    app_id: AppId = None,
    reference: Annotated[
        str, typer.Option("--reference", help="The bank's reference of the transfer; a sandbox makes one up.")
    ] = "",
    value_date: Annotated[
        str, typer.Option("--value-date", metavar="YYYY-MM-DD", help="The day on which the bank credited it.")
    ] = "",
    note: Annotated[str | None, typer.Option("--note", help="What the books shall say of it.")] = None,
    *,
    is_another: Annotated[
        bool,
        typer.Option("--another", help="It is not the transfer of the same amount and day that is recorded already."),
    ] = False,
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Credit a balance with money that came into the platform's bank; a reference of the bank is booked once."""
    money = _read(amount, code)

    async def work(work: Work) -> int:
        chosen = await chosen_app(work.conn, app_id)
        today = (await real_now(work.conn)).date()
        if chosen.is_sandbox and not reference and not value_date:
            line = operations.generated_line(today)
        else:
            line = read_bank_line(reference, value_date, today=today)
        by = staff_actions.acting(name).name
        try:
            balance = await operations.deposit_transfer(
                work, chosen, money, line, recorded_by=by, note=note, is_another=is_another or not reference
            )
        except LooksRepeated as problem:
            raise CannotGoOn(f"{in_words(problem)}. If this is another transfer, say --another") from None
        about = {
            "amount_minor": money.minor,
            "currency": money.currency,
            "balance_minor": balance,
            "bank_reference": line.reference,
            "value_date": line.value_date.isoformat(),
        }
        await staff_actions.note(
            work, name, "balance.topped_up", "Account", code, app=chosen, reason=note, details=about
        )
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
        return read_typed_money(amount, known.code)
    except TypedNumberProblem as problem:
        raise CannotGoOn(str(problem)) from None
