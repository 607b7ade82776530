"""Which app a command means: the one named, or the only sandbox app of the demo organisation."""

from uuid import UUID

from bitpesa.cli.failures import CannotGoOn
from bitpesa.kernel.ids import read_id
from bitpesa.kernel.statements import Connection
from bitpesa.organisations import queries
from bitpesa.organisations.model import App
from bitpesa.sandbox.demo_organisation import NAME


async def chosen_app(conn: Connection, text: str | None) -> App:
    """The app of this id, or the demo app when none is named. Raises CannotGoOn."""
    if text is not None:
        app_id = read_id(text)
        app = None if app_id is None else await queries.find_app(conn, app_id)
        if app is None:
            raise CannotGoOn(f"there is no app {text}")
        return app
    demo = await _demo_app(conn)
    if demo is None:
        raise CannotGoOn("name the app with --app: this deployment has no demo organisation")
    return demo


async def _demo_app(conn: Connection) -> App | None:
    organisation = await queries.oldest_organisation_named(conn, NAME)
    if organisation is None:
        return None
    apps = await queries.list_apps(conn, organisation.id)
    return next((app for app in apps if app.is_sandbox), None)


def read_key_id(text: str) -> UUID:
    """The id of a key. Raises CannotGoOn."""
    key_id = read_id(text)
    if key_id is None:
        raise CannotGoOn(f"{text} is not the id of a key: `bitpesa keys list` shows them")
    return key_id
