"""`bitpesa mandates`: consents of recipients of rand, and how their signing ended."""

from typing import Annotated

import typer

from bitpesa.cli.app_option import chosen_app
from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import As, OfApp, Reason, acting, read_object_id, say_rest, waiting_for_staff
from bitpesa.cli.terminal import say
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.mandates import queries
from bitpesa.payments.mandates.model import Mandate, MandateStatus
from bitpesa.payments.transactions.operations.mandates import end_signing, follow_mandate
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.wiring import Platform, policy_of

app = typer.Typer(help="Mandates that recipients of rand sign.", no_args_is_help=True)

MandateId = Annotated[str, typer.Argument(help="The mandate's id.")]


@app.command("list")
def list_unsigned(app_id: OfApp = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """List mandates that wait for a signature, the oldest first."""
    found, total = waiting_for_staff(data, database_url, app_id, queries.unsigned)
    for each in found:
        when = f"{each.created_at:%Y-%m-%d %H:%M}"
        say(f"{when}  {each.status:<8}  {each.year}  {each.reference}  mandate {each.id} of app {each.app_id}")
    say_rest(found, total)


@app.command()
def sign(
    mandate: MandateId,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Note that the recipient signed; what waited for it is paid."""
    _end(MandateStatus.SIGNED, mandate, reason, name, app_id, data, database_url)


@app.command()
def fail(
    mandate: MandateId,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Note that the signing failed; what waited for it has failed, and asks for a new one when it is edited."""
    _end(MandateStatus.FAILED, mandate, reason, name, app_id, data, database_url)


@app.command()
def bypass(
    mandate: MandateId,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Do without the signature; what waited for it is paid."""
    _end(MandateStatus.BYPASSED, mandate, reason, name, app_id, data, database_url)


def _end(
    status: MandateStatus,
    text: str,
    reason: str | None,
    name: str | None,
    app_id: str | None,
    data: Data,
    url: str | None,
) -> None:
    mandate_id = read_object_id(text, "mandate")

    async def run(platform: Platform) -> Mandate:
        database = platform.database
        async with database.reading() as conn:
            chosen = await chosen_app(conn, app_id)
        try:
            ended = await database.run(end_signing, chosen, mandate_id, status, actor=acting(name), reason=reason)
        except NotFound:
            raise CannotGoOn(f"there is no such mandate of app {chosen.id} this year") from None
        policy = policy_of(platform.settings, chosen.environment)
        await database.run(follow_mandate, chosen, ended, policy=policy)
        return ended

    say(f"mandate {mandate_id} is {work_on(data, url, run).status}")
