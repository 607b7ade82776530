"""`bitpesa apps`: organisations with their apps, and what is set for an app."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from bitpesa.cli import staff_actions
from bitpesa.cli.app_option import chosen_app
from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import As, Reason
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel.database.pool import Work
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.organisations import operations, queries
from bitpesa.tenants.organisations.model import App, AppSettings, Environment, Organisation
from bitpesa.tenants.organisations.rules import read_typed_setting
from bitpesa.wiring import Platform

app = typer.Typer(help="Organisations, their apps, and what is set for an app.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The organisation's legal name; an organisation of that name is used.")],
    environment: Annotated[str, typer.Option("--environment", help="sandbox or live.")] = "sandbox",
    who: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign up an organisation and open its app in an environment."""
    chosen = _environment(environment)

    async def work(work: Work) -> App:
        organisation = await queries.oldest_organisation_named(work.conn, name.strip())
        organisation = organisation or await operations.create_organisation(work, name)
        opened = await operations.create_app(work, organisation.id, chosen)
        await staff_actions.note(work, who, "app.created", "App", opened.id, app=opened, after={"environment": chosen})
        return opened

    async def run(platform: Platform) -> App:
        return await platform.database.run(work)

    made = work_on(data, database_url, run)
    if as_json:
        say_json({"id": made.id, "organisation_id": made.organisation_id, "environment": made.environment})
    else:
        say(f"app     {made.id}\nkeys    bitpesa keys create --app {made.id}")


@app.command("list")
def list_all(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """List organisations and their apps, oldest first."""

    async def run(platform: Platform) -> list[tuple[Organisation, list[App]]]:
        async with platform.database.reading() as conn:
            organisations = await queries.list_organisations(conn)
            return [(each, await queries.list_apps(conn, each.id)) for each in organisations]

    found = work_on(data, database_url, run)
    if as_json:
        say_json([{"organisation": organisation, "apps": apps} for organisation, apps in found])
        return
    for organisation, apps in found:
        say(organisation.name)
        for each in apps:
            say(f"  {each.id}  {each.environment}{'  disabled' if each.disabled_at else ''}")


@app.command("settings")
def change_settings(
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="What to set, such as fee_rate=0.03.")
    ] = None,
    reason: Reason = None,
    who: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Show what is set for an app, after setting what is named."""
    wanted = dict(_read(change) for change in changes or ())

    async def work(work: Work) -> App:
        chosen = await chosen_app(work.conn, app_id)
        if not wanted:
            return chosen
        changed = await operations.change_settings(work, chosen.id, wanted)
        before, after = ({name: _builtins(each.settings)[name] for name in wanted} for each in (chosen, changed))
        await staff_actions.note(
            work, who, "app.settings_changed", "App", chosen.id, app=chosen, reason=reason, before=before, after=after
        )
        return changed

    async def run(platform: Platform) -> App:
        return await platform.database.run(work)

    changed = work_on(data, database_url, run)
    for name, value in _builtins(changed.settings).items():
        say(f"{name:<36}{msgspec.json.encode(value).decode()}")


@app.command()
def disable(
    app_id: Annotated[str, typer.Argument(help="The app's id.")],
    reason: Reason = None,
    who: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Shut an app out: its next request is refused."""
    say(f"disabled {_switch(app_id, 'disabled', reason, who, data, database_url)}")


@app.command()
def enable(
    app_id: Annotated[str, typer.Argument(help="The app's id.")],
    reason: Reason = None,
    who: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Let an app in again."""
    say(f"enabled {_switch(app_id, 'enabled', reason, who, data, database_url)}")


def _switch(app_id: str, become: str, reason: str | None, who: str | None, data: Any, database_url: str | None) -> UUID:
    operation = operations.disable_app if become == "disabled" else operations.enable_app

    async def work(work: Work) -> UUID:
        chosen = await chosen_app(work.conn, app_id)
        await operation(work, chosen.id)
        await staff_actions.note(work, who, f"app.{become}", "App", chosen.id, app=chosen, reason=reason)
        return chosen.id

    async def run(platform: Platform) -> UUID:
        return await platform.database.run(work)

    return work_on(data, database_url, run)


def _builtins(settings: AppSettings) -> dict[str, Any]:
    return dict(msgspec.to_builtins(settings))


def _environment(text: str) -> Environment:
    match text:
        case "sandbox" | "live":
            return text
        case _:
            raise CannotGoOn(f"{text} is not an environment: sandbox or live")


def _read(change: str) -> tuple[str, Any]:
    """A name and its value, as `rules.read_typed_setting` reads it."""
    name, equals, value = change.partition("=")
    if not equals:
        raise CannotGoOn(f"{change} is not of the form NAME=VALUE")
    return name, read_typed_setting(name, value)
