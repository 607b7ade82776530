"""Which app a command means: the one named, or the only sandbox app of the demo organisation; which environment."""

from typing import Annotated
from uuid import UUID

import typer

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.ids import read_id
from bitpesa.sandbox.demo_organisation import NAME
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.organisations import queries
from bitpesa.tenants.organisations.environments import main_environment, read_environment
from bitpesa.tenants.organisations.model import App, Environment

OfEnvironment = Annotated[
    str | None,
    typer.Option(
        "--environment", help="live or sandbox, never both: without it live, or sandbox while there is no live app."
    ),
]


async def chosen_environment(conn: Connection, text: str | None) -> Environment:
    """The environment that is named, or else the main one. Raises CannotGoOn."""
    if text is None:
        return await main_environment(conn)
    chosen = read_environment(text)
    if chosen is None:
        raise CannotGoOn(f"{text} is no environment: say live or sandbox")
    return chosen


async def chosen_app(conn: Connection, text: str | None, environment: str | None = None) -> App:
    """The app of this id, or the demo app when none is named; of the environment, if one is. Raises CannotGoOn."""
    if environment is not None:
        app = await _app_of(conn, text, await chosen_environment(conn, environment))
        if app.environment != environment:
            raise CannotGoOn(f"app {app.id} is of {app.environment}, not of {environment}")
        return app
    return await _app_of(conn, text, "sandbox")


async def _app_of(conn: Connection, text: str | None, environment: Environment) -> App:
    if text is not None:
        app_id = read_id(text)
        app = None if app_id is None else await queries.find_app(conn, app_id)
        if app is None:
            raise CannotGoOn(f"there is no app {text}")
        return app
    demo = await _demo_app(conn, environment)
    if demo is None:
        raise CannotGoOn(f"name the app with --app: this deployment has no demo organisation with a {environment} app")
    return demo


async def _demo_app(conn: Connection, environment: Environment) -> App | None:
    organisation = await queries.oldest_organisation_named(conn, NAME)
    if organisation is None:
        return None
    apps = await queries.list_apps(conn, organisation.id)
    return next((app for app in apps if app.environment == environment), None)


def read_key_id(text: str) -> UUID:
    """The id of a key. Raises CannotGoOn."""
    key_id = read_id(text)
    if key_id is None:
        raise CannotGoOn(f"{text} is not the id of a key: `bitpesa keys list` shows them")
    return key_id
