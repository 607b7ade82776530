"""`bitpesa rates`: the exchange rates that prices are made from."""

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from bitpesa.cli.staff_actions import As, acting_account, note
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values.currency import currency as find_currency
from bitpesa.kernel.values.typed_numbers import TypedNumberProblem
from bitpesa.money.rates import operations, queries, rules
from bitpesa.money.rates.model import BASE, Judged, Proposal, Verdict, written
from bitpesa.money.rates.rate_files import MAX_FILE_BYTES, RateFile, UnreadableRates, read_rate_file
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.wiring import Platform, rate_terms

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
    """Set the mid rate of a currency; one that moves far is proposed, and confirmed in the office by another person."""
    if find_currency(currency) is None or currency == BASE:
        raise CannotGoOn(f"{currency} has no rate that could be set")
    try:
        quote = rules.read_typed_quote(currency, units, inverse=inverse)
    except TypedNumberProblem as problem:
        raise CannotGoOn(str(problem)) from None

    async def work(work: Work, platform: Platform) -> Judged:
        actor, terms = await acting_account(work.conn, name), rate_terms(platform.settings)
        return await operations.change_rate(work, quote, source=operations.OPERATOR_SOURCE, actor=actor, terms=terms)

    async def run(platform: Platform) -> Judged:
        return await platform.database.run(work, platform)

    judged = work_on(data, database_url, run)
    if judged.verdict is not Verdict.WAITS:
        say(f"1 {BASE} = {_shown(quote.units_per_usd)} {currency}")
    if judged.before is not None and judged.verdict is not Verdict.SAME:
        say("\n".join(_change(judged)))


@app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help="XML or CSV of the ECB (or its ZIP), openexchangerates JSON, plain CSV.")
    ],
    *,
    apply: Annotated[bool, typer.Option("--yes", help="Set what is shown; without it nothing is set.")] = False,
    decimal_comma: Annotated[
        bool, typer.Option("--decimal-comma", help="In this CSV a comma stands before the decimals.")
    ] = False,
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Show what a file of rates would change, and change it with --yes; rates that move far wait for another person."""
    found = _read_file(file, decimal_comma=decimal_comma)

    async def work(work: Work, platform: Platform) -> list[Judged]:
        terms = rate_terms(platform.settings)
        if not apply:
            return await operations.preview_rates(work.conn, found.quotes, terms)
        actor = await acting_account(work.conn, name)
        return await operations.change_rates(work, found.quotes, source=found.source, actor=actor, terms=terms)

    async def run(platform: Platform) -> list[Judged]:
        return await platform.database.run(work, platform)

    judged = work_on(data, database_url, run)
    say(f"{found.source}: {len(found.quotes)} rates" + ("" if apply else ", nothing is set yet"))
    for each in judged:
        say(_line(each, is_preview=not apply))
    if found.passed_over:
        say(f"not currencies of this platform: {', '.join(found.passed_over)}")
    if not apply:
        say("repeat it with --yes to set them")


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
def proposed(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """List the rates that wait until a second person confirms them in the office."""

    async def run(platform: Platform) -> list[Proposal]:
        async with platform.database.reading() as conn:
            return await queries.waiting_proposals(conn)

    for each in work_on(data, database_url, run):
        say(f"{each.quote.currency}  proposed by {each.proposer}, {each.proposed_at:%Y-%m-%d %H:%M}")
        say("\n".join(_change(Judged(each.quote, each.before, Verdict.WAITS))))


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


def _read_file(file: Path, *, decimal_comma: bool) -> RateFile:
    try:
        with file.open("rb") as opened:
            return read_rate_file(opened.read(MAX_FILE_BYTES + 1), decimal_comma=decimal_comma)
    except OSError as problem:
        raise CannotGoOn(f"cannot read {file}: {problem.strerror}") from None
    except UnreadableRates as problem:
        raise CannotGoOn(f"{file.name}: {problem}") from None


def _change(judged: Judged) -> Sequence[str]:
    """What a change comes to, before and after."""
    if judged.before is None:
        return ()
    code, after = judged.quote.currency, judged.quote.units_per_usd
    (dollars_before, units_before), (dollars_after, units_after) = rules.example(judged.before), rules.example(after)
    lines = [
        f"  {rules.moved_by(judged.before, after)}: 1 {BASE} was {_shown(judged.before)}, then {_shown(after)} {code}",
        f"  100 {BASE} came to {dollars_before} {code}, then {dollars_after} {code}",
        f"  100 {code} came to {units_before} {BASE}, then {units_after} {BASE}",
    ]
    if judged.verdict is Verdict.WAITS:
        lines.append("  it waits: a second person has to confirm it in the office, under Rates")
    return lines


def _line(judged: Judged, *, is_preview: bool) -> str:
    after, before = judged.quote.units_per_usd, judged.before
    told = {
        Verdict.SAME: "unchanged",
        Verdict.SET: "would be set" if is_preview else "set",
        Verdict.WAITS: "would wait for a second person" if is_preview else "waits for a second person",
    }[judged.verdict]
    if before is None:
        return f"{judged.quote.currency}  {_shown(after):>14}  {told}, the first rate"
    move = rules.moved_by(before, after)
    dollars_before, dollars_after = rules.example(before)[0], rules.example(after)[0]
    return (
        f"{judged.quote.currency}  {_shown(after):>14}  {told}; was {_shown(before)}, {move};"
        f" 100 {BASE} came to {dollars_before}, then {dollars_after}"
    )


def _shown(rate: Fraction) -> str:
    return f"{written(rate, _SHOWN):f}"
