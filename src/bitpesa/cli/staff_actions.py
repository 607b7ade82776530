"""Staff at the terminal: who they are, why they do it, and which object of which app they mean."""

import getpass
from collections.abc import Awaitable, Callable, Sized
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from bitpesa.cli.app_option import chosen_app
from bitpesa.cli.terminal import say
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.server.deployment import work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.audit_log.model import Actor, staff
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users import queries as people
from bitpesa.tenants.users.acting import acting as actor_of
from bitpesa.wiring import Platform

T = TypeVar("T")

MOST_SHOWN = 100

As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who does it, for the audit trail; without it, this machine's user."),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the audit trail.")]
OfApp = Annotated[str | None, typer.Option("--app", help="Only what is of the app with this id.")]


def acting(name: str | None) -> Actor:
    """Who works at this terminal."""
    try:
        return staff(name or getpass.getuser())
    except (KeyError, OSError):
        raise CannotGoOn("say with --as who you are: this machine does not know") from None


async def acting_account(conn: Connection, name: str | None) -> Actor:
    """The same, with the account of staff whose address the name is, where there is one that can log in.

    Whoever may run commands holds the database anyway: the account says who answers for it, and the trail keeps it.
    """
    user = await people.find_staff_by_email(conn, name) if name else None
    return acting(name) if user is None or user.disabled_at is not None else actor_of(user)


def read_object_id(text: str, what: str) -> UUID:
    """The id of a sender, a transaction and so on. Raises CannotGoOn."""
    found = read_id(text)
    if found is None:
        raise CannotGoOn(f"{text} is not the id of a {what}")
    return found


def read_app_id(text: str | None) -> UUID | None:
    """The id of the app whose things are wanted; None: of every app. Raises CannotGoOn."""
    return None if text is None else read_object_id(text, "app")


def act(
    data: Path,
    database_url: str | None,
    app_id: str | None,
    what: str,
    operation: Callable[[Work, App, Platform], Awaitable[T]],
) -> T:
    """Do one thing to an object of an app, in one transaction. `what` is what it is called when it is not there."""

    async def work(work: Work, platform: Platform) -> T:
        app = await chosen_app(work.conn, app_id)
        try:
            return await operation(work, app, platform)
        except NotFound:
            raise CannotGoOn(f"there is no such {what} of app {app.id}") from None

    async def run(platform: Platform) -> T:
        return await platform.database.run(work, platform)

    return work_on(data, database_url, run)


def waiting_for_staff(
    data: Path,
    database_url: str | None,
    app_id: str | None,
    query: Callable[..., Awaitable[tuple[list[T], int]]],
) -> tuple[list[T], int]:
    """What waits for staff, of an app or of all: as many as are shown, and how many there are. Raises CannotGoOn."""

    async def run(platform: Platform) -> tuple[list[T], int]:
        async with platform.database.reading() as conn:
            return await query(conn, read_app_id(app_id), limit=MOST_SHOWN)

    return work_on(data, database_url, run)


def say_rest(shown: Sized, total: int) -> None:
    """Say how many more there are than were shown."""
    if total > len(shown):
        say(f"and {total - len(shown)} more")


async def note(
    work: Work,
    name: str | None,
    action: str,
    object_type: str,
    object_id: UUID | str,
    *,
    app: App | None = None,
    organisation_id: UUID | None = None,
    **more: Any,
) -> None:
    """Write into the trail what was done at this terminal by an operation that does not do so itself."""
    await record(
        work.conn,
        actor=acting(name),
        action=action,
        object_type=object_type,
        object_id=object_id,
        app_id=None if app is None else app.id,
        organisation_id=organisation_id if app is None else app.organisation_id,
        **more,
    )
