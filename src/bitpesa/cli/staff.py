"""`bitpesa staff`: who may work in the back office. The first account is made here, the others there as well."""

from typing import Annotated

import typer

from bitpesa.backoffice.site import links_of
from bitpesa.cli.acting import As, acting
from bitpesa.cli.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.cli.failures import CannotGoOn
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.people import queries
from bitpesa.people.model import StaffRole, User
from bitpesa.people.operations import authenticator, staff
from bitpesa.people.operations import user as users
from bitpesa.wiring import Platform

app = typer.Typer(help="The operator's people, who log in to the back office.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The e-mail address of the one of staff.")]
Role = Annotated[StaffRole, typer.Option("--role", help="viewer, operator or administrator.")]


@app.command()
def create(
    email: Email,
    person: Annotated[str, typer.Option("--name", help="What the person is called.")] = "",
    role: Role = StaffRole.ADMINISTRATOR,
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Make an account of staff, and show the link by which its password is chosen: hand it over yourself."""

    async def run(platform: Platform) -> tuple[User, str]:
        return await staff.create(
            platform.database,
            platform.passwords,
            by=acting(name),
            name=person or email.partition("@")[0],
            email=email,
            role=role,
            links=links_of(platform.settings),
        )

    user, link = work_on(data, database_url, run)
    say(f"{user.email}  {user.staff_role}\nlink  {link}")


@app.command("list")
def list_all(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """List staff, oldest first."""

    async def run(platform: Platform) -> list[User]:
        async with platform.database.reading() as conn:
            return await queries.list_staff(conn)

    found = work_on(data, database_url, run)
    if as_json:
        say_json(found)
        return
    for user in found:
        say(f"{user.email}  {user.name}  {user.staff_role}  {user.standing}")


@app.command()
def link(email: Email, name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show another link by which one of staff chooses a password; those before are no good any more."""

    async def run(platform: Platform) -> str:
        user = await _find(platform, email)
        links = links_of(platform.settings)
        return await platform.database.run(staff.renew_link, acting(name), user, links)

    say(f"link  {work_on(data, database_url, run)}")


@app.command("reset-mfa")
def reset_mfa(email: Email, name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Forget a lost authenticator, recovery codes and passkeys: the next log-in enrols another. Make sure who asks."""

    async def run(platform: Platform) -> User:
        return await platform.database.run(authenticator.reset, acting(name), await _find(platform, email))

    say(f"{work_on(data, database_url, run).email} enrols another authenticator; every session has ended")


@app.command()
def disable(email: Email, name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Shut one of staff out at once."""

    async def run(platform: Platform) -> User:
        return await platform.database.run(users.disable, acting(name), await _find(platform, email))

    say(f"disabled {work_on(data, database_url, run).email}")


@app.command()
def enable(email: Email, name: As = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Let one of staff in again."""

    async def run(platform: Platform) -> User:
        return await platform.database.run(users.enable, acting(name), await _find(platform, email))

    say(f"enabled {work_on(data, database_url, run).email}")


async def _find(platform: Platform, email: str) -> User:
    async with platform.database.reading() as conn:
        user = await queries.find_staff_by_email(conn, email)
    if user is None:
        raise CannotGoOn(f"nobody of staff has the address {email}")
    return user
