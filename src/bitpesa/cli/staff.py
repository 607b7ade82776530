"""`bitpesa staff`: who may work in the back office. The first account is made here, the others there as well."""

from typing import Annotated

import typer

from bitpesa.cli.staff_actions import As, acting
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import StaffRole, User
from bitpesa.tenants.users.operations import authenticator, staff
from bitpesa.tenants.users.operations import user as users
from bitpesa.tenants.users.operations.staff import NewLink, PasswordLinks
from bitpesa.web.backoffice.site import links_of
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
    """Make an account of staff. The link by which its password is chosen is mailed; the first one is shown here."""

    async def run(platform: Platform) -> NewLink:
        return await staff.create(
            platform.database,
            platform.passwords,
            by=acting(name),
            name=person or email.partition("@")[0],
            email=email,
            role=role,
            by_link=_by_link(platform),
        )

    link = work_on(data, database_url, run)
    say(f"{link.user.email}  {link.user.staff_role}")
    _say_where(link)


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
    """Mail another link by which one of staff chooses a password; those before are no good any more."""

    async def run(platform: Platform) -> NewLink:
        user = await _find(platform, email)
        return await platform.database.run(staff.renew_link, acting(name), user, _by_link(platform))

    _say_where(work_on(data, database_url, run))


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


def _by_link(platform: Platform) -> PasswordLinks:
    settings = platform.settings
    has_mail_server = settings.smtp_host is not None
    return PasswordLinks(links_of(settings), platform.vault, has_mail_server=has_mail_server, at_terminal=True)


def _say_where(link: NewLink) -> None:
    if link.shown is None:
        say(f"a link to choose a password was mailed to {link.user.email}")
        return
    say(f"link  {link.shown}\nhand it to {link.user.email} and nobody else: whoever follows it is that person")


async def _find(platform: Platform, email: str) -> User:
    async with platform.database.reading() as conn:
        user = await queries.find_staff_by_email(conn, email)
    if user is None:
        raise CannotGoOn(f"nobody of staff has the address {email}")
    return user
