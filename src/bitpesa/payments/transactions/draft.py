"""Reading a transaction out of a request: everything that is asked for, and everything that is wrong with it.

A draft never stores anything. `calculate`, `validate`, creation and `create_and_fund` all read the same draft and
differ only in what they insist on (flows 4.6).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values.amounts import AmountProblem, parse_amount
from bitpesa.kernel.values.currency import currency
from bitpesa.kernel.values.ids import read_id
from bitpesa.kernel.values.metadata import read_metadata
from bitpesa.kernel.values.money import MAX_MINOR
from bitpesa.money.ledger import queries as ledger
from bitpesa.money.rates.model import Rates
from bitpesa.money.rates.pricing import Price, PriceProblem, price
from bitpesa.payments.collections.draft import PayinDraft, read_payin_methods
from bitpesa.payments.payout_methods import queries as payout_methods
from bitpesa.payments.payout_methods.model import PayoutMethod
from bitpesa.payments.payout_methods.rules import open_corridor
from bitpesa.payments.senders import model as senders
from bitpesa.payments.senders import operations as sender_operations
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.rails.corridors import rules as corridor_rules
from bitpesa.rails.corridors.model import Corridor, Method
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.organisations.model import App, AppSettings

MOST_RECIPIENTS = 100
TRAITS = ("auto_refund", "account_validation")

NOBODY = UUID(int=0)
"""An id that nothing has."""


class Terms(msgspec.Struct, frozen=True):
    """What a request is judged by: the rates of the moment, the deployment's rounding policy and its providers."""

    rates: Rates
    rounding_policy: str
    providers: Providers = Providers()


class RecipientDraft(msgspec.Struct, kw_only=True):
    """One recipient as requested: what it would cost and be paid, and what is wrong with it."""

    submitted: dict[str, Any]
    type: str = "person"
    corridor: Corridor | None = None
    payout_method_id: UUID | None = None
    """The stored payout method that is used, if it is one."""
    details: dict[str, Any] = {}
    method_metadata: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    price: Price | None = None
    mandate_id: UUID | None = None
    errors: FieldErrors = msgspec.field(default_factory=dict)
    method_errors: FieldErrors = msgspec.field(default_factory=dict)

    @property
    def is_faulty(self) -> bool:
        """Whether anything is wrong with it."""
        return bool(self.errors or self.method_errors)


class TransactionDraft(msgspec.Struct, kw_only=True):
    """A transaction as requested."""

    submitted: dict[str, Any]
    external_id: str | None = None
    input_currency: str | None = None
    sender: senders.Draft | None = None
    recipients: list[RecipientDraft] = msgspec.field(default_factory=list)
    payin_methods: list[PayinDraft] = msgspec.field(default_factory=list)
    traits: dict[str, Any] = msgspec.field(default_factory=dict)
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    errors: FieldErrors = msgspec.field(default_factory=dict)

    @property
    def is_faulty(self) -> bool:
        """Whether anything is wrong with it, or with anything inside it."""
        return bool(self.errors)


async def read(
    conn: Connection,
    app: App,
    submitted: dict[str, Any],
    now: datetime,
    terms: Terms,
    *,
    only_prices: bool,
    keep: Work | None = None,
) -> TransactionDraft:
    """Read a request. `only_prices` leaves the sender and the details unjudged; `keep`: a work that relies on it."""
    draft = TransactionDraft(submitted=submitted)
    draft.external_id = sender_rules.read_external_id(submitted, draft.errors)
    draft.metadata = read_metadata(submitted, draft.errors) or {}
    draft.traits = _read_traits(submitted, draft.errors)
    draft.input_currency = _read_input_currency(submitted, draft.errors)
    stored = await _stored_methods(conn, app, submitted)
    today = None if only_prices else now.date()
    draft.recipients = _read_recipients(submitted, app.settings, draft.errors, stored, judged_on=today)
    if not only_prices:
        _require_payers(app, draft, terms.providers)
        draft.payin_methods = read_payin_methods(submitted, app.settings, draft.input_currency, draft.errors)
        _require_collectors(app, draft, terms.providers)
    await _price(conn, app, draft, terms)
    if not only_prices or submitted.get("sender") or submitted.get("sender") == {}:
        await _read_sender(conn, app, draft, now, keep=keep, judge=not only_prices)
    if any(recipient.is_faulty for recipient in draft.recipients):
        add_error(draft.errors, "recipients", "invalid")
    return draft


async def _read_sender(
    conn: Connection, app: App, draft: TransactionDraft, now: datetime, *, keep: Work | None, judge: bool
) -> None:
    submitted = draft.submitted.get("sender")
    if not isinstance(submitted, dict) or not submitted:
        add_error(draft.errors, "sender", "blank" if not submitted else "invalid")
        return
    sender = await sender_operations.draft_for_transaction(conn, app, submitted, now, keep=keep)
    draft.sender = sender
    if not judge:
        # A price preview judges only who is meant: both ids at once is never clear (flows 3.6).
        ambiguous = sender.errors.get("external_id") == [{"error": "invalid"}]
        sender.errors = {"external_id": [{"error": "invalid"}]} if ambiguous else {}
    elif sender.sender is not None and not sender.errors:
        _check_sender_for_corridors(app.settings, draft, sender)
    if sender.errors:
        add_error(draft.errors, "sender", "invalid")


def _check_sender_for_corridors(settings: AppSettings, draft: TransactionDraft, sender: senders.Draft) -> None:
    """Corridors may ask more of a sender than KYC does (flows 3.3)."""
    if sender.sender is None:
        return
    profile = sender.sender.profile
    for recipient in draft.recipients:
        if recipient.corridor is None:
            continue
        found = corridor_rules.check_sender(
            recipient.corridor,
            recipient.details,
            {**profile, "type": sender.sender.type},
            recipient_type=recipient.type,
        )
        for field, errors in found.items():
            sender.errors.setdefault(field, errors)
        if sender_rules.is_wtr2_on(settings) and recipient.corridor.refuses_wtr2 and not _is_full(profile):
            add_error(recipient.method_errors, "type", "invalid")


def _is_full(profile: Mapping[str, Any]) -> bool:
    return all(profile.get(name) for name in sender_rules.NORMAL_PERSON_NEEDS)


def _read_traits(submitted: Mapping[str, Any], errors: FieldErrors) -> dict[str, Any]:
    """Read the traits that were sent; only those are echoed (flows 4.8)."""
    value = submitted.get("traits")
    if value is None:
        return {}
    if not isinstance(value, dict):
        add_error(errors, "traits", "invalid")
        return {}
    traits = {name: value[name] for name in TRAITS if value.get(name) is not None}
    if not all(isinstance(trait, bool) for trait in traits.values()):
        add_error(errors, "traits", "invalid")
        return {}
    return traits


def _read_input_currency(submitted: Mapping[str, Any], errors: FieldErrors) -> str | None:
    value = submitted.get("input_currency")
    if value is None or value == "":
        add_error(errors, "input_currency", "blank")
        return None
    known = currency(value) if isinstance(value, str) else None
    if known is None or not known.input:
        add_error(errors, "input_currency", "invalid")
        return None
    return known.code


def _require_collectors(app: App, draft: TransactionDraft, providers: Providers) -> None:
    """What nobody would collect is refused at once, and not when the payer waits for it."""
    for method in draft.payin_methods:
        if method.type is not None and providers.for_payin(method.type.type, app.environment) is None:
            add_error(method.errors, "type", "not_active")
            draft.errors.setdefault("payin_methods", [{"error": "invalid"}])


async def _stored_methods(conn: Connection, app: App, submitted: Mapping[str, Any]) -> dict[UUID, PayoutMethod]:
    """The stored payout methods that recipients name by their id; asked for only when one does."""
    recipients = submitted.get("recipients")
    legs = recipients if isinstance(recipients, list) and len(recipients) <= MOST_RECIPIENTS else []
    methods = [leg.get("payout_method") for leg in legs if isinstance(leg, dict)]
    ids = [found for method in methods if isinstance(method, dict) and (found := read_id(method.get("id")))]
    return await payout_methods.find_enabled(conn, app.id, ids) if ids else {}


def _read_recipients(
    submitted: Mapping[str, Any],
    settings: AppSettings,
    errors: FieldErrors,
    stored: Mapping[UUID, PayoutMethod],
    *,
    judged_on: date | None,
) -> list[RecipientDraft]:
    value = submitted.get("recipients")
    if value is None or value == []:
        add_error(errors, "recipients", "blank")
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        add_error(errors, "recipients", "invalid")
        return []
    if len(value) > MOST_RECIPIENTS:
        add_error(errors, "recipients", "too_long")
        return []
    return [_read_recipient(item, settings, stored, judged_on=judged_on) for item in value]


def _read_recipient(
    submitted: dict[str, Any],
    settings: AppSettings,
    stored: Mapping[UUID, PayoutMethod],
    *,
    judged_on: date | None,
) -> RecipientDraft:
    draft = RecipientDraft(submitted=submitted)
    draft.type = _recipient_type(submitted, draft.errors)
    draft.metadata = read_metadata(submitted, draft.errors) or {}
    asked = submitted.get("payout_method")
    if not isinstance(asked, dict):
        add_error(draft.errors, "payout_method", "blank" if asked is None else "invalid")
        return draft
    method = _method_meant(draft, asked, stored)
    if method is None:
        return draft
    draft.method_metadata = read_metadata(method, draft.method_errors) or {}
    draft.corridor = open_corridor(method, settings, draft.method_errors)
    if draft.corridor is not None:
        _read_details(draft, method, judged_on=judged_on)
    return draft


def _require_payers(app: App, draft: TransactionDraft, providers: Providers) -> None:
    """What nobody would pay out is refused at once, and not when the money is in."""
    for recipient in draft.recipients:
        if recipient.corridor is not None and not is_paid(recipient.corridor, app, providers):
            add_error(recipient.method_errors, "type", "not_active")


def is_paid(found: Corridor, app: App, providers: Providers) -> bool:
    """Whether there is somebody who pays out over a corridor in the environment of the app."""
    return providers.for_payout(found.type, app.environment) is not None


def _method_meant(
    draft: RecipientDraft, asked: dict[str, Any], stored: Mapping[UUID, PayoutMethod]
) -> Mapping[str, Any] | None:
    """The payout method that a recipient is to have: the stored one of this id, or what is described.

    An id that is not known is an error only where nothing is described: clients send back ids that they once read.
    """
    given = asked.get("id")
    known = stored.get(read_id(given) or NOBODY)
    if known is not None:
        draft.payout_method_id = known.id
        return {"type": known.type, "details": known.details, "metadata": known.metadata}
    if given not in (None, "") and not asked.get("type") and not asked.get("details"):
        add_error(draft.method_errors, "id", "not_found")
        return None
    return asked


def _recipient_type(submitted: Mapping[str, Any], errors: FieldErrors) -> str:
    value = submitted.get("type")
    if value in (None, ""):
        return "person"
    if value not in ("person", "business"):
        add_error(errors, "type", "inclusion")
        return "person"
    return str(value)


def _read_details(draft: RecipientDraft, method: Mapping[str, Any], *, judged_on: date | None) -> None:
    """Read the details, and judge them as of a day; on none when only prices are asked for."""
    found = draft.corridor
    if found is None:
        return
    details = method.get("details")
    if details is None:
        details = {}
    if not isinstance(details, dict):
        add_error(draft.method_errors, "details", "invalid")
        return
    if judged_on is None:
        draft.details = details
        return
    refused_type = corridor_rules.recipient_type_error(found, draft.type)
    if refused_type:
        add_error(draft.errors, "type", refused_type)
        return
    checked = corridor_rules.check_details(found, draft.type, details, today=judged_on)
    draft.details = checked.details
    for field, problems in checked.errors.items():
        draft.method_errors.setdefault(field, problems)


async def _price(conn: Connection, app: App, draft: TransactionDraft, terms: Terms) -> None:
    owned = await _owned_currencies(conn, app, draft)
    for recipient in draft.recipients:
        _price_recipient(app.settings, draft, recipient, terms, owned)
    _bound_sums(draft)


def _bound_sums(draft: TransactionDraft) -> None:
    """Refuse the recipients that take the transaction's sums beyond what the books can add up."""
    input_minor = usd_minor = 0
    for recipient in draft.recipients:
        if recipient.price is None:
            continue
        input_minor += recipient.price.input_minor
        usd_minor += recipient.price.input_usd_minor
        if max(input_minor, usd_minor) > MAX_MINOR:
            add_error(recipient.errors, "requested_amount", "greater_than_maximum")


async def _owned_currencies(conn: Connection, app: App, draft: TransactionDraft) -> frozenset[str]:
    """Currencies in which the app has a balance; asked only when somebody wants to be paid in what was paid in."""
    same = any(r.corridor is not None and r.corridor.currency == draft.input_currency for r in draft.recipients)
    if not same or app.settings.same_currency is not None:
        return frozenset()
    return frozenset(balance.currency for balance in await ledger.balances(conn, app.id))


def _price_recipient(
    settings: AppSettings, draft: TransactionDraft, recipient: RecipientDraft, terms: Terms, owned: frozenset[str]
) -> None:
    requested_currency = _requested_currency(recipient)
    try:
        requested = parse_amount(recipient.submitted.get("requested_amount"))
    except AmountProblem as problem:
        add_error(recipient.errors, "requested_amount", problem.code)
        return
    found = recipient.corridor
    if requested_currency is None or draft.input_currency is None or found is None:
        return
    if found.method is Method.BALANCE and requested_currency not in _taken_by_balance(draft, found):
        add_error(recipient.errors, "requested_currency", "invalid")
        return
    if found.currency == draft.input_currency and not _may_stay(settings, draft.input_currency, owned):
        add_error(draft.errors, "input_currency", "invalid")
        return
    try:
        recipient.price = price(
            requested,
            requested_currency,
            draft.input_currency,
            found.currency,
            found.type,
            rates=terms.rates,
            fee_rate=settings.fee_rates.get(found.type, settings.fee_rate),
            policy=terms.rounding_policy,
        )
    except PriceProblem as problem:
        add_error(recipient.errors, problem.field, problem.code)


def _taken_by_balance(draft: TransactionDraft, found: Corridor) -> set[str | None]:
    """The currencies in which an amount for a balance may be stated: its own, or that of a payer's money (flows 7).

    What moves from one balance to another is named in the currency that arrives, so that the input pays for it.
    """
    is_collected = bool(draft.submitted.get("payin_methods"))
    return {found.currency, draft.input_currency} if is_collected else {found.currency}


def _requested_currency(recipient: RecipientDraft) -> str | None:
    value = recipient.submitted.get("requested_currency")
    if value in (None, ""):
        add_error(recipient.errors, "requested_currency", "blank")
        return None
    if not isinstance(value, str) or currency(value) is None:
        add_error(recipient.errors, "requested_currency", "invalid")
        return None
    return value


def _may_stay(settings: AppSettings, code: str, owned: frozenset[str]) -> bool:
    """Whether the app may pay out in the currency it pays in (flows 0.1, same_currency)."""
    return code in owned if settings.same_currency is None else settings.same_currency
