"""Creating a transaction, alone or together with its funding from the balance (flows 4.6)."""

import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Overtaken, Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import Invalid, add_error
from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.accounts.operations import Charge
from bitpesa.money.ledger.problems import BalanceTooLow
from bitpesa.money.rates import queries as rates
from bitpesa.money.rates.model import Rates
from bitpesa.payments.collections import operations as collection_operations
from bitpesa.payments.collections.draft import PayinDraft
from bitpesa.payments.collections.model import PayinMethod, PayinMethodState
from bitpesa.payments.collections.rules import Step
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients.model import Recipient, RecipientState
from bitpesa.payments.senders import operations as sender_operations
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.senders.model import Sender
from bitpesa.payments.transactions import draft as drafts
from bitpesa.payments.transactions import rules, store, wire
from bitpesa.payments.transactions.draft import RecipientDraft, Terms, TransactionDraft
from bitpesa.payments.transactions.mandate_checks import require_mandates
from bitpesa.payments.transactions.model import Payment, Transaction, TransactionState
from bitpesa.payments.transactions.operations.loading import step_events
from bitpesa.payments.transactions.refusals import refuse_duplicate, refuse_faults
from bitpesa.payments.transactions.review_policy import hold_rule
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.organisations.model import App

_REFERENCE_DIGITS = 6
_REFERENCE_LETTERS = 12


async def create(
    work: Work, app: App, submitted: dict[str, Any], *, rounding_policy: str, providers: Providers
) -> Payment:
    """Store a transaction with its sender, recipients and payin methods. Raises Invalid."""
    now = await clock.now(work.conn, app.id)
    terms = Terms(await rates.current_rates(work.conn, app.settings.margin), rounding_policy, providers)
    draft = await drafts.read(work.conn, app, submitted, now, terms, only_prices=False, keep=work)
    await refuse_duplicate(work.conn, app, draft)
    refuse_faults(app, draft)
    await require_mandates(work.conn, app, draft, now)
    payment, _ = await _store(work, app, draft, now, providers=providers, fund=False)
    incomplete = [
        Step(method, "payin_method.incomplete")
        for method in payment.payin_methods
        if method.state is PayinMethodState.INCOMPLETE
    ]
    reported = [wire.event("transaction.created", payment), *step_events(payment.transaction, incomplete)]
    await events.record(work, app.id, reported)
    return payment


async def create_and_fund(
    work: Work, app: App, submitted: dict[str, Any], now: datetime, *, rounding_policy: str, providers: Providers
) -> Event:
    """Store a transaction and fund it from the balance, both or neither. Raises Invalid: surely nothing was stored.

    Answers the event that reports it, whose payload is what the client is shown. A sheet is enough for it, as long as
    the sender is known and stays as it is.
    """
    known_rates = await rates.kept_rates(work, app.settings.margin)
    terms = Terms(known_rates, rounding_policy, providers)
    draft = await drafts.read(work.reading, app, submitted, now, terms, only_prices=False, keep=work)
    if draft.external_id is None and "external_id" not in draft.errors:
        add_error(draft.errors, "external_id", "blank")
    if submitted.get("payin_methods"):
        # It is funded here and now, from the balance: there is nothing to collect.
        draft.payin_methods, draft.errors["payin_methods"] = [], [{"error": "invalid"}]
    if work.sheet is None:  # there the unique key says so, and what it refuses is judged anew
        await refuse_duplicate(work.conn, app, draft)
    refuse_faults(app, draft)
    await require_mandates(work.reading, app, draft, now)
    created, funded = await _store(work, app, draft, now, providers=providers, fund=True)
    return await _debit(work, app, draft, created, funded, known_rates)


async def _debit(
    work: Work, app: App, draft: TransactionDraft, created: Payment, funded: Payment, known_rates: Rates
) -> Event:
    now = created.transaction.created_at
    paid_in = wire.event("transaction.paid_in", funded)
    await events.record(work, app.id, [wire.event("transaction.created", created), paid_in], at=now)
    amount = Money(funded.transaction.input_minor, funded.transaction.input_currency)
    try:
        await accounts.debit(work, app, [Charge(funded.transaction.id, amount)], rates=known_rates, now=now)
    except BalanceTooLow:
        add_error(draft.errors, "input_amount", "insufficient_balance")
        raise Invalid(wire.draft_json(draft)) from None
    return paid_in


async def _store(
    work: Work, app: App, draft: TransactionDraft, now: datetime, *, providers: Providers, fund: bool
) -> tuple[Payment, Payment]:
    """Store everything a faultless draft describes, and answer the payment as it was created and as it is stored."""
    if draft.sender is None:
        raise AssertionError("a draft without a sender has errors")
    try:
        sender = await sender_operations.save(work, draft.sender)
    except Invalid:  # another request stored a sender of this external_id meanwhile: now it is known, and used
        raise Overtaken from None
    created = _payment(app, draft, sender, providers, now)
    if fund and created.transaction.state is not TransactionState.APPROVED:
        add_error(draft.errors, "base", "Sender is not approved")
        raise Invalid(wire.draft_json(draft))
    stored = created
    if fund:
        stored = rules.fund(created, funded_by="balance", hold=await hold_rule(work, app, sender), now=now)
    await store.insert(work, stored.transaction)
    await recipient_operations.store_new(work, stored.recipients)
    await collection_operations.store_new(work, stored.payin_methods)
    return created, stored


def _payment(app: App, draft: TransactionDraft, sender: Sender, providers: Providers, now: datetime) -> Payment:
    if draft.input_currency is None:
        raise AssertionError("a draft without an input currency has errors")
    transaction_id = new_id()
    recipients = tuple(
        _recipient(app.id, transaction_id, position, recipient, draft.input_currency, now)
        for position, recipient in enumerate(draft.recipients)
    )
    approved = sender_rules.is_approved(sender.state, app.settings)
    transaction = Transaction(
        app_id=app.id,
        id=transaction_id,
        external_id=draft.external_id,
        sender_id=sender.id,
        state=rules.first_state(sender_approved=approved),
        input_currency=draft.input_currency,
        input_minor=sum(recipient.input.minor for recipient in recipients),
        payin_reference=_new_reference(draft.payin_methods),
        traits=draft.traits,
        metadata=draft.metadata,
        auto_refund=draft.traits.get("auto_refund", app.settings.auto_refund_default),
        account_validation=draft.traits.get("account_validation", app.settings.account_validation_default),
        created_at=now,
        updated_at=now,
        expires_at=now + _time_to_pay(draft.payin_methods),
    )
    methods = tuple(
        _payin_method(app, transaction, position, method, providers)
        for position, method in enumerate(draft.payin_methods)
    )
    return Payment(transaction=transaction, sender=sender, recipients=recipients, payin_methods=methods)


def _payin_method(
    app: App, transaction: Transaction, position: int, draft: PayinDraft, providers: Providers
) -> PayinMethod:
    """A payin method with all that its payer can be told without asking its provider."""
    may_start = transaction.state is TransactionState.APPROVED
    method = collection_operations.new_method(
        draft, app.id, transaction.id, position, transaction.created_at, may_start=may_start
    )
    provider = providers.for_payin(method.type, app.environment)
    if provider is None:
        raise AssertionError("a payin method that nobody collects has errors")
    amount = Money(transaction.input_minor, transaction.input_currency)
    order = collection_operations.order_of(method, amount, transaction.payin_reference)
    return msgspec.structs.replace(method, out_details=provider.out_details(order))


def _time_to_pay(methods: Sequence[PayinDraft]) -> timedelta:
    """How long money is waited for: bank transfers take days, and the longest payin method wins (flows 4.9)."""
    return max([rules.FUNDING_WINDOW, *(timedelta(hours=method.flow.hours_to_pay) for method in methods)])


def _recipient(
    app_id: UUID, transaction_id: UUID, position: int, draft: RecipientDraft, input_currency: str, now: datetime
) -> Recipient:
    if draft.price is None or draft.corridor is None:
        raise AssertionError("a recipient without a price has errors")
    return Recipient(
        app_id=app_id,
        id=new_id(),
        transaction_id=transaction_id,
        position=position,
        type=draft.type,
        state=RecipientState.INITIAL,
        requested=Money(draft.price.requested_minor, str(draft.submitted["requested_currency"])),
        input=Money(draft.price.input_minor, input_currency),
        output=Money(draft.price.output_minor, draft.corridor.currency),
        fee_minor=draft.price.fee_minor,
        input_usd_minor=draft.price.input_usd_minor,
        rate=draft.price.rate,
        payout_method_id=draft.payout_method_id or new_id(),
        payout_type=draft.corridor.type,
        details=draft.details,
        payout_method_metadata=draft.method_metadata,
        metadata=draft.metadata,
        mandate_id=draft.mandate_id,
        created_at=now,
        updated_at=now,
    )


def _new_reference(methods: Sequence[PayinDraft]) -> str:
    """What a payer writes where a reference is asked for: six digits, or twelve letters for some banks (flows 7)."""
    if any(method.type is not None and method.type.reference == "letters" for method in methods):
        return "".join(secrets.choice(string.ascii_uppercase) for _ in range(_REFERENCE_LETTERS))
    return f"{secrets.randbelow(10**_REFERENCE_DIGITS):0{_REFERENCE_DIGITS}d}"
