"""`bitpesa recipients`: payouts that machines cannot end."""

from typing import Annotated

import typer

from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import As, OfApp, Reason, act, acting, read_object_id, say_rest, waiting_for_staff
from bitpesa.cli.terminal import say
from bitpesa.cli.transactions import SurelyUnpaid
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values.money import minor_to_number
from bitpesa.payments.recipients import queries
from bitpesa.payments.recipients.model import Ending, Recipient
from bitpesa.payments.transactions.operations.staff_settlement import retry_recipient, settle_recipient
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import Platform, policy_of

app = typer.Typer(help="Payouts that wait for staff.", no_args_is_help=True)

RecipientId = Annotated[str, typer.Argument(help="The recipient's id.")]


@app.command("needing-people")
def needing_people(app_id: OfApp = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """List payouts that are stuck, given up or failed unexpectedly, the longest waiting first."""
    found, total = waiting_for_staff(data, database_url, app_id, queries.list_for_people)
    for r in found:
        amount = f"{minor_to_number(r.output.minor, r.output.currency)} {r.output.currency}"
        handed_over = "  a provider may have it" if r.is_in_flight else ""
        when = f"{r.updated_at:%Y-%m-%d %H:%M}"
        say(f"{when}  {r.state:<9}  {amount:>20}  recipient {r.id} of app {r.app_id}{handed_over}")
        say(f"    {r.payout_type}, {r.attempts} attempts, code {r.result_code or 'none'}: {r.state_reason}")
    say_rest(found, total)


@app.command()
def settle(
    recipient: RecipientId,
    ending: Annotated[Ending, typer.Argument(help="paid, failed or refunded")],
    code: Annotated[str | None, typer.Option("--code", help="Why it failed, such as 416.")] = None,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    surely_unpaid: SurelyUnpaid = False,
) -> None:
    """Record how a payout truly ended."""
    recipient_id = read_object_id(recipient, "recipient")

    async def do(work: Work, chosen: App, platform: Platform) -> Recipient:
        _, after = await settle_recipient(
            work,
            chosen,
            recipient_id,
            ending,
            actor=acting(name),
            reason=reason,
            policy=policy_of(platform.settings, chosen.environment),
            code=code,
            surely_unpaid=surely_unpaid,
        )
        return after

    say(f"recipient {recipient_id} is {act(data, database_url, app_id, 'recipient', do).state}")


@app.command()
def retry(
    recipient: RecipientId,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Have a payout tried again now; one that a provider may have is asked about, and never sent again."""
    recipient_id = read_object_id(recipient, "recipient")

    async def do(work: Work, chosen: App, _: Platform) -> Recipient:
        return (await retry_recipient(work, chosen, recipient_id, actor=acting(name), reason=reason))[1]

    say(f"recipient {recipient_id} is {act(data, database_url, app_id, 'recipient', do).state}")
