"""What the owner of a sandbox app may do to it beyond the API of live: pay out, script answers, move time, reset."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bitpesa.accounts import operations as accounts
from bitpesa.kernel import clock
from bitpesa.kernel.database import Database, Work
from bitpesa.kernel.money import Money
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.wakeups import EVERYONE
from bitpesa.organisations import operations as organisations
from bitpesa.organisations.model import App
from bitpesa.providers.simulator import control
from bitpesa.recipients import operations as recipient_operations
from bitpesa.recipients import queries as recipients
from bitpesa.recipients.model import PAID
from bitpesa.recipients.rules import RetryPolicy
from bitpesa.sandbox.demo_organisation import OPENING_NOTE, opening_balances
from bitpesa.transactions import wire
from bitpesa.transactions.model import Payment
from bitpesa.transactions.operations.mandates import pay_signed
from bitpesa.transactions.operations.pay_out import pay_out_all
from bitpesa.transactions.queries import find


async def pay_out(work: Work, app: App, transaction_id: UUID | None, *, policy: RetryPolicy) -> Payment:
    """Have the bank pay every open recipient of a funded transaction, whatever it would have answered.

    Raises NotFound, Invalid.
    """
    if transaction_id is None:
        raise NotFound
    paid = await pay_out_all(work, app.id, transaction_id, policy=policy)
    if paid is None:
        payment = await find(work.conn, app.id, transaction_id)
        raise refused("base", "Transaction is not funded", **wire.payment_json(payment))
    for recipient in paid.recipients:
        if recipient.state in PAID:
            await control.force_paid(work.conn, app.id, recipient.id)
    return paid


async def script_answer(
    work: Work, app: App, recipient_id: UUID | None, code: str, *, paid_minor: int | None = None
) -> tuple[str, int | None]:
    """Have the bank answer this about a recipient the next time, which is now.

    If it has the payout it is asked, and if the payout waits for its next attempt that one is made.

    Raises NotFound, Invalid.
    """
    transaction_id = await recipients.transaction_of(work.conn, app.id, recipient_id)
    if transaction_id is None or recipient_id is None:
        raise NotFound
    # The recipients before the bank's book, in the order in which a forced payout takes them.
    await recipient_operations.ask_now(work, app.id, transaction_id)
    await recipient_operations.attempt_now(work, app.id, recipient_id)
    try:
        await control.script(work.conn, app.id, recipient_id, code, paid_minor=paid_minor, once=True)
    except ValueError:
        raise refused("code", "inclusion", code=code) from None
    return code, paid_minor


async def reset(work: Work, app: App, balances: Sequence[Money] | None = None) -> tuple[App, list[Money]]:
    """Give an app a fresh start: its keys speak for an empty app from now on, with money to play with.

    What was is not deleted, since books never are: it stays behind with the retired app, which nobody can call.
    """
    fresh = await organisations.renew_app(work, app)
    given = await opening_balances(work) if balances is None else balances
    for amount in given:
        await accounts.deposit(work, fresh.id, amount, note=OPENING_NOTE)
    return fresh, list(given)


async def move_clock(work: Work, app_id: UUID, by: timedelta) -> datetime:
    """Move the app's clock; what becomes due by that is done at once."""
    moment = await clock.move(work.conn, app_id, by)
    work.wake(EVERYONE)
    return moment


async def pay_signed_mandate(database: Database, app: App, mandate_id: UUID | None) -> None:
    """Try the payouts that waited for a mandate.

    In a transaction of its own after the one in which it was signed: a payout that saw it unsigned is seen then.
    """
    if mandate_id is not None:
        await database.run(pay_signed, app, mandate_id)
