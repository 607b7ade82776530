"""Funding transactions by debits from the balance (flows 6.2)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import FieldErrors, Invalid, add_error
from bitpesa.kernel.values.amounts import AmountProblem, parse_amount
from bitpesa.kernel.values.ids import read_id
from bitpesa.kernel.values.metadata import read_metadata
from bitpesa.kernel.values.money import Money, minor_to_number
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.accounts.model import Debit
from bitpesa.money.accounts.operations import Charge
from bitpesa.money.ledger.problems import BalanceTooLow
from bitpesa.money.rates import queries as rates
from bitpesa.payments.senders import queries as senders
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.transactions import rules, store, wire
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.loading import closing_events, keep, lock_many
from bitpesa.payments.transactions.review_policy import hold_rule
from bitpesa.tenants.organisations.model import App

MOST_DEBITS = 100

KNOWN_FIELDS = ("to_id", "to_type", "currency", "amount", "metadata")


class DebitDraft(msgspec.Struct, kw_only=True):
    """A debit as requested, and what is wrong with it."""

    submitted: dict[str, Any]
    to_id: UUID | None
    metadata: dict[str, Any]
    errors: FieldErrors


async def debit(work: Work, app: App, submitted: Sequence[dict[str, Any]]) -> list[Debit]:
    """Fund transactions from the balance, all or none, in the order given. Raises Invalid, with a list as its object.

    Whether a transaction can still be funded is judged under its lock, by the database's clock: a debit neither loses
    to a late sweeper nor wins after the last moment (flows 4.9).
    """
    drafts = [_read(each) for each in submitted]
    wanted = [draft.to_id for draft in drafts if draft.to_id is not None]
    if work.sheet is None:
        await hold_senders(work, app, wanted)
    payments, now = await lock_many(work, app.id, wanted)
    for draft in drafts:
        _judge(app, draft, payments, now)
    _refuse_repeated(drafts)
    if now is None or any(draft.errors for draft in drafts):
        raise _refusal(drafts)
    return await _fund(work, app, drafts, payments, now)


async def hold_senders(work: Work, app: App, transaction_ids: Sequence[UUID]) -> None:
    """Keep the senders' approval as it is; before the transactions are locked, as everyone does."""
    for transaction in sorted(
        await store.find_many(work.conn, app.id, transaction_ids), key=lambda transaction: transaction.sender_id
    ):
        await senders.share(work, app.id, transaction.sender_id)


async def _fund(
    work: Work, app: App, drafts: list[DebitDraft], payments: dict[UUID, Payment], now: datetime
) -> list[Debit]:
    reported: list[Event] = []
    charges: list[Charge] = []
    for draft in drafts:
        payment = payments[_target(draft)]
        hold = await hold_rule(work, app, payment.sender)
        funded = rules.fund(payment, funded_by="balance", hold=hold, now=now)
        await keep(work, payment, funded)
        reported += [wire.event("transaction.paid_in", funded), *closing_events(payment, funded)]
        charges.append(Charge(funded.transaction.id, _amount(funded), draft.metadata))
    await events.record(work, app.id, reported, at=now)
    known_rates = await rates.kept_rates(work, app.settings.margin)
    try:
        return await accounts.debit(work, app, charges, rates=known_rates, now=now)
    except BalanceTooLow as problem:
        add_error(drafts[problem.position].errors, "amount", "insufficient_balance")
        raise _refusal(drafts) from None


def _read(submitted: dict[str, Any]) -> DebitDraft:
    errors: FieldErrors = {}
    metadata = read_metadata(submitted, errors) or {}
    if submitted.get("to_type") != "Transaction":
        add_error(errors, "to_type", "inclusion")
    return DebitDraft(submitted=submitted, to_id=read_id(submitted.get("to_id")), metadata=metadata, errors=errors)


def _judge(app: App, draft: DebitDraft, payments: dict[UUID, Payment], now: datetime | None) -> None:
    """The checks of flows 6.2 in their order; the first that fails is reported."""
    if draft.errors:
        return
    payment = None if draft.to_id is None else payments.get(draft.to_id)
    if payment is None or now is None:
        add_error(draft.errors, "to_id", "not_found")
        return
    approved = sender_rules.is_approved(payment.sender.state, app.settings)
    problem = rules.why_not_fundable(payment.transaction, sender_approved=approved, now=now)
    if problem is not None:
        add_error(draft.errors, "base", problem)
    elif draft.submitted.get("currency") not in (None, "", payment.transaction.input_currency):
        add_error(draft.errors, "currency", "invalid")
    elif not _is_due_amount(draft.submitted.get("amount"), payment):
        add_error(draft.errors, "amount", "invalid")


def _is_due_amount(value: Any, payment: Payment) -> bool:
    """Whether an amount, if one was given, is what is due: `"2000.0"` is 2000."""
    if value in (None, ""):
        return True
    try:
        amount = parse_amount(value)
    except AmountProblem:
        return False
    transaction = payment.transaction
    return amount == Decimal(minor_to_number(transaction.due_minor, transaction.input_currency))


def _refuse_repeated(drafts: Sequence[DebitDraft]) -> None:
    """A transaction named twice in one list is funded by the first entry."""
    seen: set[UUID] = set()
    for draft in drafts:
        if draft.to_id in seen and not draft.errors:
            add_error(draft.errors, "base", "Transaction already funded")
        if draft.to_id is not None:
            seen.add(draft.to_id)


def _refusal(drafts: Sequence[DebitDraft]) -> Invalid:
    return Invalid(
        [
            {
                **{name: draft.submitted[name] for name in KNOWN_FIELDS if name in draft.submitted},
                "errors": draft.errors,
            }
            for draft in drafts
        ]
    )


def _target(draft: DebitDraft) -> UUID:
    if draft.to_id is None:
        raise AssertionError("a debit without a target has errors")
    return draft.to_id


def _amount(payment: Payment) -> Money:
    return Money(payment.transaction.input_minor, payment.transaction.input_currency)
