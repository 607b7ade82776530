"""`bitpesa users`: the people of the developer portal, as staff see to them."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from bitpesa.cli.staff_actions import As, acting
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel.database.pool import Work
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import User
from bitpesa.tenants.users.operations import authenticator
from bitpesa.tenants.users.operations import user as operations
from bitpesa.wiring import Platform

app = typer.Typer(help="People who log in to the developer portal.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The e-mail address of the user.")]


@app.command("list")
def list_all(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """List users, oldest first."""

    async def run(platform: Platform) -> list[User]:
        async with platform.database.reading() as conn:
            return await queries.list_users(conn)

    users = work_on(data, database_url, run)
    if as_json:
        say_json(users)
        return
    for user in users:
        say(f"{user.id}  {user.email}  {user.name}  since {user.created_at:%Y-%m-%d}  {user.standing}")


@app.command("reset-mfa")
def reset_mfa(email: Email, name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Forget a lost authenticator, recovery codes and passkeys: the next log-in enrols another. Make sure who asks."""
    _change(email, name, data, database_url, authenticator.reset)
    say(f"{email} enrols another authenticator at the next log-in; every session has ended")


@app.command()
def disable(email: Email, name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Shut a user out at once."""
    _change(email, name, data, database_url, operations.disable)
    say(f"disabled {email}")


@app.command()
def enable(email: Email, name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Let a user in again."""
    _change(email, name, data, database_url, operations.enable)
    say(f"enabled {email}")


def _change(
    email: str,
    name: str | None,
    data: Data,
    database_url: DatabaseUrl,
    operation: Callable[[Work, Actor, User], Awaitable[User]],
) -> None:
    """Do it in the name of whoever is at the terminal. Raises CannotGoOn."""
    by = acting(name)

    async def work(work: Work) -> User | None:
        user = await queries.find_user_by_email(work.conn, email)
        return None if user is None else await operation(work, by, user)

    async def run(platform: Platform) -> User | None:
        return await platform.database.run(work)

    if work_on(data, database_url, run) is None:
        raise CannotGoOn(f"nobody has the address {email}")
