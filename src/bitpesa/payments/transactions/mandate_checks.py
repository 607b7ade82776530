"""Mandates of apps that must have them signed before they create a transaction (switch `mandate_required`, flows 4.6).

Without the switch a transaction is created and funded as usual, and a payout waits for its mandate when its turn comes.
"""

from datetime import datetime
from typing import NoReturn

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import Invalid, add_error
from bitpesa.kernel.values.money import Money
from bitpesa.payments.mandates import operations, queries, rules
from bitpesa.payments.transactions import wire
from bitpesa.payments.transactions.draft import RecipientDraft, TransactionDraft
from bitpesa.tenants.organisations.model import App

IN_PROGRESS = "Mandate is in progress"
MISSING = "Mandate is missing, please validate the transaction first"
PREFIX = "Transaction details are invalid: "


async def start_mandates(conn: Connection, app: App, draft: TransactionDraft, now: datetime, *, state: str) -> None:
    """Have what a faultless draft lacks signed, and refuse it until that is done. Raises Invalid."""
    if not app.settings.mandate_required:
        return
    unsigned = False
    for recipient in _in_need(draft):
        mandate = await operations.find_or_start(conn, app.id, recipient.type, recipient.details, now)
        recipient.mandate_id = mandate.id
        unsigned = unsigned or not mandate.releases
    if unsigned:
        _refuse(draft, IN_PROGRESS, state)


async def require_mandates(conn: Connection, app: App, draft: TransactionDraft, now: datetime) -> None:
    """Refuse a faultless draft whose mandates are not signed; nothing is started. Raises Invalid."""
    if not app.settings.mandate_required:
        return
    for recipient in _in_need(draft):
        mandate = await queries.find_for(conn, app.id, recipient.type, recipient.details, now)
        recipient.mandate_id = None if mandate is None else mandate.id
        if mandate is None or not mandate.releases:
            _refuse(draft, MISSING if mandate is None else IN_PROGRESS, None)


def _in_need(draft: TransactionDraft) -> list[RecipientDraft]:
    return [recipient for recipient in draft.recipients if _is_in_need(recipient)]


def _is_in_need(recipient: RecipientDraft) -> bool:
    if recipient.corridor is None or recipient.price is None:
        raise AssertionError("a recipient without a price has errors")
    return rules.is_needed(
        recipient.corridor.type,
        recipient.type,
        recipient.details,
        requested_currency=str(recipient.submitted["requested_currency"]),
        output=Money(recipient.price.output_minor, recipient.corridor.currency),
    )


def _refuse(draft: TransactionDraft, sentence: str, state: str | None) -> NoReturn:
    add_error(draft.errors, "base", sentence)
    add_error(draft.errors, "main_error", PREFIX + sentence)
    raise Invalid(wire.draft_json(draft, state=state))
