"""`bitpesa rates`: the exchange rates that prices are made from."""

from decimal import Context, Decimal
from fractions import Fraction
from typing import Annotated

import typer

from bitpesa.cli.acting import As, note
from bitpesa.cli.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.cli.failures import CannotGoOn
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel.amounts import AmountProblem, parse_amount
from bitpesa.kernel.database import Work
from bitpesa.kernel.problems import Invalid
from bitpesa.rates import operations, queries
from bitpesa.rates.model import BASE, written
from bitpesa.wiring import Platform

SOURCE = "operator"

_SHOWN = Context(prec=10)

app = typer.Typer(help="Exchange rates.", no_args_is_help=True)


@app.command("set")
def set_rate(
    currency: Annotated[str, typer.Argument(help="The currency, such as NGN.")],
    units: Annotated[str, typer.Argument(help="How many units one US dollar is, such as 1530.25.")],
    *,
    inverse: Annotated[
        bool, typer.Option("--inverse", help="UNITS is how many US dollars one unit is, as EUR and GBP are quoted.")
    ] = False,
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Set the mid rate of a currency; new transactions use it from now on."""
    try:
        amount = parse_amount(units)
    except AmountProblem:
        raise CannotGoOn(f"{units} is not a rate") from None
    numerator, denominator = (Decimal(1), amount) if inverse else (amount, Decimal(1))

    async def work(work: Work) -> None:
        await operations.set_rate(work, currency, numerator, denominator, source=SOURCE)
        after = {"units": f"{numerator}/{denominator}"}
        await note(work, name, "rate.set", "Rate", currency, after=after)

    async def run(platform: Platform) -> None:
        await platform.database.run(work)

    try:
        work_on(data, database_url, run)
    except Invalid:
        raise CannotGoOn(f"{currency} has no rate that could be set") from None
    say(f"1 {BASE} = {_shown(Fraction(numerator) / Fraction(denominator))} {currency}")


@app.command("list")
def list_all(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """List the mid rates: how many units one US dollar is."""

    async def run(platform: Platform) -> dict[str, Fraction]:
        async with platform.database.reading() as conn:
            known = await queries.current_rates(conn, Decimal(0))
        return {code: known.mid(BASE, code) for code in sorted(known.currencies)}

    found = work_on(data, database_url, run)
    if as_json:
        say_json({code: _shown(rate) for code, rate in found.items()})
        return
    for code, rate in found.items():
        say(f"{code}  {_shown(rate)}")


@app.command()
def defaults(name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Give every currency that has no rate a plausible one: good for play, not for money."""

    async def work(work: Work) -> int:
        loaded = await operations.load_default_rates(work)
        await note(work, name, "rate.defaults_loaded", "Rate", "all", details={"currencies": loaded})
        return loaded

    async def run(platform: Platform) -> int:
        return await platform.database.run(work)

    say(f"{work_on(data, database_url, run)} currencies got a rate")


def _shown(rate: Fraction) -> str:
    return f"{written(rate, _SHOWN):f}"
