"""`bitpesa transactions`: what is held for review, and what failed unexpectedly."""

from typing import Annotated

import typer

from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import As, OfApp, Reason, act, acting, read_object_id, say_rest, waiting_for_staff
from bitpesa.cli.terminal import say
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values.money import minor_to_number
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations import review
from bitpesa.payments.transactions.operations.staff_exceptions import WayOut, settle_exception
from bitpesa.payments.transactions.queries import Waiting
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import Platform, policy_of

app = typer.Typer(help="Transactions that wait for staff.", no_args_is_help=True)

TransactionId = Annotated[str, typer.Argument(help="The transaction's id.")]
SurelyUnpaid = Annotated[
    bool, typer.Option("--surely-unpaid", help="The provider was asked and surely did not pay: a refund needs that.")
]


@app.command()
def held(app_id: OfApp = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """List funded transactions that are held, the longest waiting first; after 24 hours they are overdue."""
    _say_waiting(*waiting_for_staff(data, database_url, app_id, queries.list_held))


@app.command()
def exceptions(app_id: OfApp = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """List transactions that failed unexpectedly, the longest waiting first."""
    _say_waiting(*waiting_for_staff(data, database_url, app_id, queries.list_exceptions))


@app.command()
def mark(
    transaction: TransactionId,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Have a transaction held once its money is in."""
    transaction_id = read_object_id(transaction, "transaction")

    async def do(work: Work, chosen: App, _: Platform) -> Payment:
        return await review.mark_for_review(work, chosen, transaction_id, actor=acting(name), reason=reason)

    act(data, database_url, app_id, "transaction", do)
    say(f"transaction {transaction_id} will be held")


@app.command()
def release(
    transaction: TransactionId,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Let the payouts of a held transaction start."""
    transaction_id = read_object_id(transaction, "transaction")

    async def do(work: Work, chosen: App, _: Platform) -> Payment:
        return await review.release(work, chosen, transaction_id, actor=acting(name), reason=reason)

    _say_state(act(data, database_url, app_id, "transaction", do))


@app.command()
def refuse(
    transaction: TransactionId,
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Give the money of a held transaction back: to the balance at once, or to its payer by `collections return`."""
    transaction_id = read_object_id(transaction, "transaction")

    async def do(work: Work, chosen: App, _: Platform) -> Payment:
        return await review.refuse(work, chosen, transaction_id, actor=acting(name), reason=reason)

    _say_state(act(data, database_url, app_id, "transaction", do))


@app.command()
def settle(
    transaction: TransactionId,
    way_out: Annotated[WayOut, typer.Argument(help="received (try again), refunded or paid")],
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    surely_unpaid: SurelyUnpaid = False,
) -> None:
    """Say how a transaction goes on that failed unexpectedly."""
    transaction_id = read_object_id(transaction, "transaction")

    async def do(work: Work, chosen: App, platform: Platform) -> Payment:
        return await settle_exception(
            work,
            chosen,
            transaction_id,
            way_out,
            actor=acting(name),
            reason=reason,
            policy=policy_of(platform.settings, chosen.environment),
            surely_unpaid=surely_unpaid,
        )

    _say_state(act(data, database_url, app_id, "transaction", do))


def _say_waiting(found: list[Waiting], total: int) -> None:
    for each in found:
        t = each.transaction
        amount = f"{minor_to_number(t.input_minor, t.input_currency)} {t.input_currency}"
        late = "  overdue" if each.is_overdue else ""
        why = f": {t.held_for}" if t.is_held and t.held_for else ""
        say(f"{t.updated_at:%Y-%m-%d %H:%M}  {amount:>20}  transaction {t.id} of app {t.app_id}{late}{why}")
    say_rest(found, total)


def _say_state(payment: Payment) -> None:
    say(f"transaction {payment.transaction.id} is {payment.transaction.state}")
