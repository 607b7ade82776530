"""`bitpesa onboarding`: who asks for live access, and the answer of staff."""

from typing import Annotated
from uuid import UUID

import typer

from bitpesa.cli.staff_actions import As, acting
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values.ids import read_id
from bitpesa.onboarding import operations, queries, rules
from bitpesa.onboarding.model import LiveRequest, Progress
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import Platform

app = typer.Typer(help="Requests for live access, and the answers of staff.", no_args_is_help=True)

OrganisationId = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Its id, as `onboarding list` shows it.")]


@app.command("list")
def list_all(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """List the requests for live access that wait, oldest first, with the checks that are open."""

    async def run(platform: Platform) -> list[tuple[LiveRequest, str, Progress]]:
        async with platform.database.reading() as conn:
            names = {each.id: each.name for each in await organisations.list_organisations(conn)}
            return [
                (each, names[each.organisation_id], await queries.progress(conn, each.organisation_id))
                for each in await queries.waiting(conn)
            ]

    found = work_on(data, database_url, run)
    if as_json:
        say_json([{"organisation": name, "request": each, "ticks": progress.ticks} for each, name, progress in found])
        return
    for each, name, progress in found:
        missing = ", ".join(check.name for check in rules.open_checks(progress.ticks)) or "none"
        say(f"{each.organisation_id}  {name}  asked {each.asked_at:%Y-%m-%d %H:%M} by {each.asked_by}")
        say(f"  open checks  {missing}" + (f"\n  reason       {each.reason}" if each.reason else ""))


@app.command()
def approve(
    organisation: OrganisationId,
    note: Annotated[str, typer.Option("--note", help="A word to the organisation.")] = "",
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Let an organisation in: its live app is opened, and live keys can be made."""

    async def work(work: Work, platform: Platform) -> App:
        _, live = await operations.approve(work, platform.vault, _read(organisation), actor=acting(name), answer=note)
        return live

    async def run(platform: Platform) -> App:
        return await platform.database.run(work, platform)

    live = work_on(data, database_url, run)
    say(f"approved\nlive app  {live.id}\nkeys      bitpesa keys create --app {live.id}")


@app.command("return")
def give_back(
    organisation: OrganisationId,
    reasons: Annotated[str, typer.Argument(help="What is missing, as the organisation will read it.")],
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Return a request with reasons; the organisation can ask again."""

    async def work(work: Work, platform: Platform) -> LiveRequest:
        return await operations.give_back(work, platform.vault, _read(organisation), actor=acting(name), answer=reasons)

    async def run(platform: Platform) -> LiveRequest:
        return await platform.database.run(work, platform)

    work_on(data, database_url, run)
    say("returned")


def _read(text: str) -> UUID:
    organisation_id = read_id(text)
    if organisation_id is None:
        raise CannotGoOn(f"{text} is no id of an organisation: `bitpesa onboarding list` shows them")
    return organisation_id
