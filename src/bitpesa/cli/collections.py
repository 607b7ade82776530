"""`bitpesa collections`: money that reached payin methods and has to go back to its payers."""

from typing import Annotated

import typer

from bitpesa.cli.app_option import chosen_app
from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import As, Reason, acting, read_object_id
from bitpesa.cli.terminal import say
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.money import minor_to_number
from bitpesa.payments.collections.model import KeptReceipt
from bitpesa.payments.collections.queries import surplus_to_return
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.return_money import return_collected_money
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.wiring import Platform

MOST_SHOWN = 100

app = typer.Typer(help="Money that was collected from payers.", no_args_is_help=True)


@app.command()
def surplus(app_id: AppId = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show what payers sent late, twice or to no use, and what did not go back to them yet."""

    async def run(platform: Platform) -> list[KeptReceipt]:
        async with platform.database.reading() as conn:
            return await surplus_to_return(conn, (await chosen_app(conn, app_id)).id, limit=MOST_SHOWN)

    for receipt in work_on(data, database_url, run):
        amount = f"{minor_to_number(receipt.amount_minor, receipt.currency)} {receipt.currency}"
        say(f"{receipt.received_at:%Y-%m-%d %H:%M}  {amount:>20}  transaction {receipt.transaction_id}")


@app.command("return")
def give_back(
    transaction: Annotated[str, typer.Argument(help="The id of the transaction whose money was sent back.")],
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Note that all collected money of a transaction that waited for it was sent back to its payer."""
    transaction_id = read_object_id(transaction, "transaction")

    async def work(work: Work) -> Payment:
        chosen = await chosen_app(work.conn, app_id)
        try:
            return await return_collected_money(work, chosen, transaction_id, actor=acting(name), reason=reason)
        except NotFound:
            raise CannotGoOn(f"there is no transaction {transaction_id}") from None
        except Invalid:
            raise CannotGoOn(f"nothing of transaction {transaction_id} waits to be returned") from None

    async def run(platform: Platform) -> Payment:
        return await platform.database.run(work)

    say(f"transaction {transaction_id} is {work_on(data, database_url, run).transaction.state}")
